import NIOCore

/// The waits between attempts: each longer than the one before, up to a bound, and ±20 % so that many clients do not come
/// back together.
struct ConnectionBackoff {
  private let first: Double
  private let longest: Double
  private let multiplier: Double
  private var current: Double

  init(_ configuration: ChannelConfiguration) {
    first = Double(Int64(clampedNanoseconds: configuration.firstBackoff))
    longest = max(first, Double(Int64(clampedNanoseconds: configuration.longestBackoff)))
    multiplier = max(1, configuration.backoffMultiplier)
    current = first
  }

  mutating func next() -> TimeAmount {
    defer { current = min(longest, current * multiplier) }
    // Stays below what an Int64 holds, whatever was configured.
    return .nanoseconds(Int64(min(current * Double.random(in: 0.8...1.2), 9e18)))
  }

  mutating func reset() { current = first }
}
