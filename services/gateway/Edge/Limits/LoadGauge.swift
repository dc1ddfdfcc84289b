/// How many requests may run at once, learnt from how long they take: a route that takes twice its usual time has half of it
/// spent waiting for a core or for a service, and starting more would only add to that.
///
/// Every window of samples moves the limit once: down in proportion when requests are slower than what is tolerated of
/// their route's quiet time, up by a little when they are not and the limit was reached. Twice is tolerated where everybody
/// waits for their own or for each other. While a tenant floods beside others it is next to nothing: so few run that a
/// neighbour's hardly waits behind them.
struct LoadGauge: Sendable {
  private struct Quiet {
    var seconds: Double
    var seen: ContinuousClock.Instant
  }

  /// A tenant has most of what there is while others are there.
  var isBesideFlood = false
  private let least: Double
  private let leastShared: Double
  private let most: Double
  private var current: Double
  private var quiet = RecentTable<String, Quiet>(capacity: 1_024)
  private var windowEnd: ContinuousClock.Instant?
  private var slowness = 0.0
  private var samples = 0
  private var wasFull = false

  private static let window = Duration.milliseconds(100)
  private static let samplesNeeded = 8
  private static let tolerated = 2.0
  private static let toleratedShared = 1.1
  /// One request counts for ten times its usual time at most: a few that hang are not a load.
  private static let mostSlowness = 10.0
  /// Scheduling alone makes a route of microseconds look slow.
  private static let shortest = 0.001
  /// What one request counts in the mean of the quiet times.
  private static let weight = 0.1
  /// So much less than usual was not spent waiting for others, whoever ran beside it.
  private static let surelyQuiet = 0.7
  /// The part by which the quiet time may grow in a second without a request that ran alone.
  private static let creep = 0.001

  /// - Parameters:
  ///   - least: what may run however slow requests are.
  ///   - leastShared: the same while a tenant floods beside others.
  init(least: Int, leastShared: Int, most: Int) {
    self.least = Double(max(1, least))
    self.most = Double(max(least, most))
    self.leastShared = min(Double(max(1, leastShared)), self.most)
    current = min(self.least * 2, self.most)
  }

  var limit: Int { Int(max(floor, current)) }

  private var floor: Double { isBesideFlood ? leastShared : least }

  /// A request found the limit reached.
  mutating func noteFull() { wasFull = true }

  /// - Parameter isAlone: nothing else ran when it started.
  mutating func add(
    _ took: Duration, of route: String, isAlone: Bool, at now: ContinuousClock.Instant
  ) {
    let seconds = max(Self.shortest, took / .seconds(1))
    let usual = learn(seconds, route, isAlone, now)
    slowness += min(seconds / usual, Self.mostSlowness)
    samples += 1
    guard let end = windowEnd else {
      windowEnd = now + Self.window
      return
    }
    guard now >= end, samples >= Self.samplesNeeded else { return }
    adjust(slowness / Double(samples))
    (slowness, samples, wasFull) = (0, 0, false)
    windowEnd = now + Self.window
  }

  /// The quiet time is the mean of requests that ran alone, and of those so fast that they might have. A mean, not the
  /// fastest: what is tolerated beside it is less than requests differ by themselves. Others raise it by a tenth of a per
  /// cent a second: a rush of minutes does not become the usual, a route that is never alone and really slower does.
  private mutating func learn(
    _ seconds: Double, _ route: String, _ isAlone: Bool, _ now: ContinuousClock.Instant
  ) -> Double {
    quiet.update(route, default: Quiet(seconds: seconds, seen: now)) { quiet in
      if isAlone || seconds < quiet.seconds * Self.surelyQuiet {
        let counted = min(seconds, quiet.seconds * Self.mostSlowness)
        quiet.seconds += (counted - quiet.seconds) * Self.weight
      } else if seconds > quiet.seconds {
        let elapsed = max(0, (now - quiet.seen) / .seconds(1))
        quiet.seconds = min(seconds, quiet.seconds * (1 + Self.creep * min(elapsed, 60)))
      }
      quiet.seen = now
      return quiet.seconds
    }
  }

  private mutating func adjust(_ slowness: Double) {
    let tolerated = isBesideFlood ? Self.toleratedShared : Self.tolerated
    current = max(floor, current)
    if slowness > tolerated {
      current = max(floor, current * max(0.7, tolerated / slowness))
    } else if wasFull {
      current = min(most, current + max(1, current.squareRoot() / 2))
    }
  }
}
