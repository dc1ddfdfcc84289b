import Values

/// One login of one user, on one device. The secret is elsewhere: the store knows its hash.
struct Session: Hashable, Sendable {
  var id: String
  var user: String
  var created: Instant
  var lastUsed: Instant
  /// When it ends whatever happens.
  var expires: Instant
  /// How long it may lie unused.
  var idle: Duration
  var userAgent: String
  var address: String

  /// From login to the end, whatever happens (ASVS 7.3).
  static let longest = Duration.hours(24)

  static func idleLimit(for kind: UserKind) -> Duration {
    kind == .staff ? .hours(8) : .hours(1)
  }

  func isAlive(at now: Instant) -> Bool { now < expires && now < lastUsed + idle }
}

enum SessionError: Error, Hashable {
  /// Wrong name, wrong password, no password, no access, portal off: one answer.
  case refused
  /// Too many guesses for this name or from this address; the same for names that nobody has.
  case throttled(retryAfter: Duration?)
  /// Ended, idled out, expired, replaced, or its user lost access.
  case ended
}
