import Foundation
import HTTP2
import Logging
import NIOHTTP1
import Protobuf
import Synchronization
import TestSupport
import Testing
import Values

@testable import Gateway

@Suite("V-16 what runs, what waits and what is refused", .timeLimit(.minutes(3)))
struct AdmissionTests {
  private static let one = TenantID("one")
  private static let two = TenantID("two")

  private final class Kept: Sendable {
    let permits = Mutex<[Permit]>([])
  }

  /// - Parameters:
  ///   - shared: what may run beside a flood; as much as ever when nil.
  ///   - stand: `longestStand`; the patience when nil.
  private func admission(
    running: Int, shared: Int? = nil, waiting: Int = 100, patience: Duration = .seconds(3600),
    stand: Duration? = nil,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) -> Admission {
    // The gauge starts with twice the least, at most with the most.
    Admission(
      .init(
        runningAtLeast: running, runningShared: shared ?? running, runningAtMost: running,
        waiting: waiting, patience: patience, longestStand: stand ?? patience), now: now)
  }

  private func untilWaiting(_ count: Int, _ admission: Admission) async {
    while admission.load.waiting < count { await Task.yield() }
  }

  @Test("As many run as may; the others start as these end, first come first served")
  func order() async throws {
    let admission = admission(running: 2)
    var held = [
      try await admission.admit(Self.one, route: "a"),
      try await admission.admit(Self.one, route: "a"),
    ]
    let (started, starting) = AsyncStream<Int>.makeStream()
    for index in 0..<3 {
      Task {
        let permit = try await admission.admit(Self.one, route: "a")
        starting.yield(index)
        permit.end(isTypical: true)
      }
      await untilWaiting(index + 1, admission)
    }
    #expect(admission.load.running == 2 && admission.load.waiting == 3)
    held.removeFirst().end(isTypical: true)
    var order: [Int] = []
    for await index in started.prefix(3) { order.append(index) }
    #expect(order == [0, 1, 2])
    #expect(admission.load.waiting == 0)
    held.removeFirst().end(isTypical: true)
    #expect(admission.load.running == 0)
  }

  @Test(
    "Who has waited its time, or finds the queue full, gets 503 with a Retry-After that is not everybody's"
  )
  func refused() async throws {
    let patient = admission(running: 1, waiting: 1)
    let impatient = admission(running: 1, waiting: 1, patience: .milliseconds(20))
    let held = [
      try await patient.admit(Self.one, route: "a"),
      try await impatient.admit(Self.one, route: "a"),
    ]
    let waiting = Task { try await patient.admit(Self.one, route: "a").end(isTypical: true) }
    await untilWaiting(1, patient)
    let full = await problem { try await patient.admit(Self.one, route: "a") }
    let late = await problem { try await impatient.admit(Self.one, route: "a") }
    for refusal in [full, late] {
      let problem = try #require(refusal)
      #expect(problem.status == .serviceUnavailable)
      #expect((1...3).contains(problem.retryAfter ?? 0))
    }
    #expect(patient.load.running == 1 && impatient.load.running == 1)
    for permit in held { permit.end(isTypical: true) }
    try await waiting.value
  }

  private func problem(_ body: () async throws -> Permit) async -> Problem? {
    do {
      _ = try await body()
      return nil
    } catch { return error as? Problem }
  }

  @Test("V-16 in a queue that never empties newcomers are refused at once; others' tenants are not")
  func standingQueue() async throws {
    let time = Mutex(ContinuousClock.now)
    let admission = admission(running: 1, stand: .milliseconds(1)) { time.withLock { $0 } }
    let (crowded, quiet) = (TenantID("crowded"), TenantID("quiet"))
    let running = try await admission.admit(crowded, route: "a")
    #expect(!admission.isCrowded && !admission.isHopeless(for: crowded))
    let waiting = Task { try await admission.admit(crowded, route: "a") }
    await untilWaiting(1, admission)
    time.withLock { $0 += .milliseconds(101) }
    #expect(admission.isHopeless(for: crowded))
    #expect(admission.isCrowded && !admission.isHopeless(for: quiet))
    let refused = await problem { try await admission.admit(crowded, route: "a") }
    #expect(refused?.status == .serviceUnavailable)
    #expect(refused?.retryAfter.map { Admission.retries.contains($0) } == true)
    running.end(isTypical: false)
    let next = try await waiting.value
    #expect(!admission.isCrowded)
    next.end(isTypical: false)
  }

  @Test("V-16 who would wait too long by the pace of the queue is refused at once")
  func pace() async throws {
    let time = Mutex(ContinuousClock.now)
    let admission = admission(running: 1, stand: .seconds(1)) { time.withLock { $0 } }
    var running = try await admission.admit(Self.one, route: "a")
    let (started, starting) = AsyncStream<Permit>.makeStream()
    let waiting = (0..<45).map { _ in
      Task { starting.yield(try await admission.admit(Self.one, route: "a")) }
    }
    await untilWaiting(45, admission)
    #expect(!admission.isHopeless(for: Self.one))
    var permits = started.makeAsyncIterator()
    // Forty that start after 30 ms each are more than a second.
    for _ in 0..<5 {
      time.withLock { $0 += .milliseconds(30) }
      running.end(isTypical: true)
      running = try #require(await permits.next())
    }
    #expect(admission.isHopeless(for: Self.one))
    #expect(!admission.isHopeless(for: Self.two))
    for task in waiting { task.cancel() }
    while admission.load.waiting > 0 { await Task.yield() }
    #expect(!admission.isCrowded && !admission.isHopeless(for: Self.one))
    running.end(isTypical: true)
  }

  @Test("V-16 the pace of a queue: from start to start, without the time when nobody waits")
  func queuePace() {
    var pace = QueuePace()
    var now = ContinuousClock.now
    #expect(pace.time(for: 100) == .zero)
    for _ in 0..<50 {
      now += .milliseconds(2)
      pace.started(at: now)
    }
    let steady = pace.time(for: 10)
    #expect(steady > .milliseconds(19) && steady < .milliseconds(21))
    pace.rested()
    now += .seconds(60)
    pace.started(at: now)
    #expect(pace.time(for: 10) == steady)
    for _ in 0..<200 {
      now += .milliseconds(8)
      pace.started(at: now)
    }
    #expect(pace.time(for: 10) > .milliseconds(75))
  }

  @Test("X-26 where one tenant's queue is full another's requests still wait for their turn")
  func ownRoom() async throws {
    let admission = admission(running: 2, waiting: 2)
    // Both run: both are there, however long it takes.
    let first = try await admission.admit(Self.one, route: "a")
    let second = try await admission.admit(Self.two, route: "a")
    var waiting: [Task<Void, any Error>] = []
    for tenant in [Self.one, Self.one, Self.two, Self.two] {
      if waiting.count == 2 {
        let refused = await problem { try await admission.admit(Self.one, route: "a") }
        #expect(refused?.status == .serviceUnavailable)
      }
      waiting.append(
        Task { try await admission.admit(tenant, route: "a").end(isTypical: true) })
      await untilWaiting(waiting.count, admission)
    }
    first.end(isTypical: true)
    second.end(isTypical: true)
    for task in waiting { try await task.value }
    #expect(admission.load.running == 0 && admission.load.waiting == 0)
  }

  @Test("X-26 who starts while nothing else runs is alone, whoever comes beside it later is not")
  func alone() async throws {
    let admission = admission(running: 2)
    let first = try await admission.admit(Self.one, route: "a")
    let second = try await admission.admit(Self.one, route: "b")
    #expect(first.isAlone && !second.isAlone)
    let waiting = Task { try await admission.admit(Self.one, route: "a") }
    await untilWaiting(1, admission)
    first.end(isTypical: true)
    let third = try await waiting.value
    #expect(!third.isAlone)
    second.end(isTypical: true)
    third.end(isTypical: true)
    let last = try await admission.admit(Self.two, route: "a")
    #expect(last.isAlone)
    last.end(isTypical: true)
  }

  @Test("V-16 what began alone and had others beside it says nothing of a quiet machine")
  func aloneToTheEnd() throws {
    let time = Mutex(ContinuousClock.now)
    let admission = Admission(
      .init(
        runningAtLeast: 4, runningShared: 2, runningAtMost: 64, waiting: 0, patience: .zero),
      now: { time.withLock { $0 } })
    func run(_ beside: Int, _ took: Duration) throws {
      for _ in 0..<100 {
        var starts: [Admission.Start] = []
        for _ in 0...beside { starts.append(try #require(admission.start(Self.one))) }
        time.withLock { $0 += .milliseconds(20) }
        for start in starts { admission.ended(Self.one, "a", start, took: took) }
      }
    }
    try run(0, .milliseconds(10))
    #expect(admission.load.limit == 8)
    try run(1, .milliseconds(30))
    #expect(admission.load.limit == 4)
  }

  @Test("A request that nobody waits for any more leaves the queue")
  func cancelled() async throws {
    let admission = admission(running: 1)
    let held = try await admission.admit(Self.one, route: "a")
    let waiting = Task { try await admission.admit(Self.one, route: "a") }
    await untilWaiting(1, admission)
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    #expect(admission.load.waiting == 0)
    held.end(isTypical: true)
    #expect(admission.load.running == 0)
  }

  @Test("A permit ends once, by itself if need be")
  func once() async throws {
    let admission = admission(running: 1)
    var permit: Permit? = try await admission.admit(Self.one, route: "a")
    permit?.end(isTypical: true)
    permit?.end(isTypical: true)
    permit?.pause()
    permit?.resume()
    #expect(admission.load.running == 0)
    permit = try await admission.admit(Self.one, route: "a")
    #expect(admission.load.running == 1)
    permit = nil
    #expect(admission.load.running == 0)
  }

  @Test("R-173 while a peer is waited for, somebody else runs")
  func paused() async throws {
    let admission = admission(running: 1)
    let slow = try await admission.admit(Self.one, route: "a")
    slow.pause()
    let other = try await admission.admit(Self.one, route: "a")
    slow.resume()
    #expect(admission.load.running == 2)
    other.end(isTypical: true)
    slow.end(isTypical: true)
    #expect(admission.load.running == 0)
  }

  @Test("X-26 the tenant with least running goes first, however long another's queue is")
  func fair() async throws {
    let admission = admission(running: 8)
    // The second tenant is here: the first may have six of the eight.
    let present = try await admission.admit(Self.two, route: "b")
    var held: [Permit] = []
    for _ in 0..<6 { held.append(try await admission.admit(Self.one, route: "a")) }
    let (started, starting) = AsyncStream<TenantID>.makeStream()
    let kept = Kept()
    let queue: @Sendable (TenantID) -> Void = { tenant in
      Task {
        let permit = try await admission.admit(tenant, route: "a")
        kept.permits.withLock { $0.append(permit) }
        starting.yield(tenant)
      }
    }
    for count in 1...20 {
      queue(Self.one)
      await untilWaiting(count, admission)
    }
    #expect(admission.load.running == 7)
    // There is room for the other at once, past twenty that wait.
    let other = try await admission.admit(Self.two, route: "b")
    queue(Self.two)
    await untilWaiting(21, admission)
    held.removeFirst().end(isTypical: true)
    var order: [TenantID] = []
    for await tenant in started.prefix(1) { order.append(tenant) }
    #expect(order == [Self.two])
    other.end(isTypical: true)
    for await tenant in started.prefix(1) { order.append(tenant) }
    #expect(order == [Self.two, Self.one])
    for permit in held + [present] { permit.end(isTypical: true) }
    while admission.load.waiting > 0 {
      kept.permits.withLock { $0.removeAll() }
      await Task.yield()
    }
  }

  @Test("X-26 a flood that has given way for its time starts without anybody's end")
  func givesWayForAWhile() async throws {
    let time = Mutex(ContinuousClock.now)
    let admission = admission(running: 4, shared: 2) { time.withLock { $0 } }
    var floods: [Permit] = []
    for _ in 0..<4 { floods.append(try await admission.admit(Self.one, route: "a")) }
    let (started, starting) = AsyncStream<Permit>.makeStream()
    for count in 1...6 {
      Task { starting.yield(try await admission.admit(Self.one, route: "a")) }
      await untilWaiting(count, admission)
    }
    let waiting = Task { try await admission.admit(Self.two, route: "b") }
    await untilWaiting(7, admission)
    floods.removeFirst().end(isTypical: false)
    let neighbour = try await waiting.value
    // As long as the clock stands still nothing starts beside it.
    for flood in floods { flood.end(isTypical: false) }
    #expect(admission.load.running == 1 && admission.load.waiting == 6)
    time.withLock { $0 += .milliseconds(11) }
    for await next in started.prefix(1) { floods = [next] }
    #expect(admission.load.running > 1)
    neighbour.end(isTypical: false)
    for permit in floods { permit.end(isTypical: false) }
    for await next in started.prefix(5) { next.end(isTypical: false) }
    #expect(admission.load.running == 0)
  }

  @Test("V-16 beyond what runs and waits the answer is 503 at once, health and assets still answer")
  func overSockets() async throws {
    let page = WaitingPage()
    try await EdgeStage.run(pages: page.table, limits: .roomForOne) { stage in
      async let first = stage.send("GET", "/wait")
      for await _ in page.started { break }
      let refused = try await stage.send("GET", "/wait")
      #expect(refused.status == 503)
      #expect((1...3).contains(Int(refused["retry-after"] ?? "") ?? 0))
      #expect(try await stage.send("GET", "/v1/accounts").status == 503)
      #expect(try await stage.send("GET", "/healthz").status == 200)
      #expect(try await stage.send("GET", "/assets/x/favicon.svg").status == 200)
      page.releasing.yield()
      #expect(try await first.status == 200)
      page.releasing.finish()
      #expect(try await stage.send("GET", "/wait").status == 200)
    }
  }

  @Test("R-173 a sender that dawdles with its body holds no place")
  func slowBodies() async throws {
    try await EdgeStage.run(limits: .roomForOne) { stage in
      let socket = try RawSocket(port: stage.port)
      try socket.send(
        Array(
          ("POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
            + "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            .utf8))
      // Somebody reads the body now, and waits.
      #expect(try await socket.text(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100"))
      #expect(try await stage.send("GET", "/login").status == 200)
      try socket.send(Array("{}".utf8))
      #expect(try await socket.text(until: "}").hasPrefix("HTTP/1.1 400"))
    }
  }
}
