import Access
import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import RPC
import Values

/// Everything between a transport and a page or an RPC, in the order in which a request meets it: target, host, health,
/// assets, portal, session, provenance, route.
struct Edge: EdgeService {
  let limits: EdgeLimits
  let configuration: GatewayConfiguration
  let backends: any Caller
  let readiness: Readiness
  let assets: StaticAssets
  let json: JSONGateway
  let pages: PageServing
  let portals: PortalDirectory
  let sessions: SessionDirectory
  let rates: RateLimiter
  let clock: any WallClock
  let log: Logger

  func answer(_ incoming: IncomingRequest, send: @Sendable (Response) async -> Void) async {
    let started = ContinuousClock.now
    let id = RequestID.make()
    var trace = Trace()
    var response: Response
    do {
      let request = try makeRequest(incoming, id: id)
      response = await respond(to: request, &trace)
    } catch {
      response = Problem(error).response(requestID: id, types: json.types)
      response.endsConnection = true
    }
    response = finished(response, id: id, isTLS: incoming.origin.isTLS)
    let status = response.status.code
    await send(response)
    record(incoming, id, status, trace, ContinuousClock.now - started)
  }

  func refusal(_ problem: Problem, origin: ConnectionOrigin) -> Response {
    let id = RequestID.make()
    log.info(
      "refused",
      metadata: [
        "request": "\(id)", "status": "\(problem.status.code)", "remote": "\(origin.address)",
        "reason": "\(problem.detail)",
      ])
    let response = problem.response(requestID: id, types: json.types)
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

  private func respond(to request: Request, _ trace: inout Trace) async -> Response {
    let isAPI = request.target.segments.first == "v1"
    do {
      if let response = await readiness.response(request) { return response }
      if let response = assets.response(request) { return response }
      try rates.admit(request.remote, isSafe: request.isSafe, at: .now)
      guard let portal = try await portals.portal(host: request.host, requestID: request.id) else {
        throw Problem(.notFound, .notFound, "there is no portal at this address")
      }
      trace.tenant = portal.tenant
      let visitor = try await visitor(request, portal)
      trace.user = visitor.session?.principal.user
      if isAPI { return try await answerAPI(request, visitor) }
      return await pages.answer(request, visitor, log: log)
    } catch {
      let problem = Problem(error)
      note(problem, request)
      return isAPI
        ? problem.response(requestID: request.id, types: json.types)
        : pages.failure(problem, request, nil)
    }
  }

  private func visitor(_ request: Request, _ portal: Portal) async throws -> Visitor {
    let cookies = CookieNames(isSecure: request.isSecure)
    let secret = request.cookies[cookies.session]
    var session: Session?
    if let secret {
      session = try await sessions.session(secret, of: portal.tenant, requestID: request.id)
    }
    return Visitor(portal: portal, cookies: cookies, secret: secret, session: session)
  }

  private func answerAPI(_ request: Request, _ visitor: Visitor) async throws -> Response {
    let match = try json.route(request)
    if !request.isSafe { try pages.protection.checkAPI(request, visitor) }
    let caller = UserCaller(
      base: backends, tenant: visitor.portal.tenant,
      principalToken: visitor.session?.principalToken, remote: request.remote, sessions: sessions,
      requestID: request.id, deadline: .after(.seconds(10)))
    return try await json.answer(request, match, caller: caller)
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
    var tenant: TenantID?
    var user: String?
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
    if let tenant = trace.tenant { metadata["tenant"] = "\(tenant)" }
    if let user = trace.user { metadata["user"] = "\(user)" }
    log.info("request", metadata: metadata)
  }
}

/// Who asks, as far as cookies tell.
struct Visitor: Sendable {
  let portal: Portal
  let cookies: CookieNames
  /// The session cookie as sent, whether or not it is good.
  let secret: String?
  let session: Session?
}
