import Values

/// How often a secret was guessed lately: for one user name, or from one network address. Each guess is counted
/// before it is looked at, so that many at once are many.
struct GuessRecord: Hashable, Sendable {
  /// What one subject may do.
  struct Limits: Hashable, Sendable {
    /// Guesses that are looked at within `window`.
    var guesses: Int
    var window: Duration
    /// From this failure in a row on, each next guess waits twice as long as the one before; nil: never.
    var backOffFrom: Int?
    /// After so many failures in a row only a reset helps; nil: never.
    var hardStop: Int?

    /// NIST SP 800-63B: at most 100 in a row; back-off from the fifth.
    static let userName = Limits(guesses: 10, window: .minutes(15), backOffFrom: 5, hardStop: 100)
    /// A house behind one address signs in more often than one person.
    static let address = Limits(guesses: 60, window: .minutes(15), backOffFrom: nil, hardStop: nil)
    /// Reset mails. While it is reached, the link that was mailed last stays good: no lock-out weapon.
    static let reset = Limits(guesses: 3, window: .minutes(10), backOffFrom: nil, hardStop: nil)
  }

  /// When the guesses of the window were made, oldest first.
  var recent: [Instant] = []
  /// Since the last good one.
  var inRow = 0
  var blockedUntil: Instant?

  enum Verdict: Hashable, Sendable {
    case admitted
    /// When to try again; nil when waiting does not help.
    case refused(until: Instant?)
  }

  /// Counts one guess, unless it is refused.
  mutating func admit(at now: Instant, _ limits: Limits) -> Verdict {
    recent.removeAll { $0 + limits.window <= now }
    if let stop = limits.hardStop, inRow >= stop { return .refused(until: nil) }
    if let blockedUntil, now < blockedUntil { return .refused(until: blockedUntil) }
    if recent.count >= limits.guesses, let first = recent.first {
      return .refused(until: first + limits.window)
    }
    recent.append(now)
    inRow += 1
    blockedUntil = nil
    if let from = limits.backOffFrom, inRow >= from {
      let exponent = min(inRow - from, 10)
      blockedUntil = now + min(.seconds(1 << exponent), limits.window)
    }
    return .admitted
  }

  /// The guess was right: what was counted for it is forgotten.
  mutating func takeBack() {
    if !recent.isEmpty { recent.removeLast() }
    inRow = max(0, inRow - 1)
  }
}
