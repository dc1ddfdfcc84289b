import Testing

@testable import Gateway

@Suite("V-16 how many may run, learnt from how long they take")
struct LoadGaugeTests {
  /// A gauge, and a clock that only the test moves.
  private struct Trial {
    var gauge: LoadGauge
    var now = ContinuousClock.now

    /// - Parameter leastShared: what may run at least beside a flood.
    init(least: Int = 4, leastShared: Int = 2, most: Int = 64) {
      gauge = LoadGauge(least: least, leastShared: leastShared, most: most)
    }

    /// Ten requests in each window that find the limit reached.
    ///
    /// - Parameter neighbours: how long one more in each window takes, that is none of the flood's.
    mutating func run(
      _ milliseconds: Double, windows: Int, isAlone: Bool = false, neighbours: Double? = nil
    ) {
      for index in 0..<windows * 10 {
        now += .milliseconds(11)
        gauge.noteFull()
        if let neighbours, index.isMultiple(of: 10) { add(neighbours, by: .neighbour) }
        add(milliseconds, by: gauge.isBesideFlood ? .flood : .anybody, isAlone: isAlone)
      }
    }

    mutating func add(
      _ milliseconds: Double, of route: String = "a", by sender: LoadGauge.Sender = .anybody,
      isAlone: Bool = false
    ) {
      gauge.add(.milliseconds(milliseconds), of: route, by: sender, isAlone: isAlone, at: now)
    }

    /// One whose usual time is known: twenty windows of requests that ran alone.
    static func usually(_ milliseconds: Double) -> Trial {
      var trial = Trial()
      trial.run(milliseconds, windows: 20, isAlone: true)
      return trial
    }

    /// Where the limit must be after so many windows of requests that took so long, with a flood or without one.
    mutating func expect(
      _ limit: Int, after windows: Int, of milliseconds: Double, isBesideFlood: Bool = false,
      neighbours: Double? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      gauge.isBesideFlood = isBesideFlood
      run(milliseconds, windows: windows, neighbours: neighbours)
      #expect(gauge.limit == limit, sourceLocation: sourceLocation)
    }
  }

  @Test("The limit goes down when every request takes far longer than usual, and up again after")
  func gauge() {
    var trial = Trial()
    #expect(trial.gauge.limit == 8)
    trial.expect(64, after: 60, of: 5)
    trial.expect(4, after: 10, of: 50)
    trial.expect(64, after: 60, of: 5)
  }

  @Test("One route that is slow by nature says nothing about the load; unused room is not added to")
  func routes() {
    var trial = Trial()
    for index in 0..<400 {
      trial.now += .milliseconds(20)
      let isReport = index.isMultiple(of: 2)
      trial.add(isReport ? 2000 : 3, of: isReport ? "report" : "ticket")
    }
    #expect(trial.gauge.limit == 8)
  }

  @Test("X-26 the usual time is the mean of requests that ran alone, and others do not raise it")
  func lone() {
    var trial = Trial()
    // From 4 to 16 ms, 10 in the mean: the fastest would make the others look too slow.
    for index in 0..<200 {
      trial.now += .milliseconds(11)
      trial.add(index.isMultiple(of: 2) ? 4 : 16, isAlone: true)
    }
    trial.expect(64, after: 40, of: 18)
    trial.expect(4, after: 30, of: 26)
    // Alone they take so long by themselves: it is their usual time now.
    trial.run(26, windows: 20, isAlone: true)
    trial.expect(64, after: 60, of: 26)
  }

  @Test("X-26 who was not alone lowers the usual time only when far faster")
  func faster() {
    var trial = Trial.usually(20)
    // Four fifths of the usual time: it stays at 20 ms, of which twice is 40.
    trial.run(16, windows: 20)
    trial.expect(64, after: 60, of: 37)
    // Half of it is surely quiet: the usual time comes down as far as that says something, to 10 / 0.7.
    trial.run(10, windows: 20)
    trial.expect(4, after: 20, of: 37)
  }

  @Test(
    "X-26 a rush of minutes does not become the usual, one of half an hour does"
  )
  func rush() {
    var trial = Trial.usually(10)
    // Five minutes, in windows of 110 ms.
    trial.expect(4, after: 2_700, of: 30)
    trial.expect(2, after: 20, of: 20, isBesideFlood: true, neighbours: 25)
    trial.expect(64, after: 13_300, of: 30)
  }

  @Test("One request that hangs while it is alone does not make the usual time one of hanging")
  func hanging() {
    var trial = Trial.usually(10)
    trial.add(60_000, isAlone: true)
    trial.expect(4, after: 20, of: 60)
  }

  @Test("X-26 beside a flood a fifth more than usual is too slow for the others, and fewer may run")
  func shared() {
    var trial = Trial.usually(10)
    trial.expect(64, after: 60, of: 15)
    // However fast its own are answered.
    trial.expect(2, after: 90, of: 10, isBesideFlood: true, neighbours: 13)
    trial.expect(64, after: 60, of: 15, isBesideFlood: true, neighbours: 11)
    trial.expect(2, after: 90, of: 10, isBesideFlood: true, neighbours: 13)
    // The other is gone: what it had at least is there at once, and twice the usual time is tolerated again.
    trial.gauge.isBesideFlood = false
    #expect(trial.gauge.limit == 4)
    trial.expect(64, after: 60, of: 15)
  }

  @Test("X-26 a flood's own requests do not make room for more of them, and are too slow like any")
  func ownOfFlood() {
    var trial = Trial.usually(10)
    trial.expect(64, after: 60, of: 15)
    trial.expect(64, after: 60, of: 15, isBesideFlood: true)
    trial.expect(2, after: 40, of: 30, isBesideFlood: true)
    trial.expect(2, after: 60, of: 10, isBesideFlood: true)
    trial.expect(64, after: 60, of: 10, isBesideFlood: true, neighbours: 10)
  }

  @Test("X-26 neighbours are not measured by what the flood's requests take, alone or not")
  func usualOfNeighbours() {
    var trial = Trial.usually(2)
    trial.gauge.isBesideFlood = true
    trial.run(1, windows: 20, isAlone: true)
    trial.expect(64, after: 60, of: 2, isBesideFlood: true, neighbours: 2)
    trial.run(9, windows: 20, isAlone: true)
    trial.expect(2, after: 60, of: 9, isBesideFlood: true, neighbours: 3)
  }

  @Test("X-26 a neighbour's request of less than a millisecond may not take twice as long either")
  func shortRoutes() {
    var trial = Trial.usually(0.5)
    // By itself that says nothing: a thread may have waited for its core.
    trial.expect(64, after: 60, of: 0.9)
    trial.expect(2, after: 40, of: 0.5, isBesideFlood: true, neighbours: 0.9)
  }

  @Test(
    "X-26 what may run beside a flood follows the cores, and never is more than the most")
  func cores() {
    let limits = EdgeLimits()
    #expect(limits.admission(cores: 1).runningShared == 2)
    #expect(limits.admission(cores: 16).runningShared == 32)
    var trial = Trial(leastShared: 32)
    #expect(trial.gauge.limit == 8)
    trial.gauge.isBesideFlood = true
    #expect(trial.gauge.limit == 32)
    trial.run(10, windows: 20, isAlone: true)
    trial.run(90, windows: 20)
    #expect(trial.gauge.limit == 32)
    trial = Trial(leastShared: 200)
    trial.gauge.isBesideFlood = true
    #expect(trial.gauge.limit == 64)
  }
}
