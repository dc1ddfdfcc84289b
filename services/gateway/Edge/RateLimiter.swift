import NIOHTTP1
import RPC
import Synchronization

/// Requests of one address: a bucket of tokens for reading and a smaller one for everything else. What logins cost
/// is limited where passwords are checked, by identity.
final class RateLimiter: Sendable {
  struct Rate: Sendable {
    /// Requests at once.
    var burst: Double
    /// Requests a second, in the long run.
    var perSecond: Double
  }
  private struct Key: Hashable {
    let address: RemoteAddress
    let isSafe: Bool
  }
  private struct Bucket {
    var tokens: Double
    var filled: ContinuousClock.Instant
  }

  private let reads: Rate
  private let writes: Rate
  private let buckets = Mutex<[Key: Bucket]>([:])
  private static let capacity = 50_000

  init(
    reads: Rate = .init(burst: 2000, perSecond: 1000),
    writes: Rate = .init(burst: 200, perSecond: 50)
  ) {
    self.reads = reads
    self.writes = writes
  }

  /// Throws 429 with `Retry-After`.
  func admit(_ address: RemoteAddress, isSafe: Bool, at now: ContinuousClock.Instant)
    throws(Problem)
  {
    let rate = isSafe ? reads : writes
    let key = Key(address: address, isSafe: isSafe)
    let missing = buckets.withLock { buckets -> Double in
      if buckets.count >= Self.capacity { buckets.removeAll(keepingCapacity: true) }
      var bucket = buckets[key] ?? Bucket(tokens: rate.burst, filled: now)
      let elapsed = (now - bucket.filled) / .seconds(1)
      bucket.tokens = min(rate.burst, bucket.tokens + max(0, elapsed) * rate.perSecond)
      bucket.filled = now
      defer { buckets[key] = bucket }
      guard bucket.tokens >= 1 else { return 1 - bucket.tokens }
      bucket.tokens -= 1
      return 0
    }
    guard missing > 0 else { return }
    var problem = Problem(.tooManyRequests, .resourceExhausted, "too many requests; wait a moment")
    problem.retryAfter = max(1, Int((missing / rate.perSecond).rounded(.up)))
    throw problem
  }
}
