import RPC

/// The one way in, the same for every surface: the host's tenant, the address's rate, who asks, their
/// rate, where the request comes from, and then a caller with a deadline. What comes through it still has to pass
/// the gate of each service.
struct Door: Sendable {
  let portals: PortalDirectory
  let sessions: SessionDirectory
  let protection: Protection
  let rates: RateLimiter
  let backends: any Caller

  /// - Parameter seen: is told of tenant and user as soon as they are known, for the log.
  func admit(
    _ request: Request, on errand: Errand, seen: (Visitor) -> Void
  ) async throws -> Guest {
    try rates.admit(request.remote, isSafe: request.isSafe, at: .now)
    guard let portal = try await portals.portal(host: request.host, requestID: request.id) else {
      throw Problem(.notFound, .notFound, "there is no portal at this address")
    }
    let visitor = try await visitor(request, portal)
    seen(visitor)
    if !request.isSafe, errand.proof == .atTheDoor { try protection.checkAPI(request, visitor) }
    let caller = UserCaller(
      base: backends, tenant: portal.tenant, principalToken: visitor.session?.principalToken,
      remote: request.remote, sessions: sessions, requestID: request.id,
      deadline: .after(errand.deadline))
    return Guest(request: request, visitor: visitor, caller: caller)
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
}
