import HTTP2
import NIOCore

/// The retries of one call that has failed at least once.
final class RetryState {
  private let policy: RetryPolicy
  /// Attempts before the one that runs or is about to.
  private(set) var previousAttempts = 0
  private var backoff: Duration
  var timer: Scheduled<Void>?

  init(_ policy: RetryPolicy) {
    self.policy = policy
    backoff = policy.initialBackoff
  }

  /// How long to wait before the next attempt; nil when there were enough. What the server asks for is kept to
  /// exactly and begins the back-off anew.
  func next(after pushback: Pushback) -> TimeAmount? {
    guard previousAttempts + 1 < policy.maximumAttempts else { return nil }
    previousAttempts += 1
    switch pushback {
    case .stop: return nil
    case .after(let delay):
      backoff = policy.initialBackoff
      return delay
    case .none:
      let wait = min(Self.nanoseconds(backoff), Self.nanoseconds(policy.maximumBackoff))
      backoff = .nanoseconds(Int64(min(wait * policy.multiplier, Self.longest)))
      return .nanoseconds(Int64(wait * Double.random(in: 0.8...1.2)))
    }
  }

  /// A century: configurations may say more than a clock holds.
  private static let longest = 3.2e18

  private static func nanoseconds(_ duration: Duration) -> Double {
    min(Double(Int64(clampedNanoseconds: duration)), longest)
  }
}

/// What a server says about further attempts, in `grpc-retry-pushback-ms`.
enum Pushback: Equatable {
  case none
  case after(TimeAmount)
  /// A negative or unreadable value: no more.
  case stop

  init(_ fields: HeaderFields) {
    guard let text = fields["grpc-retry-pushback-ms"] else {
      self = .none
      return
    }
    guard let milliseconds = Int32(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else {
      self = .stop
      return
    }
    self = .after(.milliseconds(Int64(milliseconds)))
  }
}

/// The retry budget of a channel: failures take a token, successes give back a part of one, and while half of them or
/// fewer are left nothing is repeated. Belongs to the channel's event loop.
final class RetryThrottle {
  let policy: RetryThrottling
  /// In thousandths of a token.
  private(set) var tokens: Int

  init(_ policy: RetryThrottling) {
    self.policy = policy
    tokens = policy.maximumTokens * 1000
  }

  var allowsRetry: Bool { tokens > policy.maximumTokens * 500 }

  func recordSuccess() {
    tokens = min(policy.maximumTokens * 1000, tokens + policy.tokenRatioThousandths)
  }

  /// Whether another attempt is allowed after this failure.
  func recordFailure() -> Bool {
    tokens = max(0, tokens - 1000)
    return allowsRetry
  }
}
