/// How many requests may run at once, learnt from how long they take: a route that takes twice its usual time has half of it
/// spent waiting for a core or for a service, and starting more would only add to that.
///
/// Every window of samples moves the limit once: down in proportion when requests are slower than what is tolerated of
/// their route's quiet time, up by a little when they are not and the limit was reached. Twice is tolerated where everybody
/// waits for their own or for each other. While a tenant floods beside others the others' requests are looked at, and a fifth
/// more is too slow: so few run that a neighbour's hardly waits behind them.
struct LoadGauge: Sendable {
  private struct Quiet {
    var seconds: Double
    var seen: ContinuousClock.Instant
  }

  /// Whose a request is.
  enum Sender {
    /// There is no flood.
    case anybody
    case flood
    case neighbour
  }

  private struct Mean {
    private var sum = 0.0
    private(set) var count = 0

    mutating func add(_ value: Double) {
      sum += value
      count += 1
    }

    /// Nil of nothing.
    var value: Double? { count > 0 ? sum / Double(count) : nil }
  }

  /// A tenant has most of what there is while others are there.
  var isBesideFlood = false
  private let least: Double
  private let leastShared: Double
  private let most: Double
  private var current: Double
  private var quiet = RecentTable<String, Quiet>(capacity: 1_024)
  private var windowEnd: ContinuousClock.Instant?
  private var all = Mean()
  /// Of requests beside a flood that are not its own.
  private var neighbours = Mean()
  private var wasFull = false

  private static let window = Duration.milliseconds(100)
  private static let samplesNeeded = 8
  private static let tolerated = 2.0
  private static let toleratedOfNeighbours = 1.2
  /// One request counts for ten times its usual time at most: a few that hang are not a load.
  private static let mostSlowness = 10.0
  /// Scheduling alone makes a route of microseconds look slow. What a neighbour feels is looked at more closely.
  private static let shortest = 0.001
  private static let shortestOfNeighbours = 0.000_3
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

  /// - Parameter isAlone: nothing else ran beside it.
  mutating func add(
    _ took: Duration, of route: String, by sender: Sender, isAlone: Bool,
    at now: ContinuousClock.Instant
  ) {
    let seconds = took / .seconds(1)
    let usual = learn(seconds, route, sender, isAlone, now)
    all.add(Self.slowness(seconds, usual, Self.shortest))
    if sender == .neighbour {
      neighbours.add(Self.slowness(seconds, usual, Self.shortestOfNeighbours))
    }
    guard let end = windowEnd else {
      windowEnd = now + Self.window
      return
    }
    guard now >= end, all.count >= Self.samplesNeeded else { return }
    adjust()
    (all, neighbours, wasFull) = (Mean(), Mean(), false)
    windowEnd = now + Self.window
  }

  /// The quiet time is the mean of requests that ran alone, and of those so fast that they might have. A mean, not the
  /// fastest: what is tolerated beside it is less than requests differ by themselves. Others raise it by a tenth of a per
  /// cent a second: a rush of minutes does not become the usual, a route that is never alone and really slower does. A flood
  /// teaches nothing: its requests may have more to do than its neighbours', who must not be measured by them.
  private mutating func learn(
    _ seconds: Double, _ route: String, _ sender: Sender, _ isAlone: Bool,
    _ now: ContinuousClock.Instant
  ) -> Double {
    quiet.update(route, default: Quiet(seconds: seconds, seen: now)) { quiet in
      if sender == .flood { return quiet.seconds }
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

  private static func slowness(
    _ seconds: Double, _ usual: Double, _ shortest: Double
  ) -> Double {
    min(max(shortest, seconds) / max(shortest, usual), mostSlowness)
  }

  private mutating func adjust() {
    // How a flood's own requests fare does not say that there may be more of them.
    let seen = isBesideFlood ? neighbours.value : all.value
    let tolerated = isBesideFlood && seen != nil ? Self.toleratedOfNeighbours : Self.tolerated
    let slowness = seen ?? all.value ?? 0
    current = max(floor, current)
    if slowness > tolerated {
      current = max(floor, current * max(0.7, tolerated / slowness))
    } else if wasFull, seen != nil {
      current = min(most, current + max(1, current.squareRoot() / 2))
    }
  }
}
