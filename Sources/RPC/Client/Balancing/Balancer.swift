import HTTP2
import Logging
import NIOCore

/// What a balancer says about a call.
enum Pick {
  case serve(Backend, HTTP2Connection)
  /// There may be a connection later.
  case wait
  /// There is no server: calls fail unless they wait for one.
  case refuse(Status)
  /// All servers have as many calls as they may: the call fails in any case.
  case drop
}

/// What a balancer tells the channel, on the channel's event loop.
protocol BalancerOwner: AnyObject {
  /// Calls run or wait: connections that were lost are worth being replaced.
  var isInUse: Bool { get }
  /// A pick may have another outcome now.
  func balancerChanged()
  func balancerLostConnection()
  func balancerMayOpenStreams()
}

/// Chooses a backend for each call by the channel's policy. On the channel's event loop.
final class Balancer: @unchecked Sendable {
  private(set) var settings: LoadBalancing
  private(set) var backends: [Backend] = []
  private let factory: TransportFactory
  private let logger: Logger
  private unowned let owner: any BalancerOwner
  private let detector: OutlierDetector?
  private var sweeper: RepeatedTask?

  /// The backends that calls may go to.
  @exclusivity(unchecked) private var ready: [Backend] = []
  @exclusivity(unchecked) private var position = 0
  @exclusivity(unchecked) private var random = SplitMix64()
  /// A connection was lost while nobody called; the next call replaces it.
  @exclusivity(unchecked) private(set) var hasIdle = false
  /// Draws per call for least_request; 0 for the other policies.
  private let choices: Int
  private let isPickFirst: Bool
  private var lastFailure = Status(.unavailable, "no server can be reached")
  /// Why there are no backends; nil while the name is being resolved.
  var resolutionFailure: Status?
  /// Set while backends are replaced, when they are not to be told of one by one.
  private var isUpdating = false

  init(
    _ settings: LoadBalancing, _ factory: TransportFactory, owner: any BalancerOwner, logger: Logger
  ) {
    self.settings = settings
    self.factory = factory
    self.owner = owner
    self.logger = logger
    detector = settings.outlierDetection.map { OutlierDetector($0) }
    switch settings.policy {
    case .pickFirst: (isPickFirst, choices) = (true, 0)
    case .roundRobin: (isPickFirst, choices) = (false, 0)
    case .leastRequest(let count): (isPickFirst, choices) = (false, min(max(count, 2), 10))
    }
    if isPickFirst, settings.healthCheckedService != nil {
      logger.warning("pick_first does not ask servers for their health")
    }
  }

  // MARK: picking

  func pick() -> Pick {
    let count = ready.count
    guard count > 0 else { return pickWithoutReady() }
    let first = choices == 0 || count == 1 ? nextInTurn(count) : leastLoaded(count)
    let backend = ready[first]
    if !backend.isFull, let connection = backend.freeConnection() {
      return .serve(backend, connection)
    }
    return pickAfter(first)
  }

  private func nextInTurn(_ count: Int) -> Int {
    position = position + 1 < count ? position + 1 : 0
    return position
  }

  private func leastLoaded(_ count: Int) -> Int {
    var best = Int(truncatingIfNeeded: random.next() % UInt64(count))
    for _ in 1..<choices {
      let other = Int(truncatingIfNeeded: random.next() % UInt64(count))
      if ready[other].load.outstanding < ready[best].load.outstanding { best = other }
    }
    return best
  }

  /// The chosen backend has no room: the next one that has.
  private func pickAfter(_ first: Int) -> Pick {
    // A copy: a backend without room may begin to connect, which is a change.
    let candidates = ready
    guard first < candidates.count else { return .wait }
    var areFull = candidates[first].isFull
    for offset in 1..<max(candidates.count, 1) {
      let backend = candidates[(first + offset) % candidates.count]
      if backend.isFull { continue }
      if let connection = backend.freeConnection() { return .serve(backend, connection) }
      areFull = false
    }
    return areFull ? .drop : .wait
  }

  private func pickWithoutReady() -> Pick {
    guard state == .transientFailure else { return .wait }
    return .refuse(backends.isEmpty ? resolutionFailure ?? lastFailure : lastFailure)
  }

  // MARK: state

  /// By the rules of gRFC A48; backends in failure stay there until they are ready, also when they try again.
  var state: ConnectivityState {
    if !ready.isEmpty { return .ready }
    if backends.isEmpty { return resolutionFailure == nil ? .connecting : .transientFailure }
    var (idle, connecting) = (0, 0)
    for backend in backends where !backend.outlier.isEjected {
      switch backend.state {
      case .idle: idle += 1
      case .connecting: connecting += 1
      case .ready, .failed, .shutDown: break
      }
    }
    if connecting > 0 { return .connecting }
    return idle > 0 ? .idle : .transientFailure
  }

  var outstanding: Int { backends.reduce(0) { $0 + $1.load.outstanding } }

  func connectIdle() {
    hasIdle = false
    for backend in backends {
      if case .idle = backend.state { backend.connect() }
    }
  }

  private func refresh() {
    let hadReady = !ready.isEmpty
    ready = backends.filter {
      if case .ready = $0.state { !$0.outlier.isEjected } else { false }
    }
    if hadReady, ready.isEmpty { hurry() }
    hasIdle = backends.contains { if case .idle = $0.state { true } else { false } }
    if position >= ready.count { position = 0 }
    owner.balancerChanged()
  }

  /// The last server that took calls is gone: one that was away may be back, as in a rolling restart, and is not to be
  /// waited for until its back-off has passed. Once for each such loss, so that nobody is stormed.
  private func hurry() {
    for backend in backends { backend.retryNow() }
  }

  // MARK: addresses

  /// Uses these servers: those that stay keep their connections, the others drain.
  func update(_ endpoints: [Endpoint]) {
    resolutionFailure = nil
    isUpdating = true
    if isPickFirst { updateFirst(endpoints) } else { updateAll(endpoints) }
    isUpdating = false
    refresh()
  }

  private func updateFirst(_ endpoints: [Endpoint]) {
    var all = endpoints
    if case .pickFirst(shuffles: true) = settings.policy { all.shuffle() }
    let endpoint = Endpoint(all.flatMap(\.addresses))
    if let backend = backends.first {
      backend.update(endpoint)
    } else {
      backends = [makeBackend(endpoint)]
    }
  }

  private func updateAll(_ endpoints: [Endpoint]) {
    var former: [Set<Endpoint.Address>: Backend] = [:]
    for backend in backends { former[Set(backend.endpoint.addresses)] = backend }
    var kept: [Backend] = []
    var seen: Set<Set<Endpoint.Address>> = []
    for endpoint in endpoints where !endpoint.addresses.isEmpty {
      let key = Set(endpoint.addresses)
      guard seen.insert(key).inserted else { continue }
      kept.append(former.removeValue(forKey: key) ?? makeBackend(endpoint))
    }
    // Not in the order of the list: clients that start together would all begin with its first server.
    for backend in backends where kept.allSatisfy({ $0 !== backend }) { backend.shutDown() }
    let known = backends.filter { backend in kept.contains { $0 === backend } }
    let new = kept.filter { backend in !known.contains { $0 === backend } }
    backends = known + new.shuffled()
    for backend in new { backend.connect() }
  }

  private func makeBackend(_ endpoint: Endpoint) -> Backend {
    Backend(
      endpoint, factory, owner: self, logger: logger,
      healthCheckedService: isPickFirst ? nil : settings.healthCheckedService)
  }

  // MARK: outliers

  /// Starts to look at the servers' failures, if that is configured.
  func startSweeping() {
    guard let detector, sweeper == nil else { return }
    let interval = TimeAmount(clamped: max(detector.settings.interval, .milliseconds(1)))
    sweeper = factory.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
      _ in
      self.sweep(at: .now())
    }
  }

  func sweep(at now: NIODeadline) {
    guard let detector else { return }
    let changes = detector.sweep(backends.map { ($0.outlier, $0.load) }, at: now)
    guard changes > 0 else { return }
    let ejected = backends.filter(\.outlier.isEjected).map { "\($0.endpoint)" }
    logger.info("servers ejected", metadata: ["backends": "\(ejected)"])
    refresh()
  }

  func shutDown() {
    sweeper?.cancel()
    sweeper = nil
    isUpdating = true
    for backend in backends { backend.shutDown() }
    backends = []
    ready = []
  }
}

extension Balancer: BackendOwner {
  func hasOthers(than backend: Backend) -> Bool { backends.count > 1 }

  func backendChanged(_ backend: Backend) {
    guard case .failed(let status) = backend.state else {
      if !isUpdating { refresh() }
      return
    }
    lastFailure = status
    if !isUpdating { refresh() }
    owner.balancerLostConnection()
  }

  func backendLostConnection(_ backend: Backend) {
    if !isUpdating {
      refresh()
      owner.balancerLostConnection()
    }
    // pick_first waits for a call; the other policies keep all connections up while there are calls.
    if case .idle = backend.state, !isPickFirst, owner.isInUse { backend.connect() }
  }

  func backendMayOpenStreams(_ backend: Backend) { owner.balancerMayOpenStreams() }
}

/// Fast numbers for drawing servers; nothing secret hangs on them.
struct SplitMix64: RandomNumberGenerator {
  private var state = UInt64.random(in: .min ... .max)

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
