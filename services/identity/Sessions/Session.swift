import Values

/// One login of one user, on one device. The secret is elsewhere: the store knows its hash.
///
/// A visit ends when it lies idle or after a day. A kept session ("keep me signed in") outlives that, and then may
/// only look, until its owner proves by the password again who is there.
struct Session: Hashable, Sendable {
  enum Kind: Hashable, Sendable { case visit, kept }

  var id: String
  var user: String
  var kind = Kind.visit
  var created: Instant
  var lastUsed: Instant
  /// When its owner last typed the password.
  var authenticated: Instant
  /// Slides with use, and once passed never again: then a visit is over and a kept session only looks.
  var activeUntil: Instant
  /// When it ends whatever happens.
  var expires: Instant
  /// How long it may lie unused.
  var idle: Duration
  var userAgent: String
  var address: String

  /// A session that begins with the password just typed.
  static func begin(
    _ id: String, of user: User, kind: Kind, agent: String, address: String, at now: Instant,
    _ limits: SessionLimits
  ) -> Session {
    let idle = limits.idle(for: user.kind)
    return Session(
      id: id, user: user.id, kind: kind, created: now, lastUsed: now, authenticated: now,
      activeUntil: now + idle, expires: now + (kind == .kept ? limits.kept : limits.visit),
      idle: idle, userAgent: agent, address: address)
  }

  func isAlive(at now: Instant) -> Bool {
    now < expires && (kind == .kept || now < activeUntil)
  }

  /// Whether it may only look: kept, and the limits of a visit have passed since the last password.
  func isReadOnly(at now: Instant, _ limits: SessionLimits) -> Bool {
    kind == .kept && !(now < activeUntil && now < authenticated + limits.visit)
  }

  /// Used at `now`: slides the idle limit of what is still active. Never backwards.
  mutating func touch(at now: Instant, _ limits: SessionLimits) {
    lastUsed = max(lastUsed, now)
    if isAlive(at: now), !isReadOnly(at: now, limits) {
      activeUntil = max(activeUntil, now + idle)
    }
  }

  /// The password was typed again.
  mutating func stepUp(at now: Instant) {
    lastUsed = max(lastUsed, now)
    authenticated = now
    activeUntil = now + idle
  }
}

enum SessionError: Error, Hashable {
  /// Wrong name, wrong password, no password, no access, portal off: one answer.
  case refused
  /// Too many guesses for this name or from this address; the same for names that nobody has.
  case throttled(retryAfter: Duration?)
  /// Ended, idled out, expired, replaced, or its user lost access.
  case ended
}
