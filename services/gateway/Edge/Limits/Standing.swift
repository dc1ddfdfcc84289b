/// How long a queue has not been empty, moments without anybody left out. One that stands for long is no burst: it makes
/// everybody wait and serves nobody more, and must not grow (the idea of CoDel).
struct Standing {
  private var busySince: ContinuousClock.Instant?
  /// Since when nobody waits.
  private var emptySince: ContinuousClock.Instant?

  private static let long = Duration.milliseconds(100)

  func isLong(at now: ContinuousClock.Instant) -> Bool {
    busySince.map { now - $0 > Self.long } ?? false
  }

  /// Somebody begins to wait; whether that is a queue of its own, long after the last.
  @discardableResult
  mutating func began(at now: ContinuousClock.Instant) -> Bool {
    let isNew = emptySince.map { now - $0 > Self.long } ?? false
    if isNew || busySince == nil { busySince = now }
    emptySince = nil
    return isNew
  }

  /// Nobody waits any more.
  mutating func ended(at now: ContinuousClock.Instant) {
    if emptySince == nil { emptySince = now }
  }
}
