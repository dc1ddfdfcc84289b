import Access
import Crypto
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// Logins, and the links that lead to a first one, over the wire.
struct SessionHandlers: SessionsService {
  let parts: IdentityParts

  func createSession(
    _ request: Identity.CreateSessionRequest, _ call: Call
  ) async throws -> Identity.CreateSessionResponse {
    try await SignIn(parts: parts).perform(request, call)
  }

  func refreshPrincipal(
    _ request: Identity.RefreshPrincipalRequest, _ call: Call
  ) async throws -> Identity.RefreshPrincipalResponse {
    let tenant = try tenant(of: request.tenant, call)
    guard let token = SecretToken(request.token) else { throw SessionError.ended }
    let hash = token.hash
    return try await parts.store.write(as: tenant) { [parts] db in
      let sessions = SessionStore(db)
      guard var session = try sessions.session(tokenHash: hash), session.isAlive(at: db.now) else {
        throw SessionError.ended
      }
      let user = try UserStore(db).user(
        session.user, in: Scope(tenant: tenant, reach: .tenant))
      guard let entrant = try Entrance(db: db, parts: parts).entrant(user) else {
        throw SessionError.ended
      }
      try sessions.touch(session.id)
      session.lastUsed = max(session.lastUsed, db.now)
      let principal = Principal(entrant, session: session, tenant: tenant)
      let signed = try parts.signer.token(for: principal, at: db.now)
      return .init(
        principalToken: signed.bytes, expireTime: .init(min(signed.expires, session.expires)),
        profile: .init(entrant), session: .init(session, current: session.name))
    }
  }

  func deleteSession(
    _ request: Identity.DeleteSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let tenant = try tenant(of: request.tenant, call)
    guard let token = SecretToken(request.token) else { return .init() }
    let hash = token.hash
    return try await parts.store.write(as: tenant) { db in
      let sessions = SessionStore(db)
      guard let session = try sessions.session(tokenHash: hash) else { return .init() }
      if try sessions.end(session.id, of: session.user) {
        try db.audit("session.end", on: session.name, by: Actor("users/\(session.user)"))
      }
      return .init()
    }
  }

  func listSessions(
    _ request: Identity.ListSessionsRequest, _ call: Call
  ) async throws -> Identity.ListSessionsResponse {
    let user = try call.signedInUser
    let current = try call.principal.session
    return try await call.read(in: parts.store) { db in
      .init(
        sessions: try SessionStore(db).sessions(of: user).map { .init($0, current: current) })
    }
  }

  func endSession(
    _ request: Identity.EndSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let name = try ResourceName(request.name, "sessions/*")
    let user = try call.signedInUser
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { db in
      guard try SessionStore(db).end(name["sessions"], of: user) else { throw StoreError.notFound }
      try db.audit("session.end", on: name.text, by: actor)
      return .init()
    }
  }

  func checkLink(
    _ request: Identity.CheckLinkRequest, _ call: Call
  ) async throws -> Identity.CheckLinkResponse {
    try await LinkRedemption(parts: parts).check(request)
  }

  func redeemLink(
    _ request: Identity.RedeemLinkRequest, _ call: Call
  ) async throws -> Identity.RedeemLinkResponse {
    try await LinkRedemption(parts: parts).redeem(request)
  }

  /// Writes down that somebody asked, and no more: whether anybody has the name is looked up after the answer, so
  /// that the answer tells nothing.
  func requestPasswordReset(
    _ request: Identity.RequestPasswordResetRequest, _ call: Call
  ) async throws -> Identity.RequestPasswordResetResponse {
    let login = FoldedKey(request.login)
    try FieldProblems.check(login.rawValue.isEmpty ? [.init("login", "is required")] : [])
    guard Tenant.isID(request.tenant), login.rawValue.utf8.count <= SignIn.longestName else {
      return .init()
    }
    let subject = GuessStore.subject(
      ofAddress: SignIn.address(of: call, given: request.ipAddress), for: "reset-address")
    return try await parts.store.write(as: TenantID(request.tenant)) { [parts] db in
      guard try TenantStore(db).tenant() != nil else { return .init() }
      if let subject {
        guard case .admitted = try GuessStore(db).admit(subject, .address) else { return .init() }
      }
      try ResetRequestStore.add(parts.newID(), for: login, in: db)
      return .init()
    }
  }

  /// The tenant that the gateway's own token names; the request may only say the same.
  private func tenant(of text: String, _ call: Call) throws -> TenantID {
    let tenant = try call.principal.tenant
    guard text == tenant.rawValue else { throw SessionError.ended }
    return tenant
  }
}

extension SessionError: StatusConvertible {
  var status: Status {
    switch self {
    case .refused: Status(.unauthenticated, "the user name or the password is wrong")
    case .throttled(let delay):
      Status(
        .resourceExhausted,
        "too many attempts: wait a while, or use “Forgot your password?”",
        details: [.reason("TOO_MANY_GUESSES", domain: errorDomain)]
          + (delay.map { [.retry(after: $0)] } ?? []))
    case .ended: Status(.unauthenticated, "the session has ended; sign in again")
    }
  }
}
