import Access
import PorticoAPI
import Protobuf
import RPC
import Values

/// A signed-in user, as identity resolved the session cookie or the API token a few seconds ago.
final class Session: Sendable {
  /// Whom the session names, with the signed token that goes with each call.
  let proof: PrincipalProof
  /// Name, language, theme and the like, as the user set them.
  let profile: Identity.Profile
  /// The session's own record; not its secret. Empty for an API token.
  let record: Identity.Session
  /// Until when the principal token is good.
  let expires: Instant
  /// What some grant gives, however far it reaches. Put together once: a page asks a dozen times.
  private let permissions: Set<Permission>

  init(
    proof: PrincipalProof, profile: Identity.Profile, record: Identity.Session, expires: Instant
  ) {
    self.proof = proof
    self.profile = profile
    self.record = record
    self.expires = expires
    permissions = proof.principal.permissions
  }

  var principal: Principal { proof.principal }

  /// How long a kept session's cookie is kept; nil for a visit.
  func cookieLife(at now: Instant) -> Duration? { record.cookieLife(at: now) }

  /// Whether to offer an action. Deciding is the gate's and the service's, not the page's.
  func may(_ permission: Permission) -> Bool { permissions.contains(permission) }
}

extension Identity.Session {
  /// How long the cookie of a kept session is kept; nil for a visit.
  func cookieLife(at now: Instant) -> Duration? {
    guard kind == .kept, let end = expireTime else { return nil }
    return Instant(seconds: end.seconds) - now
  }
}
