/// How long a tenant that floods others lets them finish first: some milliseconds, which come back while nobody else runs
/// anything. Whoever asks for something now and then has the machine for that moment; neighbours that always run something,
/// or one thing for a second, do not stop the tenant.
struct Courtesy {
  private var left = Self.most
  /// Since when it gives way.
  private var heldSince: ContinuousClock.Instant?
  private var lastStart: ContinuousClock.Instant?

  private static let most = Duration.milliseconds(10)

  /// Somebody else runs: whether they are let finish.
  mutating func givesWay(at now: ContinuousClock.Instant) -> Bool {
    if let heldSince { return now - heldSince < left }
    guard left > .zero else { return false }
    heldSince = now
    return true
  }

  /// A request of the tenant starts.
  ///
  /// - Parameter isAlone: nothing of anybody else runs.
  mutating func started(isAlone: Bool, at now: ContinuousClock.Instant) {
    if let heldSince {
      left = max(.zero, left - (now - heldSince))
      self.heldSince = nil
    } else if isAlone, let lastStart {
      left = min(Self.most, left + (now - lastStart))
    }
    lastStart = now
  }
}
