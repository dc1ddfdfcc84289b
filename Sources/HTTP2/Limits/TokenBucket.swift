import NIOCore

/// Counts what a peer does against a burst and an allowance per second.
public struct TokenBucket {
  private let burst: Double
  private let rate: Double
  private var tokens: Double
  private var last = NIODeadline.now()

  public init(burst: Int, perSecond rate: Int) {
    self.burst = Double(burst)
    self.rate = Double(rate)
    tokens = Double(burst)
  }

  /// Whether `take` would succeed.
  public var hasToken: Bool {
    mutating get {
      if tokens < 1 { refill() }
      return tokens >= 1
    }
  }

  /// Takes one; false when there is none left.
  public mutating func take() -> Bool {
    guard hasToken else { return false }
    tokens -= 1
    return true
  }

  /// Takes one that is due in any case; what is owed has to be earned before `hasToken` holds again.
  public mutating func owe() {
    if tokens < 1 { refill() }
    tokens -= 1
  }

  /// Gives one back before its time; there are never more than the burst.
  public mutating func giveBack() { tokens = min(burst, tokens + 1) }

  private mutating func refill() {
    let now = NIODeadline.now()
    tokens = min(burst, tokens + Double((now - last).nanoseconds) / 1e9 * rate)
    last = now
  }
}
