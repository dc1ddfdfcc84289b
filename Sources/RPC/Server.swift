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
  private struct Open {
    let channel: any NIOCore.Channel
    let tls: TLSContext?
  }
  private let listeners = Mutex<[Open]>([])
  /// What happened on the connections of all listeners that have no counters of their own.
  public let counters = HTTP2Counters()

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
    let tls = try listener.tls.map { try TLSContext.server($0, logger: core.logger) }
    var http2 = listener.http2
    if http2.counters == nil { http2.counters = counters }
    http2.tooLargeHeadersAnswer = Self.tooLargeHeaders
    let admission = Admission(
      connections: connections, limit: core.configuration.maximumConnections, listener)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(admission.gate())
        }
      }
      .childChannelOption(.recvAllocator, value: Self.readSizes)
      .childChannelInitializer { [core, http2] channel in
        channel.eventLoop.makeCompletedFuture {
          try Self.configure(channel, http2, tls, core, admission)
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
    listeners.withLock { $0.append(Open(channel: channel, tls: tls)) }
    guard case .tcp(let host, _) = listener.address, let port = channel.localAddress?.port else {
      return listener.address
    }
    return .tcp(host: host, port: port)
  }

  /// A connection at rest keeps its read buffers; one that receives much gets larger ones by itself.
  private static let readSizes = AdaptiveRecvByteBufferAllocator(
    minimum: 512, initial: 1024, maximum: 64 * 1024)

  /// A client of gRPC goes by the status, any other by the 431.
  private static let tooLargeHeaders = HeaderFields([
    ":status": "431", "content-type": "application/grpc",
    "grpc-status": String(Status.Code.resourceExhausted.rawValue),
    "grpc-message": "the metadata is too large",
  ])

  private static func configure(
    _ channel: any NIOCore.Channel, _ http2: HTTP2Configuration, _ tls: TLSContext?,
    _ core: ServerCore, _ admission: Admission
  ) throws {
    let handshake = try admission.admit(channel, isTLS: tls != nil)
    let add: (any NIOCore.Channel, [String]) throws -> Void = { channel, names in
      let handlers = core.handlers.tasks(on: channel.eventLoop)
      let connection = HTTP2Connection.server(
        on: channel.eventLoop, configuration: http2, peerNames: names,
        executor: handlers.executor,
        delegate: ServerConnection(core: core, handlers: handlers))
      admission.connections.insert(connection, on: channel)
      try channel.pipeline.syncOperations.addHandler(connection)
    }
    guard let tls else { return try add(channel, []) }
    try channel.pipeline.syncOperations.addHandler(
      TLSHandler(server: tls, handshakeTimeout: http2.handshakeTimeout) { channel, session in
        handshake?.end()
        guard session.applicationProtocol == "h2" else { throw TLSError.noApplicationProtocol }
        try add(channel, session.peerNames)
      })
  }

  /// Reads the certificates of all listeners again, for connections to come. Changed files are found without
  /// this too, some seconds later. Throws when some cannot be used; those listeners keep their old ones.
  public func reloadCertificates() throws {
    var failure: TLSError?
    for tls in listeners.withLock({ $0.compactMap(\.tls) }) {
      do { try tls.reload() } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Ends gracefully: listeners close, every connection is told to go away, running calls may finish within
  /// `grace`; what is left then is cancelled. Returns when every connection is closed. A second call with a
  /// shorter grace cuts the first one short, and so does the cancellation of the task.
  public func shutDown(grace: Duration = .seconds(10)) async {
    let open = listeners.withLock { listeners in
      defer { listeners = [] }
      return listeners
    }
    for listener in open {
      do { try await listener.channel.close() } catch {
        core.logger.debug("listener was closed already", metadata: ["error": "\(error)"])
      }
    }
    connections.drain()
    let timer = group.any().scheduleTask(in: TimeAmount(clamped: grace)) {
      [connections] in connections.closeAll()
    }
    await withTaskCancellationHandler {
      await connections.untilEmpty()
    } onCancel: {
      connections.closeAll()
    }
    timer.cancel()
  }
}

/// A write to a socket whose peer is gone must be an error and not the end of the process.
enum BrokenPipe {
  static let ignore: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
