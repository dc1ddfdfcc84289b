import Access
import Bootstrap
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
  /// How long after the password was typed what is sensitive asks for it no more.
  static let stepUp = Duration.minutes(15)
  /// Of how long ago a last use is written down: less would be a write for every request.
  static let grain = Duration.seconds(30)

  init() {}

  func idle(for kind: UserKind) -> Duration { kind == .staff ? staffIdle : customerIdle }
}

extension SessionLimits {
  ///     session.customer.idle.minutes   60, from 5 to 1440
  ///     session.staff.idle.minutes      60, from 5 to 1440
  ///     session.visit.hours             24, from 1 to 24
  ///     session.kept.days               30, from 1 to 90
  init(_ settings: Settings) throws {
    customerIdle = .minutes(
      try settings.int("session.customer.idle.minutes", default: 60, in: 5...1440))
    staffIdle = .minutes(try settings.int("session.staff.idle.minutes", default: 60, in: 5...1440))
    visit = .hours(try settings.int("session.visit.hours", default: 24, in: 1...24))
    kept = .days(try settings.int("session.kept.days", default: 30, in: 1...90))
  }
}
