import NIOCore

/// Finds a peer that takes (nearly) nothing while bytes wait for it.
struct StallWatch {
  private var since: NIODeadline?
  private var mark = 0
  /// Less than this much in a whole timeout is no progress: a byte now and then must not keep memory tied up.
  static let progress = 1024

  var isWatching: Bool { since != nil }

  /// Looks at the bytes taken so far; true when the peer took fewer than `progress` in `limit`.
  mutating func isStalled(
    taken: Int, waits: Bool, at now: NIODeadline, limit: TimeAmount,
    progress: Int = StallWatch.progress
  ) -> Bool {
    guard waits else {
      since = nil
      return false
    }
    guard let since, taken - mark < progress else {
      self.since = now
      mark = taken
      return false
    }
    return now - since >= limit
  }
}
