import NIOCore

/// Counts what a peer does against a burst and an allowance per second.
struct TokenBucket {
  private let burst: Double
  private let rate: Double
  private var tokens: Double
  private var last = NIODeadline.now()

  init(burst: Int, perSecond rate: Int) {
    self.burst = Double(burst)
    self.rate = Double(rate)
    tokens = Double(burst)
  }

  /// Takes one; false when there is none left.
  mutating func take() -> Bool {
    if tokens < 1 {
      let now = NIODeadline.now()
      tokens = min(burst, tokens + Double((now - last).nanoseconds) / 1e9 * rate)
      last = now
    }
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
