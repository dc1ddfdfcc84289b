import NIOCore
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientOutlierTests {
  /// Servers as the detector sees them, with the calls of an interval.
  private struct Hosts {
    let records: [OutlierRecord]
    let loads: [BackendLoad]

    init(_ count: Int) {
      records = (0..<count).map { _ in OutlierRecord() }
      loads = (0..<count).map { _ in BackendLoad() }
    }

    func ends(_ host: Int, succeeded: Int, failed: Int) {
      loads[host].succeeded += succeeded
      loads[host].failed += failed
    }

    var pairs: [(OutlierRecord, BackendLoad)] { Array(zip(records, loads)) }
    var ejected: [Int] { records.indices.filter { records[$0].isEjected } }
  }

  private func time(_ seconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(1_000_000_000) + .seconds(seconds)
  }

  @Test("R-072 success rate: the one far below the others is ejected")
  func successRate() {
    let hosts = Hosts(5)
    for host in 0..<4 { hosts.ends(host, succeeded: 99, failed: 1) }
    hosts.ends(4, succeeded: 50, failed: 50)
    let detector = OutlierDetector(OutlierDetection(failurePercentage: nil))
    #expect(detector.sweep(hosts.pairs, at: time(10)) == 1)
    #expect(hosts.ejected == [4])
    #expect(hosts.loads.allSatisfy { $0.succeeded == 0 && $0.failed == 0 })
  }

  @Test("R-072 success rate: too few calls, or too few servers with enough, say nothing")
  func tooLittle() {
    let detector = OutlierDetector(OutlierDetection(failurePercentage: nil))
    let quiet = Hosts(5)
    for host in 0..<4 { quiet.ends(host, succeeded: 99, failed: 1) }
    quiet.ends(4, succeeded: 0, failed: 99)
    #expect(detector.sweep(quiet.pairs, at: time(10)) == 0)
    let few = Hosts(4)
    for host in 0..<3 { few.ends(host, succeeded: 100, failed: 0) }
    few.ends(3, succeeded: 0, failed: 100)
    #expect(detector.sweep(few.pairs, at: time(10)) == 0)
  }

  @Test("R-072 failure percentage: above the threshold, not at it")
  func failurePercentage() {
    var settings = OutlierDetection(successRate: nil)
    settings.maximumEjectionPercent = 100
    let hosts = Hosts(5)
    for host in 0..<3 { hosts.ends(host, succeeded: 100, failed: 0) }
    hosts.ends(3, succeeded: 15, failed: 85)
    hosts.ends(4, succeeded: 14, failed: 86)
    #expect(OutlierDetector(settings).sweep(hosts.pairs, at: time(10)) == 1)
    #expect(hosts.ejected == [4])
  }

  @Test("R-072 at most the given share is ejected, but one always may be")
  func share() {
    func ejected(_ percent: Int) -> Int {
      var settings = OutlierDetection(successRate: nil)
      settings.maximumEjectionPercent = percent
      let hosts = Hosts(10)
      for host in 0..<10 { hosts.ends(host, succeeded: 0, failed: 100) }
      return OutlierDetector(settings).sweep(hosts.pairs, at: time(10))
    }
    #expect(ejected(0) == 1)
    #expect(ejected(10) == 1)
    #expect(ejected(30) == 3)
    #expect(ejected(100) == 10)
  }

  @Test("R-072 partial enforcement spares those that are not drawn")
  func enforcement() {
    var settings = OutlierDetection(successRate: nil)
    settings.failurePercentage?.enforcement = 30
    let hosts = Hosts(5)
    var detector = OutlierDetector(settings)
    detector.draw = { 30 }
    for host in 0..<5 { hosts.ends(host, succeeded: 0, failed: 100) }
    #expect(detector.sweep(hosts.pairs, at: time(10)) == 0)
    detector.draw = { 29 }
    for host in 0..<5 { hosts.ends(host, succeeded: 0, failed: 100) }
    #expect(detector.sweep(hosts.pairs, at: time(20)) == 1)
  }

  @Test("R-072 an ejection lasts 30 s times its count, at most 300 s, and the count falls again")
  func times() {
    let detector = OutlierDetector(OutlierDetection(successRate: nil))
    let hosts = Hosts(5)
    var now: Int64 = 0
    func sweep(failing: Bool) {
      now += 10
      for host in 0..<4 { hosts.ends(host, succeeded: 100, failed: 0) }
      if failing { hosts.ends(4, succeeded: 0, failed: 100) }
      _ = detector.sweep(hosts.pairs, at: time(now))
    }
    for count in 1...12 {
      sweep(failing: true)
      #expect(hosts.ejected == [4])
      let start = now
      while hosts.records[4].isEjected { sweep(failing: false) }
      #expect(now - start == min(30 * Int64(count), 300))
    }
    let highest = hosts.records[4].multiplier
    #expect(highest == 12)
    for _ in 0..<20 { sweep(failing: false) }
    #expect(hosts.records[4].multiplier == 0)
  }

  @Test(
    "R-072 a failing server gets no calls while it is ejected, keeps its connection, and returns")
  func endToEnd() async throws {
    let fails = Mutex(true)
    var servers: [NamedServer] = []
    for name in ["good1", "good2"] { servers.append(try await .start(name)) }
    servers.append(
      try await .start("bad") { _ in
        if fails.withLock({ $0 }) { throw Status(.internal, "broken") }
      })
    let resolver = PushResolver(servers.map(\.endpoint))
    var detection = OutlierDetection(successRate: nil)
    detection.interval = .seconds(3600)
    detection.failurePercentage?.minimumHosts = 3
    detection.failurePercentage?.requestVolume = 5
    let configuration = ChannelConfiguration.testing(resolver, .roundRobin) {
      $0.loadBalancing.outlierDetection = detection
    }
    try await withChannel("test:///x", configuration) { channel in
      // Who connects last would have too few calls to be judged by.
      while try await channel.transports().count < 3 {
        _ = await status { _ = try await channel.ask() }
      }
      for _ in 0..<60 { _ = await status { _ = try await channel.ask() } }
      let before = try await channel.transports()
      #expect(before.count == 3)
      let now = NIODeadline.now()
      try await channel.sweep(at: now)
      for _ in 0..<30 {
        let name = try await channel.ask()
        #expect(name != "bad")
      }
      let during = try await channel.transports()
      #expect(during == before)
      fails.withLock { $0 = false }
      try await channel.sweep(at: now + .seconds(29))
      try await channel.askUntilAll(["good1", "good2"])
      try await channel.sweep(at: now + .seconds(30))
      try await channel.askUntilAll(["good1", "good2", "bad"])
      let after = try await channel.transports()
      #expect(after == before)
    }
    for server in servers { await server.stop() }
  }
}

extension RPC.Channel {
  func sweep(at time: NIODeadline) async throws {
    try await connections.eventLoop.submit { self.connections.sweepOutliers(at: time) }.get()
  }
}
