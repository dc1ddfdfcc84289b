import Foundation
import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Values

/// Answers gRPC calls on any number of listeners.
///
/// A handler is an async function that runs on the event loop of its connection: it must not block.
/// Its task is cancelled when the client cancels, the connection is lost or the deadline passes.
public final class Server: Sendable {
  /// Every method this server answers.
  public let methods: [Method]
  private let core: ServerCore
  private let group: any EventLoopGroup
  private let connections = ConnectionSet()
  private let listeners = Mutex<[any NIOCore.Channel]>([])

  public init(
    services: [any RPCService], interceptors: [any ServerInterceptor] = [],
    clock: any WallClock = SystemClock(), configuration: ServerConfiguration = .init(),
    logger: Logger = Logger(label: "portico.rpc"),
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) {
    let router = Router(services, peerRules: configuration.peerRules)
    methods = router.methods
    core = ServerCore(
      router: router, interceptors: interceptors, clock: clock, configuration: configuration,
      logger: logger)
    self.group = group
    BrokenPipe.ignore
  }

  /// What its calls were, by method.
  public var metrics: CallMetrics { core.metrics }

  /// Handlers that run at this moment.
  public var runningHandlers: Int { core.runningHandlers }

  /// Opens a listener; the address it really has (a port for port 0).
  @discardableResult
  public func listen(_ listener: Listener) async throws -> Listener.Address {
    let tls = try listener.tls.map { try TLSContext.server($0) }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [core, connections] channel in
        channel.eventLoop.makeCompletedFuture {
          try Self.configure(channel, listener.http2, tls, core, connections)
        }
      }
    let channel: any NIOCore.Channel
    switch listener.address {
    case .tcp(let host, let port):
      channel =
        try await bootstrap
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port).get()
    case .unix(let path):
      channel = try await bootstrap.bind(
        unixDomainSocketPath: path, cleanupExistingSocketFile: true
      ).get()
    }
    listeners.withLock { $0.append(channel) }
    guard case .tcp(let host, _) = listener.address, let port = channel.localAddress?.port else {
      return listener.address
    }
    return .tcp(host: host, port: port)
  }

  private static func configure(
    _ channel: any NIOCore.Channel, _ http2: HTTP2Configuration, _ tls: TLSContext?,
    _ core: ServerCore, _ connections: ConnectionSet
  ) throws {
    guard connections.count < core.configuration.maximumConnections else {
      throw HTTP2Error.connectionUnavailable
    }
    let add: (any NIOCore.Channel, [String]) throws -> Void = { channel, names in
      let delegate = ServerConnection(core: core) { connections.remove($0) }
      let connection = HTTP2Connection.server(
        on: channel.eventLoop, configuration: http2, peerNames: names, delegate: delegate)
      connections.insert(connection)
      try channel.pipeline.syncOperations.addHandler(connection)
    }
    guard let tls else { return try add(channel, []) }
    try channel.pipeline.syncOperations.addHandler(
      TLSHandler(server: tls, handshakeTimeout: http2.handshakeTimeout) { channel, session in
        guard session.applicationProtocol == "h2" else { throw TLSError.noApplicationProtocol }
        try add(channel, session.peerNames)
      })
  }

  /// Ends gracefully: listeners close, every connection is told to go away, running calls may finish within
  /// `grace`; what is left then is cancelled. Returns when every connection is closed. A second call with a
  /// shorter grace cuts the first one short.
  public func shutDown(grace: Duration = .seconds(10)) async {
    let open = listeners.withLock { listeners in
      defer { listeners = [] }
      return listeners
    }
    for listener in open {
      do { try await listener.close() } catch {
        core.logger.debug("listener was closed already", metadata: ["error": "\(error)"])
      }
    }
    connections.drain()
    let timer = group.any().scheduleTask(in: .nanoseconds(Int64(clampedNanoseconds: grace))) {
      [connections] in connections.closeAll()
    }
    await connections.untilEmpty()
    timer.cancel()
  }
}

/// The open connections of a server.
final class ConnectionSet: Sendable {
  private struct State {
    var connections: [ObjectIdentifier: HTTP2Connection] = [:]
    var isDraining = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.connections.count } }

  func insert(_ connection: HTTP2Connection) {
    let isDraining = state.withLock { state in
      state.connections[ObjectIdentifier(connection)] = connection
      return state.isDraining
    }
    if isDraining { connection.eventLoop.execute { connection.close() } }
  }

  func remove(_ connection: HTTP2Connection) {
    let waiters = state.withLock { state in
      state.connections[ObjectIdentifier(connection)] = nil
      guard state.connections.isEmpty else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func drain() {
    let all = state.withLock { state in
      state.isDraining = true
      return Array(state.connections.values)
    }
    for connection in all { connection.eventLoop.execute { connection.shutDown() } }
  }

  func closeAll() {
    for connection in state.withLock({ Array($0.connections.values) }) {
      connection.eventLoop.execute { connection.close(.cancel) }
    }
  }

  func untilEmpty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.connections.isEmpty { state.waiters.append(continuation) }
        return state.connections.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}

/// A write to a socket whose peer is gone must be an error and not the end of the process.
enum BrokenPipe {
  static let ignore: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
