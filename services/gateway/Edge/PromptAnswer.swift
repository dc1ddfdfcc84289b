import NIOCore
import RPC

/// An answer that takes one call and nobody else to be asked: the request is complete, its portal and its sender are known.
/// It is made on the event loop that the request came on, without a task: most requests of programs are such, and a task
/// with its frames, executors and continuations costs an eighth of the whole (decision 0206).
///
/// Belongs to that event loop.
final class PromptAnswer: @unchecked Sendable {
  private let edge: Edge
  private let surface: any Surface
  private let request: Request
  private let errand: Errand
  private let visit: Visit
  private let isTLS: Bool
  private let eventLoop: any EventLoop
  private let send: @Sendable (Response) -> Void
  /// Where it waits for room.
  private var place: Admission.Place?
  private var permit: Permit?
  private var call: (any StartedCall)?
  private var isCancelled = false

  fileprivate init(
    _ edge: Edge, _ surface: any Surface, _ request: Request, _ errand: Errand, _ visit: Visit,
    isTLS: Bool, on eventLoop: any EventLoop, _ send: @escaping @Sendable (Response) -> Void
  ) {
    self.edge = edge
    self.surface = surface
    self.request = request
    self.errand = errand
    self.visit = visit
    self.isTLS = isTLS
    self.eventLoop = eventLoop
    self.send = send
  }

  /// Counts the request, and makes it wait if there is no room.
  fileprivate func begin(_ visitor: Visitor, _ start: @escaping Errand.Start) {
    edge.figures.began()
    do { try edge.door.admit(request, as: errand.kind) } catch { return end(.failure(error)) }
    let tenant = visitor.portal.tenant
    if let permit = edge.door.admission.admitAtOnce(tenant, route: errand.route) {
      return run(permit, visitor, start)
    }
    place = edge.door.admission.wait(tenant, route: errand.route) { [self] result in
      // Whoever made room is still at work, perhaps on another loop.
      eventLoop.execute { [self] in
        do { run(try result.get(), visitor, start) } catch { end(.failure(error)) }
      }
    }
  }

  private func run(_ permit: Permit, _ visitor: Visitor, _ start: Errand.Start) {
    self.permit = permit
    // It was its turn as its reader went away.
    guard !isCancelled else { return end(.failure(CancellationError())) }
    do {
      let guest = try edge.door.guest(request, visitor, permit, on: errand)
      visit.visitor = visitor
      call = try start(guest) { [self] result in eventLoop.perform { [self] in end(result) } }
    } catch { end(.failure(error)) }
  }

  /// Nobody waits for the answer any more.
  func cancel() {
    isCancelled = true
    place?.leave()
    call?.cancel()
  }

  private func end(_ result: Result<Response, any Error>) {
    let response: Response
    do { response = try result.get() } catch { response = edge.failure(error, request, surface) }
    permit?.end(isTypical: response.status.code < 400)
    send(edge.finished(response, id: visit.id, isTLS: isTLS))
    edge.ended(visit, status: response.status.code)
  }
}

extension Edge {
  private static let promptPaths = "/\(JSONGateway.root)/"

  func promptAnswer(
    _ incoming: IncomingRequest, on eventLoop: any EventLoop,
    send: @escaping @Sendable (Response) -> Void
  ) -> PromptAnswer? {
    guard tracing == nil, incoming.method == .GET, incoming.body.declaredLength == 0,
      incoming.target.hasPrefix(Self.promptPaths)
    else { return nil }
    let visit = Visit(incoming)
    do {
      let request = try makeRequest(incoming, id: visit.id)
      guard let claim = claim(on: request) else { return nil }
      let errand = try claim.errand.get()
      guard let start = errand.start, let visitor = try door.knownVisitor(request, on: errand)
      else { return nil }
      (visit.request, visit.kind, visit.route) = (request, errand.kind, errand.route)
      let answer = PromptAnswer(
        self, claim.surface, request, errand, visit, isTLS: incoming.origin.isTLS, on: eventLoop,
        send)
      answer.begin(visitor, start)
      return answer
    } catch {
      // What is wrong with it is found again by `answer`, and said.
      return nil
    }
  }
}
