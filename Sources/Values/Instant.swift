import Foundation

/// A moment in time, UTC, to the microsecond: the resolution every store can hold exactly.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }
  public init(seconds: Int64) { microseconds = seconds &* 1_000_000 }

  public static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }

  /// This instant moved by a duration; saturates instead of overflowing.
  public func advanced(by duration: Duration) -> Instant {
    let (sum, overflow) = microseconds.addingReportingOverflow(duration.wholeMicroseconds)
    guard overflow else { return Instant(microseconds: sum) }
    return Instant(microseconds: duration < .zero ? .min : .max)
  }

  public static func + (a: Instant, b: Duration) -> Instant { a.advanced(by: b) }
  public static func - (a: Instant, b: Duration) -> Instant { a.advanced(by: .zero - b) }
  /// The time from `b` to `a`.
  public static func - (a: Instant, b: Instant) -> Duration {
    .microseconds(a.microseconds.subtractingReportingOverflow(b.microseconds).partialValue)
  }

  public var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}

extension Duration {
  /// Whole microseconds, truncated towards zero and saturated.
  public var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return overflow2 ? (seconds < 0 ? .min : .max) : sum
  }

  public static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
  public static func hours(_ count: Int) -> Duration { .seconds(3600 * count) }
  public static func days(_ count: Int) -> Duration { .seconds(86400 * count) }
}
