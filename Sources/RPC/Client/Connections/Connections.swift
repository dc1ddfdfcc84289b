import HTTP2
import Logging
import NIOCore

/// The connections of one channel: finds one for each attempt, now or later. Confined to one event loop, so that a pick
/// takes no lock and a call no hop between its queue and its connection.
final class Connections: @unchecked Sendable {
  private enum Phase { case idle, active, shutDown }

  let eventLoop: any EventLoop
  /// What other threads see of the state.
  let board = ConnectivityBoard()
  /// Called with the service config of each resolution, nil when it has none, before its addresses are used. False
  /// refuses the resolution.
  var whenServiceConfigArrives: ((String?) -> Bool)?

  private let target: Target
  private let configuration: ChannelConfiguration
  private let logger: Logger
  private let factory: TransportFactory
  private let resolving: Resolving?
  @exclusivity(unchecked) private var balancer: Balancer?
  private var settings: LoadBalancing
  /// The last good addresses.
  private var endpoints: [Endpoint]
  @exclusivity(unchecked) private var phase = Phase.idle
  private let queue = AttemptQueue()
  @exclusivity(unchecked) private var isServing = false
  /// Something changed while the queue was served.
  @exclusivity(unchecked) private var mustServeAgain = false
  /// Attempts so far: what the idle timer looks at.
  @exclusivity(unchecked) private var activity: UInt = 0
  private var activityAtLastLook: UInt = 0
  private var quietLooks = 0
  private static let looksPerIdleTimeout = 4
  private var idleTimer: RepeatedTask?
  /// Somebody asked for connections without having a call for them.
  private var isWanted = false
  private var closeWaiters: [EventLoopPromise<Void>] = []
  /// False once nobody wants to wait for running calls any more.
  private var hasGrace = true

  init(
    target: Target, configuration: ChannelConfiguration, tls: TLSContext?,
    eventLoop: any EventLoop, logger: Logger
  ) {
    var logger = logger
    logger[metadataKey: "target"] = "\(target.name)"
    self.target = target
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.logger = logger
    settings = configuration.loadBalancing
    endpoints = target.fixed ?? []
    factory = TransportFactory(
      eventLoop: eventLoop, configuration: configuration, tls: tls, target: target,
      waiting: queue, logger: logger)
    resolving =
      target.fixed == nil
      ? Resolving(
        target: target, resolver: configuration.resolvers[target.scheme] ?? DNSResolver(),
        configuration: configuration, eventLoop: eventLoop) : nil
  }

  /// Sockets that are open, also those that drain.
  var transports: Set<ObjectIdentifier> { Set(factory.open.keys) }
  /// Attempts that wait.
  var queued: Int { queue.count }
  /// Of connections to come.
  var keepaliveTime: TimeAmount? { factory.http2.keepaliveTime }
  var backends: [Backend] { balancer?.backends ?? [] }

  /// The `:authority` of requests.
  var authority: String { factory.authority }

  // MARK: attempts

  /// Starts the attempt now, or queues it while there is no connection or no free stream, or refuses it.
  func start(_ attempt: any PendingAttempt) {
    activity &+= 1
    guard phase == .active, queue.isEmpty, let balancer else { return startBehindOthers(attempt) }
    route(attempt, balancer)
  }

  private func startBehindOthers(_ attempt: any PendingAttempt) {
    switch phase {
    case .shutDown:
      attempt.couldNotStart(Status(.unavailable, "the channel is shut down"))
    case .idle:
      enqueue(attempt)
      leaveIdle()
    case .active:
      guard let balancer else { return enqueue(attempt) }
      // Where calls are served in their order this one is the last; where they fail it fails.
      if balancer.state == .ready { enqueue(attempt) } else { route(attempt, balancer) }
    }
  }

  private func route(_ attempt: any PendingAttempt, _ balancer: Balancer) {
    switch balancer.pick() {
    case .serve(let backend, let connection):
      attempt.open(on: connection, lease: CallLease(backend.load))
      if balancer.hasIdle { balancer.connectIdle() }
    case .wait:
      enqueue(attempt)
      if balancer.hasIdle { balancer.connectIdle() }
    case .refuse(let status):
      if attempt.waitsForReady { enqueue(attempt) } else { attempt.couldNotStart(status) }
    case .drop: attempt.couldNotStart(Self.overloaded)
    }
  }

  private static let overloaded = Status(
    .unavailable, "all servers have as many calls as they may")

  private func enqueue(_ attempt: any PendingAttempt) {
    guard queue.count < configuration.maximumQueuedCalls else {
      return attempt.couldNotStart(
        Status(.unavailable, "too many calls wait for a connection"))
    }
    queue.append(attempt)
  }

  private func serveQueue() {
    guard !isServing else {
      mustServeAgain = true
      return
    }
    isServing = true
    defer { isServing = false }
    repeat {
      mustServeAgain = false
      while serveFirst() {}
      // Some connections fail as they are asked for (a Unix socket that is not there): what waits must hear of that.
    } while mustServeAgain
  }

  /// False when nothing more can be served now.
  private func serveFirst() -> Bool {
    guard !queue.isEmpty, let balancer else { return false }
    switch balancer.pick() {
    case .serve(let backend, let connection):
      guard let attempt = queue.popFirst(), !attempt.hasEnded else { return true }
      attempt.open(on: connection, lease: CallLease(backend.load))
    case .wait:
      if balancer.hasIdle { balancer.connectIdle() }
      return false
    case .refuse(let status):
      for attempt in queue.takeImpatient() { attempt.couldNotStart(status) }
      return false
    case .drop: queue.popFirst()?.couldNotStart(Self.overloaded)
    }
    return true
  }

  // MARK: idle and not

  /// Makes connections without a call.
  func connect() {
    guard phase != .shutDown else { return }
    isWanted = true
    if phase == .idle { leaveIdle() } else { balancer?.connectIdle() }
  }

  private func leaveIdle() {
    phase = .active
    quietLooks = 0
    let look = max(configuration.idleTimeout / Self.looksPerIdleTimeout, .milliseconds(1))
    idleTimer = eventLoop.scheduleRepeatedTask(
      initialDelay: TimeAmount(clamped: look), delay: TimeAmount(clamped: look)
    ) { _ in self.lookForActivity() }
    balance()
    if let resolving {
      publish()
      resolving.start { self.resolved($0) }
    } else {
      balancer?.update(endpoints)
    }
    if isWanted { balancer?.connectIdle() }
  }

  private func balance() {
    let balancer = Balancer(settings, factory, owner: self, logger: logger)
    self.balancer = balancer
    balancer.startSweeping()
  }

  private func lookForActivity() {
    let isQuiet = activity == activityAtLastLook && queue.isEmpty && balancer?.outstanding == 0
    activityAtLastLook = activity
    quietLooks = isQuiet ? quietLooks + 1 : 0
    if quietLooks >= Self.looksPerIdleTimeout { goIdle() }
  }

  /// Nothing happens while calls wait.
  func goIdle() {
    guard phase == .active, queue.isEmpty else { return }
    stop()
    phase = .idle
    publish()
  }

  private func stop() {
    idleTimer?.cancel()
    idleTimer = nil
    isWanted = false
    resolving?.stop()
    balancer?.shutDown()
    balancer = nil
  }

  // MARK: what the name stands for

  private func resolved(_ result: Result<ResolvedTarget, any Error>) {
    switch result {
    case .success(let target):
      guard whenServiceConfigArrives?(target.serviceConfig) ?? true else {
        resolving?.retry()
        return notResolved("its first service config is refused")
      }
      endpoints = target.endpoints
      balancer?.update(endpoints)
    case .failure(let error):
      logger.warning("name resolution failed", metadata: ["reason": "\(error)"])
      notResolved("\(error)")
    }
  }

  /// The last good addresses stay in use; without any, calls fail.
  private func notResolved(_ reason: String) {
    guard let balancer, balancer.backends.isEmpty else { return }
    guard endpoints.isEmpty else { return balancer.update(endpoints) }
    balancer.resolutionFailure = Status(
      .unavailable, "the server's name cannot be resolved", because: reason)
    balancerChanged()
  }

  /// Balances by these settings from now on. Calls that run end where they are.
  func apply(_ settings: LoadBalancing) {
    guard settings != self.settings else { return }
    self.settings = settings
    guard phase == .active, let former = balancer else { return }
    former.shutDown()
    balance()
    if endpoints.isEmpty {
      balancer?.resolutionFailure = former.resolutionFailure
    } else {
      balancer?.update(endpoints)
    }
  }

  /// Looks at the servers' failures as if an interval had passed.
  func sweepOutliers(at now: NIODeadline) { balancer?.sweep(at: now) }

  // MARK: ending

  func shutDown(grace: Duration) async {
    let closed = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { self.beginShutDown(closed, grace) }
    do { try await closed.futureResult.get() } catch {
      logger.debug("channel shutdown", metadata: ["error": "\(error)"])
    }
  }

  /// Cancels what a shut-down still waits for.
  func endGrace() {
    eventLoop.execute {
      // The order to shut down is a task of this event loop as well, and may come after this one.
      self.hasGrace = false
      if self.phase == .shutDown { self.closeAll() }
    }
  }

  private func closeAll() {
    for transport in factory.open.values { transport.close() }
  }

  /// Nobody uses the channel any more and nobody waits for its end.
  func abandon() {
    guard board.state != .shutDown else { return }
    eventLoop.execute { self.beginShutDown(nil, .zero) }
  }

  private func beginShutDown(_ closed: EventLoopPromise<Void>?, _ grace: Duration) {
    phase = .shutDown
    for attempt in queue.takeAll() {
      attempt.couldNotStart(Status(.unavailable, "the channel is shut down"))
    }
    stop()
    publish()
    guard !factory.open.isEmpty else {
      closed?.succeed()
      return
    }
    // A transport that is not ready yet closes at once; the others when their calls have ended.
    if let closed { closeWaiters.append(closed) }
    factory.whenEmpty = { self.socketsClosed() }
    guard hasGrace else { return closeAll() }
    let timer = eventLoop.scheduleTask(in: TimeAmount(clamped: grace)) { self.closeAll() }
    closed?.futureResult.whenComplete { _ in timer.cancel() }
  }

  private func socketsClosed() {
    factory.whenEmpty = nil
    let waiters = closeWaiters
    closeWaiters = []
    for waiter in waiters { waiter.succeed() }
  }

  private func publish() {
    let state: ConnectivityState =
      switch phase {
      case .idle: .idle
      case .active: balancer?.state ?? .connecting
      case .shutDown: .shutDown
      }
    if state == .ready { isWanted = false }
    board.publish(state)
  }
}

extension Connections: BalancerOwner {
  var isInUse: Bool {
    isWanted || !queue.isEmpty || (balancer.map { $0.outstanding > 0 } ?? false)
  }

  func balancerChanged() {
    publish()
    serveQueue()
  }

  func balancerLostConnection() { resolving?.refresh() }

  func balancerMayOpenStreams() { serveQueue() }
}
