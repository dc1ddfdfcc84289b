import RPC

/// The one way in, the same for every surface: the address's rate, the host's tenant, room to run, who
/// asks, their rate, where the request comes from, and then a caller with a deadline. What comes through it still has
/// to pass the gate of each service.
final class Door: Sendable {
  let portals: PortalDirectory
  let sessions: SessionDirectory
  let protection: Protection
  let rates: RateLimiter
  let admission: Admission
  /// For what anybody may send: it waits for others than the rest does.
  let signIns: Admission
  let streams: OpenStreams
  let backends: any Caller

  init(
    portals: PortalDirectory, sessions: SessionDirectory, protection: Protection,
    rates: RateLimiter, admission: Admission, signIns: Admission, streams: OpenStreams,
    backends: any Caller
  ) {
    self.portals = portals
    self.sessions = sessions
    self.protection = protection
    self.rates = rates
    self.admission = admission
    self.signIns = signIns
    self.streams = streams
    self.backends = backends
  }

  /// - Parameter seen: is told of tenant and user as soon as they are known, for the log.
  func admit(
    _ request: Request, on errand: Errand, seen: (Visitor) -> Void
  ) async throws -> Guest {
    try admit(request, as: errand.kind)
    let portal = try await portal(of: request)
    let room = errand.kind == .login ? signIns : admission
    let permit = try await room.admit(portal.tenant, route: errand.route)
    let presented = try PresentedCredentials(request, on: errand)
    // Most come again within seconds, and nobody has to be waited for then.
    let visitor =
      if let known = try knownVisitor(presented, portal) { known } else {
        try await visitor(presented, request, portal)
      }
    seen(visitor)
    return try guest(request, visitor, permit, on: errand)
  }

  /// Who sends a request; nil when identity has to be asked for that.
  func knownVisitor(_ request: Request, on errand: Errand) throws(Problem) -> Visitor? {
    guard let portal = portals.known(host: request.host) else { return nil }
    return try knownVisitor(PresentedCredentials(request, on: errand), portal)
  }

  /// Lets a visitor in that is known, and has a permit.
  func guest(
    _ request: Request, _ visitor: Visitor, _ permit: Permit, on errand: Errand
  ) throws(Problem) -> Guest {
    let stream = try count(visitor, request, errand.kind)
    // A stream may have nothing to say for an hour: it is counted as one, not as work.
    if stream != nil { permit.end(isTypical: false) }
    if !request.isSafe, errand.proof == .atTheDoor, !visitor.hasAPIToken {
      try protection.checkAPI(request, visitor)
    }
    let caller = UserCaller(
      base: backends, tenant: visitor.portal.tenant, proof: visitor.session?.proof,
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

  private func knownVisitor(
    _ presented: PresentedCredentials, _ portal: Portal
  ) throws(Problem) -> Visitor? {
    guard let credential = presented.credential else {
      return try presented.visitor(of: portal, session: nil)
    }
    let known = sessions.known(
      credential, of: portal.tenant, isInBackground: presented.isInBackground)
    return if let known { try presented.visitor(of: portal, session: known) } else { nil }
  }

  private func visitor(
    _ presented: PresentedCredentials, _ request: Request, _ portal: Portal
  ) async throws -> Visitor {
    guard let credential = presented.credential else {
      return try presented.visitor(of: portal, session: nil)
    }
    let session = try await sessions.session(
      credential, of: portal.tenant, requestID: request.id, address: request.remote.description,
      isInBackground: presented.isInBackground)
    return try presented.visitor(of: portal, session: session)
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
