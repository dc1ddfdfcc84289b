import Access
import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import RPC
import Values

/// Everything between a transport and a page or an RPC, in the order in which a request meets it: target, health, assets,
/// the surface that it is for, the door, and what the surface makes of it.
struct Edge: EdgeService {
  let limits: EdgeLimits
  let configuration: GatewayConfiguration
  let readiness: Readiness
  let assets: StaticAssets
  let door: Door
  /// Asked in this order; the pages come last and take what nobody else does.
  let surfaces: [any Surface]
  let types: TypeRegistry
  let clock: any WallClock
  let log: Logger

  func answer(
    _ incoming: IncomingRequest, send: @escaping @Sendable (Response) async -> Void
  ) async {
    let started = ContinuousClock.now
    let id = RequestID.make()
    var trace = Trace()
    let isTLS = incoming.origin.isTLS
    let reply = Reply { await send(finished($0, id: id, isTLS: isTLS)) }
    do {
      let request = try makeRequest(incoming, id: id)
      await respond(to: request, reply, &trace)
    } catch {
      var response = Problem(error).response(requestID: id, types: types)
      response.endsConnection = true
      await reply(response)
    }
    record(incoming, id, reply.status ?? 0, trace, ContinuousClock.now - started)
  }

  func refusal(_ problem: Problem, origin: ConnectionOrigin) -> Response {
    let id = RequestID.make()
    log.info(
      "refused",
      metadata: [
        "request": "\(id)", "status": "\(problem.status.code)", "remote": "\(origin.address)",
        "reason": "\(problem.detail)",
      ])
    let response = problem.response(requestID: id, types: types)
    return finished(response, id: id, isTLS: origin.isTLS)
  }

  // MARK: The request

  private func makeRequest(_ incoming: IncomingRequest, id: String) throws -> Request {
    let target: Target
    do { target = try Target(originForm(incoming)) } catch {
      throw Problem(.badRequest, .invalidArgument, error.reason)
    }
    let proxy = configuration.trustedProxies.contains(incoming.origin.address)
    let forwarded =
      proxy ? incoming.headers[canonicalForm: "x-forwarded-for"].last.map(String.init) : nil
    let scheme = proxy ? incoming.headers["x-forwarded-proto"].first : nil
    return Request(
      id: id, method: incoming.method, target: target, authority: incoming.host.lowercased(),
      headers: incoming.headers, cookies: Cookies(incoming.headers["cookie"]), body: incoming.body,
      remote: RemoteAddress(description: forwarded ?? incoming.origin.address),
      isSecure: incoming.origin.isTLS || scheme == "https", received: clock.now)
  }

  /// The absolute form is taken when it names the host that the Host header names (RFC 9112 §3.2.2).
  private func originForm(_ incoming: IncomingRequest) -> String {
    for scheme in ["http://", "https://"] where incoming.target.hasPrefix(scheme) {
      let rest = incoming.target.dropFirst(scheme.count)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      guard rest[..<end].lowercased() == incoming.host.lowercased() else { break }
      return rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    }
    return incoming.target
  }

  // MARK: The answer

  private func respond(to request: Request, _ reply: Reply, _ trace: inout Trace) async {
    if let response = await readiness.response(request) { return await reply(response) }
    if let response = assets.response(request) { return await reply(response) }
    for surface in surfaces {
      do {
        guard let errand = try surface.errand(request) else { continue }
        let guest = try await door.admit(request, on: errand) { trace.visitor = $0 }
        try await errand.work(guest, reply)
        guard reply.status == nil else { return }
        throw Problem(.internalServerError, .internal, "internal error", because: "unanswered")
      } catch {
        let problem = Problem(error)
        note(problem, request)
        // Of an answer that has begun nothing is left to say: its end has told it already.
        return await reply(surface.failure(problem, request))
      }
    }
    await reply(
      Problem(.notFound, .notFound, "there is nothing here")
        .response(requestID: request.id, types: types))
  }

  private func note(_ problem: Problem, _ request: Request) {
    guard problem.status.code >= 500 else { return }
    log.error(
      "request failed",
      metadata: [
        "request": "\(request.id)", "path": "\(request.path)", "code": "\(problem.code.wireName)",
        "reason": "\(problem.reason ?? problem.detail)",
      ])
  }

  // MARK: Around every answer

  private func finished(_ response: Response, id: String, isTLS: Bool) -> Response {
    var response = response
    response.headers.replaceOrAdd(name: "x-request-id", value: id)
    response.headers.replaceOrAdd(name: "date", value: HTTPDate.text(clock.now))
    SecurityHeaders.add(to: &response, isTLS: isTLS)
    for cookie in response.cookies {
      response.headers.add(name: "set-cookie", value: cookie.header)
    }
    return response
  }

  private struct Trace {
    var visitor: Visitor?
  }

  private func record(
    _ incoming: IncomingRequest, _ id: String, _ status: UInt, _ trace: Trace, _ time: Duration
  ) {
    var metadata: Logger.Metadata = [
      "request": "\(id)", "method": "\(incoming.method.rawValue)", "status": "\(status)",
      // Without the query: links carry tokens there.
      "path": "\(incoming.target.prefix { $0 != "?" }.prefix(512))",
      "ms": "\(time.wholeMicroseconds / 1000)", "remote": "\(incoming.origin.address)",
    ]
    if let visitor = trace.visitor {
      metadata["tenant"] = "\(visitor.portal.tenant)"
      if let user = visitor.session?.principal.user { metadata["user"] = "\(user)" }
    }
    log.info("request", metadata: metadata)
  }
}
