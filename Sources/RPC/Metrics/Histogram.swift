/// How often values of which size were seen: a snapshot.
public struct Histogram: Sendable, Hashable {
  /// The largest value of each bucket, ascending; one more bucket holds what is above them all.
  public let upperBounds: [UInt64]
  /// One more than bounds.
  public internal(set) var counts: [UInt64]
  /// Of all values.
  public internal(set) var sum: UInt64

  public var count: UInt64 { counts.reduce(0, &+) }

  /// A value that `share` (0…1) of all values do not exceed, rounded up to the bound of its bucket; nil without values, and
  /// for those above all bounds.
  public func quantile(_ share: Double) -> UInt64? {
    let wanted = (Double(count) * share).rounded(.up)
    var seen: UInt64 = 0
    for (bound, count) in zip(upperBounds, counts) {
      seen &+= count
      if seen > 0, Double(seen) >= wanted { return bound }
    }
    return nil
  }

  mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sum &+= other.sum
  }
}

/// Where a value goes: four buckets for each power of two, so that a bound is at most a quarter off, or one.
enum Buckets {
  /// Nanoseconds, from 1.024 µs to 137 s.
  static let latency = bounds(from: 10, to: 37, parts: 4)
  /// Bytes, from 1 to 64 MiB.
  static let size = bounds(from: 0, to: 26, parts: 1)

  // Constants, where the counts of the two lists would be asked for with each value.
  static var latencyCount: Int { 109 }
  static var sizeCount: Int { 27 }

  private static func bounds(from: UInt64, to: UInt64, parts: UInt64) -> [UInt64] {
    [1 << from]
      + (from..<to).flatMap { power in
        (1...parts).map { (1 << power) + (($0 << power) / parts) }
      }
  }

  static func latency(_ nanoseconds: UInt64) -> Int {
    guard nanoseconds > 1024 else { return 0 }
    let value = nanoseconds - 1
    let power = 63 - value.leadingZeroBitCount
    guard power < 37 else { return latencyCount }
    return 1 + (power - 10) * 4 + Int(truncatingIfNeeded: (value >> UInt64(power - 2)) & 3)
  }

  static func size(_ bytes: Int) -> Int {
    guard bytes > 1 else { return 0 }
    return min(64 - UInt64(truncatingIfNeeded: bytes - 1).leadingZeroBitCount, sizeCount)
  }
}
