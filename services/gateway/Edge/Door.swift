import Crypto
import RPC

/// The one way in, the same for every surface: the address's rate, the host's tenant, room to run, who
/// asks, their rate, where the request comes from, and then a caller with a deadline. What comes through it still has
/// to pass the gate of each service.
struct Door: Sendable {
  let portals: PortalDirectory
  let sessions: SessionDirectory
  let protection: Protection
  let rates: RateLimiter
  let admission: Admission
  /// For what anybody may send: it waits for others than the rest does.
  let signIns: Admission
  let streams: OpenStreams
  let backends: any Caller

  /// - Parameter seen: is told of tenant and user as soon as they are known, for the log.
  func admit(
    _ request: Request, on errand: Errand, seen: (Visitor) -> Void
  ) async throws -> Guest {
    try admit(request, as: errand.kind)
    let portal = try await portal(of: request)
    let room = errand.kind == .login ? signIns : admission
    let permit = try await room.admit(portal.tenant, route: errand.route)
    let visitor =
      if let known = knownVisitor(request, portal, errand) { known } else {
        try await visitor(request, portal, errand)
      }
    seen(visitor)
    let stream = try count(visitor, request, errand.kind)
    // A stream may have nothing to say for an hour: it is counted as one, not as work.
    if stream != nil { permit.end(isTypical: false) }
    if !request.isSafe, errand.proof == .atTheDoor, !visitor.hasAPIToken {
      try protection.checkAPI(request, visitor)
    }
    let caller = UserCaller(
      base: backends, tenant: portal.tenant, proof: visitor.session?.proof,
      credential: visitor.credential, remote: request.remote, sessions: sessions,
      requestID: request.id, deadline: .after(errand.deadline))
    request.body.yields(permit)
    return Guest(
      request: request, visitor: visitor, caller: caller, permit: permit, stream: stream)
  }

  private func portal(of request: Request) async throws -> Portal {
    let host = request.host
    if let known = portals.known(host: host) { return known }
    guard let portal = try await portals.portal(host: host, requestID: request.id) else {
      throw Problem(.notFound, .notFound, "there is no portal at this address")
    }
    return portal
  }

  /// Counts a request of an address; for what needs no tenant.
  func admit(_ request: Request, as kind: RouteClass) throws(Problem) {
    if let site = request.remote.site { try rates.admit(kind, .address(site)) }
  }

  /// Who comes again within seconds with the cookie of a session, and nothing else. Most do, and nobody has to be waited
  /// for then.
  private func knownVisitor(_ request: Request, _ portal: Portal, _ errand: Errand) -> Visitor? {
    let cookies = CookieNames(isSecure: request.isSecure)
    guard let secret = request.cookies[cookies.session], let token = SecretToken(secret),
      errand.proof != .atTheDoor || !request.headers.contains(name: "authorization"),
      let session = sessions.known(
        .session(token), of: portal.tenant, isInBackground: request.isInBackground)
    else { return nil }
    return Visitor(
      portal: portal, cookies: cookies, secret: secret, session: session,
      credential: .session(token))
  }

  /// Pages know cookies only; calls of methods also API tokens, but never both at once: what a browser adds by itself must
  /// not decide in whose name a program's call is made.
  private func visitor(
    _ request: Request, _ portal: Portal, _ errand: Errand
  ) async throws -> Visitor {
    let cookies = CookieNames(isSecure: request.isSecure)
    let secret = request.cookies[cookies.session]
    guard errand.proof == .atTheDoor, let bearer = try Credential.bearer(request.headers) else {
      let credential = secret.flatMap { SecretToken($0) }.map { Credential.session($0) }
      var session: Session?
      if let credential {
        session = try await sessions.session(
          credential, of: portal.tenant, requestID: request.id,
          address: request.remote.description, isInBackground: request.isInBackground)
      }
      return Visitor(
        portal: portal, cookies: cookies, secret: secret, session: session, credential: credential)
    }
    guard secret == nil else {
      throw Problem(
        .badRequest, .invalidArgument, "send a session cookie or an API token, not both")
    }
    let session = try await sessions.session(
      bearer, of: portal.tenant, requestID: request.id, address: request.remote.description)
    guard let session else { throw Problem.invalidToken }
    return Visitor(
      portal: portal, cookies: cookies, secret: nil, session: session, credential: bearer)
  }

  private func count(
    _ visitor: Visitor, _ request: Request, _ kind: RouteClass
  ) throws(Problem) -> OpenStream? {
    let user = visitor.session?.principal.user
    let identity = user.map { RateLimiter.Subject.identity(visitor.portal.tenant, $0) }
    if let identity { try rates.admit(kind, identity) }
    guard kind == .stream, let subject = identity ?? request.remote.site.map({ .address($0) })
    else { return nil }
    return try streams.open(subject)
  }
}
