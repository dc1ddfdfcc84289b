import Access
import Crypto
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Who a session or an API token is at this moment: the gateway asks every few seconds for each one in use, so an
/// ordinary answer reads and writes nothing.
struct PrincipalRefresh {
  let parts: IdentityParts
  let tenant: TenantID

  /// Throws `SessionError.ended` once it ended, idled out, or its user lost access.
  func session(
    _ token: SecretToken, isInBackground: Bool
  ) async throws -> Identity.RefreshPrincipalResponse {
    let hash = token.hash
    let (answer, used) = try await parts.store.read(as: tenant) { [parts] db in
      guard var session = try SessionStore(db).session(tokenHash: hash),
        session.isAlive(at: db.now)
      else { throw SessionError.ended }
      let entrant = try Self.entrant(session.user, parts, db)
      let isDue = !isInBackground && session.lastUsed + SessionLimits.grain <= db.now
      if !isInBackground { session.touch(at: db.now, parts.limits) }
      let principal = Principal(
        entrant, session: session, tenant: db.tenant,
        isReadOnly: session.isReadOnly(at: db.now, parts.limits))
      let signed = try parts.signer.token(for: principal, at: db.now)
      let answer = Identity.RefreshPrincipalResponse(
        principalToken: signed.bytes, expireTime: .init(min(signed.expires, session.expires)),
        profile: .init(entrant),
        session: .init(session, current: session.name, at: db.now, parts.limits))
      return (answer, isDue ? session : nil)
    }
    if let used {
      try await parts.store.write(as: tenant) { db in try SessionStore(db).touch(used) }
    }
    return answer
  }

  /// Throws `SessionError.ended` once it ran out, was revoked, or its user lost access.
  func apiToken(
    _ secret: APITokenSecret, from address: String, isInBackground: Bool
  ) async throws -> Identity.RefreshPrincipalResponse {
    let hash = secret.hash
    let (answer, used) = try await parts.store.read(as: tenant) { [parts] db in
      guard var token = try APITokenStore(db).token(secretHash: hash), token.isGood(at: db.now)
      else { throw SessionError.ended }
      let entrant = try Self.entrant(token.user, parts, db)
      let isDue = !isInBackground && (token.lastUsed.map { $0 + .minutes(1) <= db.now } ?? true)
      if isDue { (token.lastUsed, token.lastAddress) = (db.now, address) }
      let principal = Principal(entrant, token: token, tenant: db.tenant)
      let signed = try parts.signer.token(for: principal, at: db.now)
      let answer = Identity.RefreshPrincipalResponse(
        principalToken: signed.bytes, expireTime: .init(min(signed.expires, token.expires)),
        profile: .init(entrant), apiToken: .init(token))
      return (answer, isDue ? token.id : nil)
    }
    if let used {
      try await parts.store.write(as: tenant) { db in
        try APITokenStore(db).touch(used, from: address)
      }
    }
    return answer
  }

  private static func entrant(
    _ id: String, _ parts: IdentityParts, _ db: Transaction
  ) throws -> Entrant {
    let user = try UserStore(db).user(id, in: Scope(tenant: db.tenant, reach: .tenant))
    guard let entrant = try Entrance(db: db, parts: parts).entrant(user) else {
      throw SessionError.ended
    }
    return entrant
  }
}
