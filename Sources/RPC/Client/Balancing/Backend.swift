import HTTP2
import Logging
import NIOCore

/// What a backend tells its balancer, on the channel's event loop.
protocol BackendOwner: AnyObject {
  /// Calls could go to other backends, now or soon.
  func hasOthers(than backend: Backend) -> Bool
  func backendChanged(_ backend: Backend)
  /// Its last connection is gone: the addresses may be out of date.
  func backendLostConnection(_ backend: Backend)
  func backendMayOpenStreams(_ backend: Backend)
}

/// One server that a channel may send calls to: its connections, what keeps it from having one, and what is known of its
/// health. On the channel's event loop.
final class Backend: @unchecked Sendable {
  enum State {
    case idle
    /// On the way to the first connection, or to hearing that the server is healthy.
    case connecting
    case ready
    /// The last pass over the addresses failed, or the server is not healthy. Stays until it is ready again, also
    /// while the next pass runs.
    case failed(Status)
    case shutDown
  }

  private(set) var endpoint: Endpoint
  private(set) var state = State.idle
  let load = BackendLoad()
  let outlier = OutlierRecord()
  /// Connections that take calls, mostly one.
  @exclusivity(unchecked) private var usable: [HTTP2Connection] = []
  /// Calls that may run while the connection is new; grows with each that ends, and with time.
  @exclusivity(unchecked) private var allowance = Int.max
  @exclusivity(unchecked) private var capacity: Int
  private static let firstAllowance = 32
  private static let lastAllowance = 1024

  private let factory: TransportFactory
  private let logger: Logger
  private let healthCheckedService: String?
  private unowned let owner: any BackendOwner
  private var transports: [Transport] = []
  private var connector: Connector?
  private var health: HealthWatch?
  private var backoff: ConnectionBackoff
  private var timer: Scheduled<Void>?
  private var rampTimer: RepeatedTask?
  private var connectedAt = NIODeadline.uptimeNanoseconds(0)
  /// Connections in a row that were lost as soon as they were there.
  private var shortLives = 0
  private static let toleratedShortLives = 3
  private var configuration: ChannelConfiguration { factory.configuration }

  init(
    _ endpoint: Endpoint, _ factory: TransportFactory, owner: any BackendOwner, logger: Logger,
    healthCheckedService: String?
  ) {
    self.endpoint = endpoint
    self.factory = factory
    self.owner = owner
    self.logger = logger
    self.healthCheckedService = healthCheckedService
    capacity = factory.configuration.maximumCallsPerBackend ?? .max
    backoff = ConnectionBackoff(factory.configuration)
  }

  // MARK: calls

  /// The circuit breaker lets no more calls through.
  var isFull: Bool { load.outstanding >= capacity }

  /// A connection with a free stream; nil when there is none now.
  func freeConnection() -> HTTP2Connection? {
    guard load.outstanding < allowance else { return nil }
    for connection in usable where connection.availableStreams > 0 { return connection }
    widen()
    return nil
  }

  /// Another connection when the streams of those there are have run out.
  private func widen() {
    guard case .ready = state, usable.count < configuration.maximumConnectionsPerBackend,
      timer == nil
    else { return }
    connect()
  }

  // MARK: connecting

  /// Passes over the addresses so far.
  private(set) var passes = 0

  /// Begins to connect, unless that is on its way or a back-off has to pass first.
  func connect() {
    guard connector == nil, timer == nil else { return }
    if case .shutDown = state { return }
    let wasIdle = if case .idle = state { true } else { false }
    if wasIdle { state = .connecting }
    passes += 1
    let connector = Connector(endpoint.addresses, factory) { self.connected($0) }
    self.connector = connector
    if wasIdle { owner.backendChanged(self) }
    // A change can end this backend, and with it the connector.
    if self.connector === connector { connector.start() }
  }

  private func connected(_ outcome: Connector.Outcome) {
    connector = nil
    switch outcome {
    case .success((let transport, let connection)): use(transport, connection)
    case .failure(let error): failed(error)
    }
  }

  private func use(_ transport: Transport, _ connection: HTTP2Connection) {
    backoff.reset()
    connectedAt = .now()
    transport.hand(to: self)
    transports.append(transport)
    guard let service = healthCheckedService else { return offer(connection) }
    if health == nil { return watchHealth(of: service, on: connection) }
    // One watch speaks for all connections; this one is offered when it says so.
    if case .ready = state { offer(connection) }
  }

  private func offer(_ connection: HTTP2Connection) {
    if usable.isEmpty, owner.hasOthers(than: self) { startSlowly() }
    usable.append(connection)
    state = .ready
    owner.backendChanged(self)
  }

  /// Where there are other servers, a new connection need not take all that waits.
  private func startSlowly() {
    let interval = TimeAmount(clamped: configuration.slowStartInterval)
    guard interval > .zero else { return }
    allowance = load.outstanding + Self.firstAllowance
    rampTimer?.cancel()
    rampTimer = factory.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
      task in
      self.allow(twice: self.allowance)
      if self.allowance == .max { task.cancel() }
      if !self.factory.waiting.isEmpty { self.owner.backendMayOpenStreams(self) }
    }
  }

  private func allow(twice allowance: Int) {
    self.allowance = allowance < Self.lastAllowance ? allowance * 2 : .max
  }

  private func endSlowStart() {
    rampTimer?.cancel()
    rampTimer = nil
    allowance = .max
  }

  private func failed(_ error: any Error) {
    let reason = String(describing: error)
    logger.warning(
      "connection failed", metadata: ["backend": "\(endpoint)", "reason": "\(reason)"])
    wait(backoff.next())
    guard transports.isEmpty else { return }
    state = .failed(Status(.unavailable, "the server cannot be reached", because: reason))
    owner.backendChanged(self)
  }

  private func wait(_ time: TimeAmount) {
    timer = factory.eventLoop.scheduleTask(in: time) {
      self.timer = nil
      switch self.state {
      case .failed, .connecting: if self.transports.isEmpty { self.connect() }
      case .idle, .ready, .shutDown: break
      }
    }
  }

  /// Ends the wait after a failed pass.
  func retryNow() {
    guard case .failed = state, transports.isEmpty, connector == nil, timer != nil else { return }
    timer?.cancel()
    timer = nil
    connect()
  }

  // MARK: losing

  private func lost(_ transport: Transport) {
    transports.removeAll { $0 === transport }
    usable.removeAll { $0 === transport.connection || $0.isClosed || $0.isGoingAway }
    guard transports.isEmpty else { return moveHealthWatch(from: transport) }
    stopHealthWatch()
    usable = []
    endSlowStart()
    let isShort =
      NIODeadline.now() - connectedAt < TimeAmount(clamped: configuration.firstBackoff)
    shortLives = isShort ? shortLives + 1 : 0
    let isWaiting = timer != nil || connector != nil
    if case .failed = state {
      // It was not healthy and is gone now: that is no better.
      if !isWaiting { wait(backoff.next()) }
    } else if isWaiting {
      state = .connecting
    } else if shortLives > Self.toleratedShortLives {
      // A server that accepts and at once hangs up must not be called in a tight loop.
      state = .connecting
      wait(backoff.next())
    } else {
      state = .idle
    }
    owner.backendLostConnection(self)
  }

  /// New addresses of the same server (pick_first has one for all): what is connected stays if its address does.
  func update(_ endpoint: Endpoint) {
    let addresses = Set(endpoint.addresses)
    let former = Set(self.endpoint.addresses)
    self.endpoint = endpoint
    // Name servers shuffle: another order begins with the next pass, and ends no back-off.
    guard addresses != former else { return }
    for transport in transports where !addresses.contains(transport.address) {
      transport.drain()
      lost(transport)
    }
    guard transports.isEmpty else { return }
    let wasConnecting = connector != nil || timer != nil
    connector?.cancel()
    connector = nil
    timer?.cancel()
    timer = nil
    if wasConnecting { connect() }
  }

  /// No new calls; those that run end in their time.
  func shutDown() {
    state = .shutDown
    connector?.cancel()
    connector = nil
    timer?.cancel()
    timer = nil
    stopHealthWatch()
    usable = []
    endSlowStart()
    for transport in transports { transport.drain() }
    transports = []
  }
}

extension Backend: TransportOwner {
  func transportIsReady(_ transport: Transport, _ connection: HTTP2Connection) {}
  func transportFailed(_ transport: Transport, _ error: any Error) {}
  func transportIsLeaving(_ transport: Transport) { lost(transport) }

  func transportMayOpenStreams(_ transport: Transport) {
    if allowance != .max {
      allowance = allowance < Self.lastAllowance ? allowance + 1 : .max
    }
    if !factory.waiting.isEmpty { owner.backendMayOpenStreams(self) }
  }
}

// MARK: health

extension Backend {
  private func watchHealth(of service: String, on connection: HTTP2Connection) {
    health = HealthWatch(service, connection, configuration, authority: factory.authority) {
      self.heard($0)
    }
    if case .failed = state {} else { state = .connecting }
    owner.backendChanged(self)
    health?.start()
  }

  /// The watch ran on a connection that is leaving, and there are others: one of those is asked from now on. What was
  /// said last counts until then.
  private func moveHealthWatch(from transport: Transport) {
    guard let health, health.connection === transport.connection,
      let next = transports.lazy.compactMap(\.connection).first
    else { return }
    health.stop()
    self.health = HealthWatch(
      health.service, next, configuration, authority: factory.authority
    ) { self.heard($0) }
    self.health?.start()
  }

  private func stopHealthWatch() {
    health?.stop()
    health = nil
  }

  private func heard(_ answer: HealthWatch.Answer) {
    switch answer {
    case .healthy:
      guard usable.isEmpty else { return }
      for transport in transports {
        if let connection = transport.connection, !connection.isGoingAway { offer(connection) }
      }
    case .unhealthy(let reason):
      usable = []
      state = .failed(Status(.unavailable, "the server is not healthy", because: reason))
      owner.backendChanged(self)
    }
  }
}
