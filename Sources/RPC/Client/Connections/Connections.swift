import HTTP2
import Logging
import NIOCore
import NIOPosix

/// The connections of one channel: finds one for each attempt, now or later. Confined to its event loop.
final class Connections: @unchecked Sendable {
  enum State {
    case idle
    case connecting
    case ready(HTTP2Connection)
    /// The last attempt failed; the next may begin when the back-off has passed.
    case backingOff(Status)
    case shutDown
  }

  let eventLoop: any EventLoop
  private let target: Target
  private let configuration: ChannelConfiguration
  private let tls: TLSContext?
  private let logger: Logger
  private var state = State.idle
  private let queue = AttemptQueue()
  private let load = BackendLoad()
  private var backoff: ConnectionBackoff
  private var connections: [ObjectIdentifier: HTTP2Connection] = [:]
  private var closeWaiters: [EventLoopPromise<Void>] = []

  init(
    target: Target, configuration: ChannelConfiguration, tls: TLSContext?,
    eventLoop: any EventLoop, logger: Logger
  ) {
    self.target = target
    self.configuration = configuration
    self.tls = tls
    self.eventLoop = eventLoop
    self.logger = logger
    backoff = ConnectionBackoff(configuration)
  }

  // MARK: calls

  /// Starts the attempt now, or queues it while there is no connection or no free stream, or refuses it.
  func start(_ attempt: any PendingAttempt) {
    switch state {
    case .ready(let connection):
      if queue.isEmpty, connection.availableStreams > 0 {
        attempt.open(on: connection, lease: CallLease(load))
      } else {
        enqueue(attempt)
      }
    case .idle:
      enqueue(attempt)
      connect()
    case .connecting: enqueue(attempt)
    case .backingOff(let status):
      if attempt.waitsForReady { enqueue(attempt) } else { attempt.couldNotStart(status) }
    case .shutDown: attempt.couldNotStart(Status(.unavailable, "the channel is shut down"))
    }
  }

  private func enqueue(_ attempt: any PendingAttempt) {
    guard queue.count < configuration.maximumQueuedCalls else {
      return attempt.couldNotStart(
        Status(.unavailable, "too many calls wait for a connection"))
    }
    queue.append(attempt)
  }

  private func serveQueue() {
    guard case .ready(let connection) = state else { return }
    while connection.availableStreams > 0, let attempt = queue.popFirst() {
      if !attempt.hasEnded { attempt.open(on: connection, lease: CallLease(load)) }
    }
  }

  // MARK: connecting

  private func connect() {
    state = .connecting
    attempt(target.addresses[...], after: nil)
  }

  private func attempt(_ addresses: ArraySlice<Target.Address>, after error: (any Error)?) {
    guard case .connecting = state else { return }
    guard let address = addresses.first else { return connectionFailed(error) }
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(.nanoseconds(Int64(clampedNanoseconds: configuration.connectTimeout)))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
      }
    let channel: EventLoopFuture<any NIOCore.Channel>
    switch address {
    case .host(let host, let port):
      channel = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: host, port: port)
    case .unix(let path): channel = bootstrap.connect(unixDomainSocketPath: path)
    }
    channel.whenFailure { self.attempt(addresses.dropFirst(), after: $0) }
  }

  private func configure(_ channel: any NIOCore.Channel) throws {
    let add: (any NIOCore.Channel) throws -> Void = { channel in
      let connection = HTTP2Connection.client(
        on: self.eventLoop, configuration: self.configuration.http2, delegate: self)
      self.connections[ObjectIdentifier(connection)] = connection
      try channel.pipeline.syncOperations.addHandler(connection)
    }
    guard let tls else { return try add(channel) }
    try channel.pipeline.syncOperations.addHandler(
      TLSHandler(
        client: tls, serverName: target.serverName,
        handshakeTimeout: configuration.http2.handshakeTimeout
      ) { channel, session in
        guard session.applicationProtocol == "h2" else { throw TLSError.noApplicationProtocol }
        try add(channel)
      } onFailure: { error in
        self.connectionFailed(error)
      })
  }

  private func connectionFailed(_ error: (any Error)?) {
    guard case .connecting = state else { return }
    let reason = error.map { String(describing: $0) } ?? "no address"
    let status = Status(.unavailable, "the server cannot be reached", because: reason)
    logger.warning(
      "connection failed", metadata: ["target": "\(target.authority)", "reason": "\(reason)"])
    state = .backingOff(status)
    for attempt in queue.takeImpatient() { attempt.couldNotStart(status) }
    eventLoop.scheduleTask(in: backoff.next()) {
      guard case .backingOff = self.state else { return }
      self.state = .idle
      if !self.queue.isEmpty { self.connect() }
    }
  }

  // MARK: ending

  func shutDown(grace: Duration) async {
    let closed = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { self.beginShutDown(closed, grace) }
    do { try await closed.futureResult.get() } catch {
      logger.debug("channel shutdown", metadata: ["error": "\(error)"])
    }
  }

  private func beginShutDown(_ closed: EventLoopPromise<Void>, _ grace: Duration) {
    state = .shutDown
    for attempt in queue.takeAll() {
      attempt.couldNotStart(Status(.unavailable, "the channel is shut down"))
    }
    guard !connections.isEmpty else { return closed.succeed() }
    closeWaiters.append(closed)
    for connection in connections.values { connection.shutDown() }
    let timer = eventLoop.scheduleTask(in: .nanoseconds(Int64(clampedNanoseconds: grace))) {
      for connection in self.connections.values { connection.close(.cancel) }
    }
    closed.futureResult.whenComplete { _ in timer.cancel() }
  }
}

extension Connections: HTTP2ConnectionDelegate {
  func connectionIsReady(_ connection: HTTP2Connection) {
    guard case .connecting = state else { return connection.shutDown() }
    state = .ready(connection)
    backoff.reset()
  }

  func connectionMayOpenStreams(_ connection: HTTP2Connection) { serveQueue() }

  func connection(
    _ connection: HTTP2Connection, isGoingAway code: HTTP2ErrorCode, lastStream: Int32
  ) {
    leave(connection)
  }

  func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {
    connections[ObjectIdentifier(connection)] = nil
    if case .connecting = state {
      connectionFailed(error ?? ChannelError.eof)
    } else {
      leave(connection)
    }
    if connections.isEmpty {
      for waiter in closeWaiters { waiter.succeed() }
      closeWaiters = []
    }
  }

  /// New calls no longer use this connection; waiting ones get another.
  private func leave(_ connection: HTTP2Connection) {
    guard case .ready(let current) = state, current === connection else { return }
    state = .idle
    if !queue.isEmpty { connect() }
  }
}

/// The waits between connection attempts.
struct ConnectionBackoff {
  private let first: Double
  private let longest: Double
  private let multiplier: Double
  private var current: Double

  init(_ configuration: ChannelConfiguration) {
    first = Double(Int64(clampedNanoseconds: configuration.firstBackoff))
    longest = Double(Int64(clampedNanoseconds: configuration.longestBackoff))
    multiplier = configuration.backoffMultiplier
    current = first
  }

  mutating func next() -> TimeAmount {
    defer { current = min(longest, current * multiplier) }
    return .nanoseconds(Int64(current * Double.random(in: 0.8...1.2)))
  }

  mutating func reset() { current = first }
}
