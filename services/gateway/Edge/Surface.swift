import NIOHTTP1
import RPC
import Synchronization

/// One language that the gateway is spoken to in: JSON under `/v1/`, gRPC-Web, Connect, pages. A surface says what a
/// request wants and translates; who may come in, how often and for how long is decided once for all, by the `Door`.
protocol Surface: Sendable {
  /// What a request wants, nil when it belongs to another surface. Throws what it is told when it belongs here and leads
  /// nowhere (404, 405, 415). Decided on head and target alone: nothing of the body is read yet.
  func errand(_ request: Request) throws(Problem) -> Errand?

  /// The shape that an error has here, whoever found it.
  func failure(_ problem: Problem, _ request: Request) -> Response
}

/// What one request wants, before anybody has looked at who asks.
struct Errand: Sendable {
  /// The route, for the log and for knowing how long it usually takes: a pattern or the path of a method, no names in it.
  let route: String
  let kind: RouteClass
  /// Time for everything, all calls together; what the client allows itself included.
  let deadline: Duration
  /// Whether the door proves where it comes from; forms carry their proof in the body and check it themselves.
  let proof: Proof
  /// Runs once the request is let in, and answers once. What it throws before that becomes `Surface.failure`.
  var work: @Sendable (Guest, Reply) async throws -> Void
  /// The same without a task, for what one call answers; nil where the work takes more than that.
  var start: Start?

  /// Is told the answer once, unless it throws: as `work`, that becomes `Surface.failure`.
  typealias Start = @Sendable (Guest, @escaping Completion) throws -> any StartedCall
  typealias Completion = @Sendable (Result<Response, any Error>) -> Void

  enum Proof: Sendable { case atTheDoor, inTheForm }

  init(
    route: String, kind: RouteClass, deadline: Duration = .seconds(10), proof: Proof = .atTheDoor,
    answer: @escaping @Sendable (Guest) async throws -> Response
  ) {
    self.route = route
    self.kind = kind
    self.deadline = deadline
    self.proof = proof
    work = { guest, reply in await reply(try await answer(guest)) }
  }

  /// A call of one method, whatever protocol asks for it.
  init(
    _ method: Method, of request: Request, deadline: Duration = .seconds(10),
    answer: @escaping @Sendable (Guest) async throws -> Response
  ) {
    self.init(method, of: request, deadline: deadline) { guest, reply in
      await reply(try await answer(guest))
    }
  }

  /// A call whose answer is sent from inside it, as that of a stream is: the call lives while the answer is written.
  init(
    _ method: Method, of request: Request, deadline: Duration = .seconds(10),
    replying work: @escaping @Sendable (Guest, Reply) async throws -> Void
  ) {
    route = method.path
    kind = RouteClass(method, isSafe: request.isSafe)
    self.deadline = deadline
    proof = .atTheDoor
    self.work = work
  }
}

/// Sends the one answer to a request, and returns when it is written.
final class Reply: Sendable {
  private let send: @Sendable (Response) async -> Void
  private let answered = Mutex<UInt?>(nil)
  private let permit = Mutex<Permit?>(nil)

  init(_ send: @escaping @Sendable (Response) async -> Void) { self.send = send }

  /// The HTTP status that was sent; nil before.
  var status: UInt? { answered.withLock { $0 } }

  /// The work is done when its answer is there: sending it to a slow reader is none.
  func ends(_ permit: Permit) { self.permit.withLock { $0 = permit } }

  /// The first answer counts: a second one has nowhere to go.
  func callAsFunction(_ response: Response) async {
    let isFirst = answered.withLock { answered in
      guard answered == nil else { return false }
      answered = response.status.code
      return true
    }
    guard isFirst else { return }
    permit.withLock { $0 }?.end(isTypical: response.status.code < 400)
    await send(response)
  }
}

/// A request that has been let in.
struct Guest: Sendable {
  let request: Request
  /// Another session of the same person after a step-up, and so is the caller.
  var visitor: Visitor
  /// Calls every service as the one who asks, with the request's id and within the errand's deadline.
  var caller: UserCaller
  /// The right to run until the answer is made; sending it is no work that others would have to wait for.
  let permit: Permit
  /// Counts the answer among the open streams while it is sent.
  let stream: OpenStream?
}
