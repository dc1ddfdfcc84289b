import Crypto
import PorticoAPI
import RPC
import Store
import Values

/// Proof, in the middle of a session, of who is there: opens what is sensitive for a while, lifts a kept session's being
/// read-only, and gives the session a new secret, so that one that was stolen before is worthless after.
struct StepUp {
  let parts: IdentityParts
  let tenant: TenantID

  func perform(
    _ request: Identity.StepUpRequest, at now: Instant
  ) async throws -> Identity.StepUpResponse {
    guard let token = SecretToken(request.token) else { throw SessionError.ended }
    let old = token.hash
    let session = try await parts.store.read(as: tenant) { db in
      guard let session = try SessionStore(db).session(tokenHash: old), session.isAlive(at: db.now)
      else { throw SessionError.ended }
      return session
    }
    let proof = try await PasswordProof(parts: parts, tenant: tenant)
      .check(request.password, of: session.user, at: now)
    guard proof.isRight else { throw Status.invalid("password", "is not your password") }
    let fresh = SecretToken()
    return try await parts.store.write(as: tenant) { [parts] db in
      let user = try UserStore(db).user(session.user, in: Scope(tenant: db.tenant, reach: .tenant))
      // The password was changed meanwhile: what was proved is no proof any more.
      guard user.passwordHash == proof.user.passwordHash,
        try Entrance(db: db, parts: parts).entrant(user) != nil
      else { throw SessionError.ended }
      var renewed = session
      renewed.stepUp(at: db.now)
      guard try SessionStore(db).rotate(renewed, from: old, to: fresh.hash) else {
        throw SessionError.ended
      }
      try db.audit("session.step_up", on: session.name, by: Actor(user.name))
      try db.emit(.sessionRotated, on: session.name, at: session.place)
      return .init(
        session: .init(renewed, current: session.name, at: db.now, parts.limits),
        token: fresh.reveal())
    }
  }
}
