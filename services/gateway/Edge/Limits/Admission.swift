import NIOCore
import NIOPosix
import RPC
import Synchronization
import Telemetry
import Values

/// Decides what runs now, what waits a moment and what is told at once to come back later (V-16).
///
/// More requests than the machine can work on at a time make all of them slow and none of them faster. So a bounded number
/// runs; how many that is follows from how much slower each route is than on a quiet machine (`LoadGauge`). The others wait
/// in short queues, one for each tenant; the tenant that has least running goes first, and while several are there none
/// may have it all. While one of them has most of it, so few run that a newcomer hardly waits behind them: one tenant at full
/// load does not move another's. Who has waited its time gets 503.
final class Admission: Sendable {
  struct Limits: Sendable {
    /// Requests that may run at once, whatever the gauge says.
    var runningAtLeast: Int
    /// The same while a tenant floods beside others.
    var runningShared: Int
    var runningAtMost: Int
    /// Requests that may wait; of each tenant while several are there, and twice as many in all.
    var waiting: Int
    /// How long each may.
    var patience: Duration
    /// In a queue that never empties: who would wait longer than this, by how long its first has and how fast it moves,
    /// is refused at once. The queue stays as short as that, and nobody waits only to be refused.
    var longestStand = Duration.milliseconds(25)
  }

  /// How a request began.
  struct Start: Sendable {
    /// Nothing else ran: it takes what its route takes on a quiet machine, if nothing else begins meanwhile.
    let isAlone: Bool
    /// How many had begun with it.
    fileprivate let number: UInt64
  }

  struct Waiter {
    let id: UInt64
    let since: ContinuousClock.Instant
    /// Called by whoever takes the waiter out of its queue, and by nobody else.
    let resume: @Sendable (Outcome) -> Void
  }

  /// What became of somebody's waiting.
  enum Outcome: Sendable {
    case run(Start)
    case refused
    /// Nobody waits for it any more.
    case left
  }

  /// Somebody who waits in no task.
  struct Place: Sendable {
    fileprivate let admission: Admission
    fileprivate let tenant: TenantID
    fileprivate let id: UInt64

    /// Ends the waiting; harmless when it has ended.
    func leave() { admission.leave(tenant, id) }
  }

  private struct State {
    var gauge: LoadGauge
    var queues: TenantQueues
    var pace = QueuePace()
    var running = 0
    /// How many have begun.
    var begun: UInt64 = 0
    var nextID: UInt64 = 0
    var isSweeping = false
    /// That of all queues together.
    var standing = Standing()

    /// How many may run, with those who are there now.
    mutating func limit(at now: ContinuousClock.Instant) -> Int {
      gauge.isBesideFlood = queues.flooding(at: now) != nil
      return gauge.limit
    }

    /// Nil when there is no room for this tenant now.
    mutating func start(_ tenant: TenantID, at now: ContinuousClock.Instant) -> Start? {
      queues.arrived(tenant, at: now)
      let limit = limit(at: now)
      guard running < limit, queues.mayRun(tenant, within: limit, at: now) else { return nil }
      queues.started(tenant, at: now)
      return run()
    }

    /// One more runs.
    mutating func run() -> Start {
      defer { running += 1 }
      begun &+= 1
      return Start(isAlone: running == 0, number: begun)
    }

    /// Learns from a request that has ended.
    mutating func learn(
      _ took: Duration, _ tenant: TenantID, _ route: String, _ start: Start,
      at now: ContinuousClock.Instant
    ) {
      let flooding = queues.flooding(at: now)
      gauge.isBesideFlood = flooding != nil
      gauge.add(
        took, of: route, by: flooding.map { $0 == tenant ? .flood : .neighbour } ?? .anybody,
        isAlone: start.isAlone && begun == start.number, at: now)
    }

    /// Somebody begins to wait.
    mutating func joined(_ waiter: Waiter, of tenant: TenantID, at now: ContinuousClock.Instant) {
      queues.append(waiter, of: tenant)
      // How fast it moved then, with a service that stood still perhaps, says nothing now.
      if standing.began(at: now) { pace = QueuePace() }
    }

    /// Nobody waits any more.
    mutating func queueEnded(at now: ContinuousClock.Instant) {
      standing.ended(at: now)
      pace.rested()
    }

    /// Whether a newcomer of the tenant would only make a queue longer that is too long already.
    func isHopeless(
      _ tenant: TenantID, _ limits: Limits, at now: ContinuousClock.Instant
    ) -> Bool {
      guard let oldest = queues.oldest(of: tenant), queues.stands(tenant, at: now) else {
        return false
      }
      return now - oldest > limits.longestStand
        || pace.time(for: queues.places(before: tenant)) > limits.longestStand
    }
  }

  /// Requests that found no room, or waited for it in vain.
  let refusals: Counter
  private let limits: Limits
  private let state: Mutex<State>
  private let timers: any EventLoop
  private let now: @Sendable () -> ContinuousClock.Instant
  private static let sweep = TimeAmount.milliseconds(5)

  /// - Parameters:
  ///   - refusals: where what is refused is counted, with others' if they share it.
  ///   - timers: where those who have waited too long are looked for.
  ///   - now: by which waiting is measured.
  init(
    _ limits: Limits, refusals: Counter = Admission.makeCounter(),
    timers: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.limits = limits
    self.refusals = refusals
    self.timers = timers
    self.now = now
    state = Mutex(
      State(
        gauge: LoadGauge(
          least: limits.runningAtLeast, leastShared: limits.runningShared,
          most: limits.runningAtMost), queues: TenantQueues(harmless: limits.runningShared)))
  }

  static func makeCounter() -> Counter {
    Counter(
      "portico_admission_refusals_total", help: "Requests refused because the gateway was full.")
  }

  /// What runs, what waits, and how much may run.
  var load: (running: Int, waiting: Int, limit: Int) {
    state.withLock { ($0.running, $0.queues.waiting, $0.gauge.limit) }
  }

  /// Somebody waits.
  var isCrowded: Bool { state.withLock { $0.queues.waiting > 0 } }

  /// Whether a request of the tenant would be refused if it came now; `admit` would say the same, for more.
  func isHopeless(for tenant: TenantID) -> Bool {
    state.withLock { $0.isHopeless(tenant, limits, at: now()) }
  }

  /// Returns once the request may run. Throws 503 when it may not, `CancellationError` when nobody waits for it any more.
  func admit(_ tenant: TenantID, route: String) async throws -> Permit {
    // Mostly there is room, and nobody has to be made ready to wait.
    if !Task.isCancelled, let permit = admitAtOnce(tenant, route: route) { return permit }
    let id = nextID()
    let outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: Outcome.left) }
        enter(tenant, id) { continuation.resume(returning: $0) }
      }
    } onCancel: {
      leave(tenant, id)
    }
    return try permit(outcome, tenant, route, id)
  }

  /// Waits for room in no task: `completion` is told once what `admit` returns or throws, perhaps before this returns, and on
  /// any thread.
  func wait(
    _ tenant: TenantID, route: String,
    _ completion: @escaping @Sendable (Result<Permit, any Error>) -> Void
  ) -> Place {
    let id = nextID()
    enter(tenant, id) { [self] outcome in
      completion(Result { try permit(outcome, tenant, route, id) })
    }
    return Place(admission: self, tenant: tenant, id: id)
  }

  private func nextID() -> UInt64 {
    state.withLock { state in
      state.nextID &+= 1
      return state.nextID
    }
  }

  private func permit(
    _ outcome: Outcome, _ tenant: TenantID, _ route: String, _ id: UInt64
  ) throws -> Permit {
    switch outcome {
    case .run(let start): return Permit(self, tenant, route, start)
    case .left: throw CancellationError()
    case .refused:
      refusals.add()
      // All who are refused must not be back at the same moment.
      let spread = id % UInt64(Self.retries.count)
      throw Self.refusal(retryAfter: Self.retries.lowerBound + Int(spread))
    }
  }

  /// The right to run if there is room now.
  func admitAtOnce(_ tenant: TenantID, route: String) -> Permit? {
    start(tenant).map { Permit(self, tenant, route, $0) }
  }

  /// The same without what ends it by itself.
  func start(_ tenant: TenantID) -> Start? { state.withLock { $0.start(tenant, at: now()) } }

  /// Seconds after which somebody who was refused may come again.
  static let retries = 1...3

  static func refusal(retryAfter: Int) -> Problem {
    var problem = Problem(
      .serviceUnavailable, .unavailable, "the portal is busy; try again in a moment")
    problem.retryAfter = retryAfter
    return problem
  }

  private func enter(
    _ tenant: TenantID, _ id: UInt64, _ resume: @escaping @Sendable (Outcome) -> Void
  ) {
    enum Step {
      case run(Start)
      case refuse
      case wait(startsSweep: Bool)
    }
    let step: Step = state.withLock { state in
      let now = now()
      if let start = state.start(tenant, at: now) { return .run(start) }
      state.gauge.noteFull()
      guard state.queues.room(for: tenant, within: limits.waiting, at: now) > 0,
        !state.isHopeless(tenant, limits, at: now)
      else { return .refuse }
      state.joined(Waiter(id: id, since: now, resume: resume), of: tenant, at: now)
      defer { state.isSweeping = true }
      return .wait(startsSweep: !state.isSweeping)
    }
    switch step {
    case .run(let start): resume(.run(start))
    case .refuse: resume(.refused)
    case .wait(true): sweepLater()
    case .wait(false): break
    }
  }

  private func leave(_ tenant: TenantID, _ id: UInt64) {
    let waiter = state.withLock { $0.queues.remove(id, of: tenant, at: now()) }
    waiter?.resume(.left)
  }

  // MARK: Running requests

  /// - Parameter took: how long it ran, nil for what says nothing about the load.
  func ended(
    _ tenant: TenantID, _ route: String, _ start: Start, took: Duration?
  ) {
    let next = state.withLock { state in
      let now = now()
      if let took { state.learn(took, tenant, route, start, at: now) }
      return release(tenant, &state, at: now)
    }
    for (waiter, start) in next { waiter.resume(.run(start)) }
  }

  func paused(_ tenant: TenantID) {
    let next = state.withLock { release(tenant, &$0, at: now()) }
    for (waiter, start) in next { waiter.resume(.run(start)) }
  }

  /// Goes on where it was, full or not: what it waited for is here and must not wait again.
  func resumed(_ tenant: TenantID) {
    state.withLock { state in
      state.running += 1
      state.queues.started(tenant, at: now())
    }
  }

  private func release(
    _ tenant: TenantID, _ state: inout State, at now: ContinuousClock.Instant
  ) -> [(Waiter, Start)] {
    state.running -= 1
    state.queues.ended(tenant)
    return startWaiting(&state, at: now)
  }

  private func startWaiting(
    _ state: inout State, at now: ContinuousClock.Instant
  ) -> [(Waiter, Start)] {
    guard state.queues.waiting > 0 else {
      state.queueEnded(at: now)
      return []
    }
    var started: [(Waiter, Start)] = []
    let limit = state.limit(at: now)
    while state.running < limit, let waiter = state.queues.next(within: limit, at: now) {
      state.pace.started(at: now)
      started.append((waiter, state.run()))
    }
    if state.queues.waiting == 0 { state.queueEnded(at: now) }
    return started
  }

  // MARK: Time

  /// A timer of an event loop: a task that sleeps would wake a thread of its own each time, on machines that have no core
  /// to spare.
  private func sweepLater() {
    timers.scheduleTask(in: Self.sweep) { self.sweepOnce() }
  }

  private func sweepOnce() {
    let (late, next, isDone) = state.withLock { state in
      let now = now()
      let late = state.queues.removeWaiting(longerThan: limits.patience, at: now)
      // Who has given way to others for long enough starts without anybody's end.
      let next = startWaiting(&state, at: now)
      let isDone = state.queues.waiting == 0
      if isDone { state.isSweeping = false }
      return (late, next, isDone)
    }
    for waiter in late { waiter.resume(.refused) }
    for (waiter, start) in next { waiter.resume(.run(start)) }
    if !isDone { sweepLater() }
  }
}
