/// How many requests may run at once, learnt from how long they take: a route that takes twice its usual time has half of it
/// spent waiting for a core or for a service, and starting more would only add to that.
///
/// Every window of samples moves the limit once: down in proportion when requests are slower than twice their route's quiet
/// time, up by a little when they are not and the limit was reached.
struct LoadGauge: Sendable {
  private struct Quiet {
    var seconds: Double
    var seen: ContinuousClock.Instant
  }

  private let least: Double
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
  /// One request counts for ten times its usual time at most: a few that hang are not a load.
  private static let mostSlowness = 10.0
  /// Scheduling alone makes a route of microseconds look slow.
  private static let shortest = 0.001

  init(least: Int, most: Int) {
    self.least = Double(max(1, least))
    self.most = Double(max(least, most))
    current = Double(max(1, least)) * 2
    current = min(current, self.most)
  }

  var limit: Int { Int(current) }

  /// A request found the limit reached.
  mutating func noteFull() { wasFull = true }

  mutating func add(_ took: Duration, of route: String, at now: ContinuousClock.Instant) {
    let seconds = max(Self.shortest, took / .seconds(1))
    let usual = learn(seconds, route, now)
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

  /// The quiet time follows faster requests within a few, and slower ones by one per cent a second: a rush of minutes does
  /// not become the usual, a route that has really become slower does.
  private mutating func learn(
    _ seconds: Double, _ route: String, _ now: ContinuousClock.Instant
  ) -> Double {
    quiet.update(route, default: Quiet(seconds: seconds, seen: now)) { quiet in
      if seconds < quiet.seconds {
        quiet.seconds -= (quiet.seconds - seconds) * 0.1
      } else {
        let elapsed = max(0, (now - quiet.seen) / .seconds(1))
        quiet.seconds = min(seconds, quiet.seconds * (1 + 0.01 * min(elapsed, 60)))
      }
      quiet.seen = now
      return quiet.seconds
    }
  }

  private mutating func adjust(_ slowness: Double) {
    if slowness > Self.tolerated {
      current = max(least, current * max(0.7, Self.tolerated / slowness))
    } else if wasFull {
      current = min(most, current + max(1, current.squareRoot() / 2))
    }
  }
}
