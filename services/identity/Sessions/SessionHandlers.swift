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
    let refresh = PrincipalRefresh(parts: parts, tenant: try tenant(of: request.tenant, call))
    switch (SecretToken(request.token), APITokenSecret(request.apiToken)) {
    case (let token?, nil) where request.apiToken.isEmpty:
      return try await refresh.session(token, isInBackground: request.background)
    case (nil, let token?) where request.token.isEmpty:
      return try await refresh.apiToken(
        token, from: SignIn.address(of: call, given: ""), isInBackground: request.background)
    default: throw SessionError.ended
    }
  }

  func stepUp(
    _ request: Identity.StepUpRequest, _ call: Call
  ) async throws -> Identity.StepUpResponse {
    try await StepUp(parts: parts, tenant: try tenant(of: request.tenant, call))
      .perform(request, at: call.now)
  }

  func deleteSession(
    _ request: Identity.DeleteSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let tenant = try tenant(of: request.tenant, call)
    guard let token = SecretToken(request.token) else { return .init() }
    let hash = token.hash
    return try await parts.store.write(as: tenant) { db in
      guard let session = try SessionStore(db).session(tokenHash: hash) else { return .init() }
      if try Revocation(db).session(session.id, of: session.user) {
        try db.audit("session.end", on: session.name, by: Actor("users/\(session.user)"))
      }
      return .init()
    }
  }

  func listSessions(
    _ request: Identity.ListSessionsRequest, _ call: Call
  ) async throws -> Identity.ListSessionsResponse {
    let user = try call.signedInUser
    let current = try call.interactivePrincipal.session
    return try await call.read(in: parts.store) { [parts] db in
      .init(sessions: try parts.sessions(of: user, current: current, db))
    }
  }

  func endSession(
    _ request: Identity.EndSessionRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let name = try ResourceName(request.name, "sessions/*")
    let user = try call.signedInUser
    let actor = try call.interactivePrincipal.auditActor
    return try await call.write(in: parts.store) { db in
      guard try Revocation(db).session(name["sessions"], of: user) else {
        throw StoreError.notFound
      }
      try db.audit("session.end", on: name.text, by: actor)
      return .init()
    }
  }

  func endOtherSessions(
    _ request: Identity.EndOtherSessionsRequest, _ call: Call
  ) async throws -> Identity.EndOtherSessionsResponse {
    let user = try call.signedInUser
    let principal = try call.interactivePrincipal
    let current = ResourceName(matching: principal.session, "sessions/*").map { $0["sessions"] }
    return try await call.write(in: parts.store) { db in
      let ended = try Revocation(db).sessions(of: user, besides: current ?? "")
      try db.audit(
        "session.end_others", on: "users/\(user)", by: principal.auditActor,
        after: ["ended_sessions": "\(ended)"])
      return .init(endedSessions: Int32(clamping: ended))
    }
  }

  func listUserSessions(
    _ request: Identity.ListUserSessionsRequest, _ call: Call
  ) async throws -> Identity.ListUserSessionsResponse {
    let name = try ResourceName(request.parent, "users/*", field: "parent")
    let scope = try call.scope
    let current = try call.principal.session
    return try await call.read(in: parts.store) { [parts] db in
      let user = try UserStore(db).user(name["users"], in: scope)
      return .init(sessions: try parts.sessions(of: user.id, current: current, db))
    }
  }

  func endUserSessions(
    _ request: Identity.EndUserSessionsRequest, _ call: Call
  ) async throws -> Identity.EndUserSessionsResponse {
    let name = try ResourceName(request.parent, "users/*", field: "parent")
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { db in
      let user = try UserStore(db).user(name["users"], in: scope)
      let ended = try Revocation(db).everything(of: user.id)
      try db.audit(
        "user.sessions.end", on: user.name, by: actor,
        after: [
          "ended_sessions": "\(ended.sessions)", "revoked_api_tokens": "\(ended.apiTokens)",
        ])
      return .init(
        endedSessions: Int32(clamping: ended.sessions),
        revokedApiTokens: Int32(clamping: ended.apiTokens))
    }
  }

  /// The tenant that the gateway's own token names; the request may only say the same.
  private func tenant(of text: String, _ call: Call) throws -> TenantID {
    let tenant = try call.principal.tenant
    guard text == tenant.rawValue else { throw SessionError.ended }
    return tenant
  }
}

extension IdentityParts {
  fileprivate func sessions(
    of user: String, current: String, _ db: Transaction
  ) throws -> [Identity.Session] {
    try SessionStore(db).sessions(of: user).map {
      .init($0, current: current, at: db.now, limits)
    }
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
