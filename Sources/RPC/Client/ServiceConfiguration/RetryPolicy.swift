/// When a failed call of a method is made again.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts in all, the first included; 2 to 5.
  public let maximumAttempts: Int
  /// Wait before the first retry, ±20 %.
  public let initialBackoff: Duration
  public let maximumBackoff: Duration
  /// Growth of the wait from one retry to the next.
  public let multiplier: Double
  /// Statuses after which it is made again.
  public let retryableCodes: Set<Status.Code>

  /// - Throws: for attempts below 2, waits or a multiplier that are not positive, no codes or OK among them. More than
  ///   5 attempts are 5.
  public init(
    maximumAttempts: Int, initialBackoff: Duration, maximumBackoff: Duration,
    multiplier: Double = 2, retryableCodes: Set<Status.Code>
  ) throws(ServiceConfigurationError) {
    guard maximumAttempts >= 2 else { throw .init("maxAttempts", "must be 2 or more") }
    guard initialBackoff > .zero else { throw .init("initialBackoff", "must be positive") }
    guard maximumBackoff > .zero else { throw .init("maxBackoff", "must be positive") }
    guard multiplier > 0, multiplier.isFinite else {
      throw .init("backoffMultiplier", "must be positive")
    }
    guard !retryableCodes.isEmpty, !retryableCodes.contains(.ok) else {
      throw .init("retryableStatusCodes", "must name codes, and not OK")
    }
    self.maximumAttempts = min(maximumAttempts, 5)
    self.initialBackoff = initialBackoff
    self.maximumBackoff = maximumBackoff
    self.multiplier = multiplier
    self.retryableCodes = retryableCodes
  }
}

/// When a call of an idempotent method is made several times at once. It has no effect on a method whose
/// `idempotency_level` is unknown.
public struct HedgingPolicy: Sendable, Hashable {
  /// Attempts in all, the first included; 2 to 5.
  public let maximumAttempts: Int
  /// Wait between two attempts; zero starts all at once.
  public let delay: Duration
  /// Statuses after which the other attempts go on; any other ends the call.
  public let nonFatalCodes: Set<Status.Code>

  /// - Throws: for attempts below 2, a negative delay or OK among the codes. More than 5 attempts are 5.
  public init(
    maximumAttempts: Int, delay: Duration = .zero, nonFatalCodes: Set<Status.Code> = []
  ) throws(ServiceConfigurationError) {
    guard maximumAttempts >= 2 else { throw .init("maxAttempts", "must be 2 or more") }
    guard delay >= .zero else { throw .init("hedgingDelay", "must not be negative") }
    guard !nonFatalCodes.contains(.ok) else {
      throw .init("nonFatalStatusCodes", "must not have OK")
    }
    self.maximumAttempts = min(maximumAttempts, 5)
    self.delay = delay
    self.nonFatalCodes = nonFatalCodes
  }
}

/// The retry budget of a channel.
public struct RetryThrottling: Sendable, Hashable {
  /// Tokens at the start and at most; 1 to 1000.
  public let maximumTokens: Int
  /// What a success gives back, in thousandths of a token.
  public let tokenRatioThousandths: Int

  /// - Parameter tokenRatio: decimals beyond the third are dropped.
  public init(maximumTokens: Int, tokenRatio: Double) throws(ServiceConfigurationError) {
    guard (1...1000).contains(maximumTokens) else {
      throw .init("maxTokens", "must be from 1 to 1000")
    }
    guard tokenRatio > 0, tokenRatio.isFinite else {
      throw .init("tokenRatio", "must be positive")
    }
    self.maximumTokens = maximumTokens
    // A ratio above the bucket's size fills it at once.
    tokenRatioThousandths = Int(min(tokenRatio, 1000) * 1000 + 1e-6)
    guard tokenRatioThousandths > 0 else { throw .init("tokenRatio", "must be 0.001 or more") }
  }
}
