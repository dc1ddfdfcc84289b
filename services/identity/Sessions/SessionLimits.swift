import Values

/// How long sessions last (ASVS 7.1.1, 7.3): what an operator may set, each within bounds.
struct SessionLimits: Hashable, Sendable {
  /// How long a customer's session may lie unused.
  var customerIdle = Duration.hours(1)
  /// How long one of staff may. What is sensitive asks for the password again much sooner.
  var staffIdle = Duration.hours(1)
  /// From login, or the last step-up, to the end of a visit.
  var visit = Duration.hours(24)
  /// From login to the end of a session that was to be kept.
  var kept = Duration.days(30)
  /// Of how long ago a last use is written down: less would be a write for every request.
  static let grain = Duration.seconds(30)

  func idle(for kind: UserKind) -> Duration { kind == .staff ? staffIdle : customerIdle }
}
