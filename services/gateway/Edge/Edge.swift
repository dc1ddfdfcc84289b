import Access
import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import RPC
import Telemetry
import Values

/// Everything between a transport and a page or an RPC, in the order in which a request meets it: target, health, assets,
/// the surface that it is for, the door, and what the surface makes of it.
///
/// One for all connections: a value of this size would be copied into each of them and into each request.
final class Edge: EdgeService {
  let limits: EdgeLimits
  let configuration: GatewayConfiguration
  let readiness: Readiness
  let assets: StaticAssets
  let door: Door
  let flood: Flood
  /// Asked in this order; the pages come last and take what nobody else does.
  let surfaces: [any Surface]
  let types: TypeRegistry
  let clock: any WallClock
  let log: Logger
  /// The line of each request.
  private let requests: FieldLog
  let figures: EdgeFigures
  /// Nil where nothing is traced.
  let tracing: EdgeTracing?

  init(
    limits: EdgeLimits, configuration: GatewayConfiguration, readiness: Readiness,
    assets: StaticAssets, door: Door, flood: Flood, surfaces: [any Surface], types: TypeRegistry,
    clock: any WallClock, log: Logger, figures: EdgeFigures, tracing: EdgeTracing?
  ) {
    self.limits = limits
    self.configuration = configuration
    self.readiness = readiness
    self.assets = assets
    self.door = door
    self.flood = flood
    self.surfaces = surfaces
    self.types = types
    self.clock = clock
    self.log = log
    requests = FieldLog(log)
    self.figures = figures
    self.tracing = tracing
  }

  func answer(
    _ incoming: IncomingRequest, send: @escaping @Sendable (Response) async -> Void
  ) async {
    guard let tracing, let trace = tracing.trace(of: incoming) else {
      await answer(incoming, Visit(incoming), send)
      return
    }
    let visit = Visit(incoming)
    visit.trace = trace
    let span = tracing.began(visit, trace)
    let status = await TraceScope.$own.withValue(trace) { await answer(incoming, visit, send) }
    if let span { tracing.ended(span, visit, status: status) }
  }

  /// Says with which status; nil when nothing was answered.
  @discardableResult
  private func answer(
    _ incoming: IncomingRequest, _ visit: Visit,
    _ send: @escaping @Sendable (Response) async -> Void
  ) async -> UInt? {
    figures.began()
    let (id, isTLS) = (visit.id, incoming.origin.isTLS)
    let reply = Reply { [self] in await send(finished($0, id: id, isTLS: isTLS)) }
    do {
      let request = try makeRequest(incoming, id: id)
      visit.request = request
      await respond(to: request, reply, visit)
    } catch {
      var response = Problem(error).response(requestID: id, types: types)
      response.endsConnection = true
      await reply(response)
    }
    ended(visit, status: reply.status)
    return reply.status
  }

  /// - Parameter status: nil when nothing was answered.
  func ended(_ visit: Visit, status: UInt?) {
    let time = visit.record(status: status, in: requests)
    figures.ended(visit.kind, status: status, after: time)
  }

  func floodAnswer(_ fields: HeaderFields) -> Flood.Answer? {
    guard door.admission.isCrowded, let audience = flood.audience(fields),
      let host = fields[":authority"],
      let tenant = configuration.tenant(host: HostName.name(host)),
      door.admission.isHopeless(for: tenant)
    else { return nil }
    door.admission.refusals.add()
    figures.began()
    figures.ended(audience.kind, status: 503, after: .zero)
    return flood.answer(audience)
  }

  func refusal(_ problem: Problem, origin: ConnectionOrigin) -> Response {
    let id = RequestID.make()
    log.info(
      "refused",
      metadata: [
        "request_id": "\(id)", "status": "\(problem.status.code)",
        "remote": "\(RemoteAddress(origin.address))",
        "reason": "\(problem.detail)",
      ])
    let response = problem.response(requestID: id, types: types)
    return finished(response, id: id, isTLS: origin.isTLS)
  }

  // MARK: The request

  func makeRequest(_ incoming: IncomingRequest, id: String) throws -> Request {
    let target: Target
    do { target = try Target(originForm(incoming)) } catch {
      throw Problem(.badRequest, .invalidArgument, error.reason)
    }
    let source = try configuration.trustedProxies.source(of: incoming)
    return Request(
      id: id, method: incoming.method, target: target, authority: source.authority,
      headers: incoming.headers, cookies: Cookies(incoming.headers["cookie"]), body: incoming.body,
      remote: source.remote, isSecure: source.isSecure, received: clock.now)
  }

  /// The absolute form is taken when it names the host that the Host header names (RFC 9112 §3.2.2).
  private func originForm(_ incoming: IncomingRequest) -> String {
    if incoming.target.utf8.first == UInt8(ascii: "/") { return incoming.target }
    for scheme in ["http://", "https://"] where incoming.target.hasPrefix(scheme) {
      let rest = incoming.target.dropFirst(scheme.count)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      guard rest[..<end].lowercased() == incoming.host.lowercased() else { break }
      return rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    }
    return incoming.target
  }

  // MARK: The answer

  private func respond(to request: Request, _ reply: Reply, _ visit: Visit) async {
    if readiness.concerns(request), let response = await readiness.response(request) {
      return await reply(response)
    }
    if let response = asset(request) {
      visit.kind = .asset
      return await reply(response)
    }
    guard let claim = claim(on: request) else {
      return await reply(
        Problem(.notFound, .notFound, "there is nothing here")
          .response(requestID: request.id, types: types))
    }
    do {
      let errand = try claim.errand.get()
      (visit.kind, visit.route) = (errand.kind, errand.route)
      let guest = try await door.admit(request, on: errand) { visit.visitor = $0 }
      visit.stream = guest.stream
      reply.ends(guest.permit)
      try await errand.work(guest, reply)
      guard reply.status == nil else { return }
      throw Problem(.internalServerError, .internal, "internal error", because: "unanswered")
    } catch {
      // Of an answer that has begun nothing is left to say: its end has told it already.
      await reply(failure(error, request, claim.surface))
    }
  }

  /// The surface that a request belongs to, and what it wants there or is told; nil when it belongs to none.
  func claim(on request: Request) -> (surface: any Surface, errand: Result<Errand, Problem>)? {
    for surface in surfaces {
      do throws(Problem) {
        if let errand = try surface.errand(request) { return (surface, .success(errand)) }
      } catch { return (surface, .failure(error)) }
    }
    return nil
  }

  private func asset(_ request: Request) -> Response? {
    guard let response = assets.response(request) else { return nil }
    do throws(Problem) {
      try door.admit(request, as: .asset)
      return response
    } catch { return error.response(requestID: request.id, types: types) }
  }

  func failure(_ error: any Error, _ request: Request, _ surface: any Surface) -> Response {
    let problem = Problem(error)
    note(problem, request)
    return surface.failure(problem, request)
  }

  private func note(_ problem: Problem, _ request: Request) {
    guard problem.status.code >= 500 else { return }
    log.error(
      "request failed",
      metadata: [
        "request_id": "\(request.id)", "path": "\(request.path)",
        "code": "\(problem.code.wireName)",
        "reason": "\(problem.reason ?? problem.detail)",
      ])
  }

  // MARK: Around every answer

  func finished(_ response: Response, id: String, isTLS: Bool) -> Response {
    var response = response
    SecurityHeaders.add(
      to: &response, isTLS: isTLS || configuration.publicScheme == "https")
    // No surface sets these: what a service sends under their names ends at `CallMetadata`.
    response.headers.add(name: "x-request-id", value: id)
    response.headers.add(name: "date", value: HTTPDate.text(clock.now))
    for cookie in response.cookies {
      response.headers.add(name: "set-cookie", value: cookie.header)
    }
    return response
  }
}
