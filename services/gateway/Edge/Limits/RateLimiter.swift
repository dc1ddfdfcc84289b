import NIOHTTP1
import RPC
import Synchronization
import Telemetry
import Values

/// Counts requests by class and by who sends them, in buckets of tokens. Each gateway process counts for
/// itself.
///
/// The buckets have a bound: the one that nobody took from for longest, which is as good as full again, gives way to a new
/// one. So a flood from many addresses costs no memory and does not forget who was just refused.
final class RateLimiter: Sendable {
  enum Subject: Sendable, Hashable {
    case address(IPAddress)
    case identity(TenantID, String)

    fileprivate var kind: RateTable.Subject {
      switch self {
      case .address: .address
      case .identity: .identity
      }
    }
  }
  private struct Key: Hashable {
    let kind: RouteClass
    let subject: Subject
  }
  private struct Bucket {
    var tokens: Double
    var filled: ContinuousClock.Instant
  }

  static let capacity = 65_536

  /// Requests that were told to come back later.
  let refusals = Counter(
    "portico_rate_refusals_total", help: "Requests refused for their rate.",
    labels: ["class", "subject"],
    known: RouteClass.allCases.flatMap { kind in
      RateTable.Subject.allCases.map { [kind.rawValue, $0.rawValue] }
    })
  private let table: RateTable
  private let buckets: Mutex<RecentTable<Key, Bucket>>

  init(_ table: RateTable = .standard, capacity: Int = RateLimiter.capacity) {
    self.table = table
    buckets = Mutex(RecentTable(capacity: capacity))
  }

  /// Subjects that are remembered now.
  var count: Int { buckets.withLock { $0.count } }

  /// Takes a token. Throws 429 with `Retry-After` when there is none; what is refused costs no token.
  func admit(
    _ kind: RouteClass, _ subject: Subject, at now: ContinuousClock.Instant = .now
  ) throws(Problem) {
    guard let rate = table[kind, subject.kind] else { return }
    let missing = buckets.withLock { buckets in
      buckets.update(
        Key(kind: kind, subject: subject),
        default: Bucket(tokens: Double(rate.burst), filled: now)
      ) { bucket -> Double in
        let elapsed = max(0, (now - bucket.filled) / .seconds(1))
        bucket.tokens = min(Double(rate.burst), bucket.tokens + elapsed * rate.perSecond)
        bucket.filled = now
        guard bucket.tokens >= 1 else { return 1 - bucket.tokens }
        bucket.tokens -= 1
        return 0
      }
    }
    guard missing > 0 else { return }
    refusals.add(1, kind.rawValue, subject.kind.rawValue)
    throw Self.refusal(kind, rate, missing: missing)
  }

  private static func refusal(
    _ kind: RouteClass, _ rate: RateTable.Rate, missing: Double
  ) -> Problem {
    var problem = Problem(.tooManyRequests, .resourceExhausted, "too many requests; wait a moment")
    problem.retryAfter = max(1, Int((missing / rate.perSecond).rounded(.up)))
    // draft-ietf-httpapi-ratelimit-headers: so many requests in so many seconds, and what is left of them.
    let window = max(1, Int((Double(rate.burst) / rate.perSecond).rounded(.up)))
    problem.headers = [
      .init(name: "ratelimit-policy", value: "\"\(kind.rawValue)\";q=\(rate.burst);w=\(window)"),
      .init(name: "ratelimit", value: "\"\(kind.rawValue)\";r=0;t=\(problem.retryAfter ?? 1)"),
    ]
    return problem
  }
}
