import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One port for HTTP/1.1 and HTTP/2: by ALPN under TLS, by the client's first bytes without.
final class Listener: Sendable {
  private let channel: any Channel
  private let tls: TLSListener?
  private let connections: ConnectionTable
  private let log: Logger

  var address: SocketAddress? { channel.localAddress }
  var isListening: Bool { channel.isActive }
  var port: Int { channel.localAddress?.port ?? 0 }

  private init(
    _ channel: any Channel, _ tls: TLSListener?, _ connections: ConnectionTable, _ log: Logger
  ) {
    self.channel = channel
    self.tls = tls
    self.log = log
    self.connections = connections
  }

  /// A connection at rest keeps its read buffers; one that receives much gets larger ones by itself.
  private static let readSizes = AdaptiveRecvByteBufferAllocator(
    minimum: 256, initial: 512, maximum: 64 * 1024)

  static func start(
    host: String, port: Int, tls: TLSListener?, edge: any EdgeService, group: any EventLoopGroup,
    log: Logger
  ) async throws -> Listener {
    let limits = edge.limits
    let connections = ConnectionTable(limits: limits)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptGate(burst: limits.acceptBurst, perSecond: limits.acceptRate) {
              connections.hasRoomForHandshake
            })
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.recvAllocator, value: readSizes)
      .childChannelInitializer { channel in
        guard connections.admit(channel) else { return channel.close() }
        return channel.eventLoop.makeCompletedFuture {
          let origin = ConnectionOrigin(
            address: channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }, isTLS: tls != nil)
          guard let tls else {
            return try channel.pipeline.syncOperations.addHandler(
              ProtocolSelection(edge, origin: origin))
          }
          connections.handshakeBegan(channel)
          try tls.add(to: channel, within: limits.headerTime) { protocolName in
            connections.handshakeEnded(channel)
            try ProtocolSelection.add(isHTTP2: protocolName == "h2", to: channel, edge, origin)
          }
        }
      }
    let channel = try await bootstrap.bind(host: host, port: port).get()
    log.info("listening", metadata: ["address": "\(channel.localAddress?.description ?? "")"])
    return Listener(channel, tls, connections, log)
  }

  /// Connections open now.
  var connectionCount: Int { connections.count }

  /// Reads the certificate again, for connections to come (R-037).
  func reloadCertificate() throws { try tls?.reload() }

  /// Takes no more connections, lets the running requests end, and closes what is left after `grace` or once the task
  /// is cancelled.
  func stop(grace: Duration) async {
    // Before the port closes: who sees it closed may count on connections knowing.
    connections.announceDrain()
    do { try await channel.close() } catch {
      log.debug("listener was closed already", metadata: ["reason": "\(error)"])
    }
    await connections.drain(grace: grace)
  }
}

/// All open connections: their number is bounded, in total and for each address.
final class ConnectionTable: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var perSite: [IPAddress: Int] = [:]
    /// TLS handshakes under way.
    var handshakes: Set<ObjectIdentifier> = []
    var isDraining = false
    var waiter: CheckedContinuation<Void, Never>?
  }
  private let limits: EdgeLimits
  private let state = Mutex(State())

  init(limits: EdgeLimits) { self.limits = limits }

  var count: Int { state.withLock { $0.channels.count } }

  func admit(_ channel: any Channel) -> Bool {
    let site = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0)?.site }
    let isAdmitted = state.withLock { state in
      guard !state.isDraining, state.channels.count < limits.connections,
        site.map({ state.perSite[$0, default: 0] < limits.connectionsPerAddress }) ?? true
      else { return false }
      state.channels[ObjectIdentifier(channel)] = channel
      if let site { state.perSite[site, default: 0] += 1 }
      return true
    }
    guard isAdmitted else { return false }
    channel.closeFuture.whenComplete { _ in self.remove(channel, site) }
    return true
  }

  /// Whether another TLS handshake may begin; until then connections wait in the kernel's queue (R-222).
  var hasRoomForHandshake: Bool {
    state.withLock { $0.handshakes.count < limits.handshakes }
  }

  func handshakeBegan(_ channel: any Channel) {
    state.withLock { _ = $0.handshakes.insert(ObjectIdentifier(channel)) }
  }

  func handshakeEnded(_ channel: any Channel) {
    state.withLock { _ = $0.handshakes.remove(ObjectIdentifier(channel)) }
  }

  private func remove(_ channel: any Channel, _ site: IPAddress?) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.channels[ObjectIdentifier(channel)] = nil
      state.handshakes.remove(ObjectIdentifier(channel))
      if let site {
        let left = state.perSite[site, default: 1] - 1
        state.perSite[site] = left > 0 ? left : nil
      }
      guard state.channels.isEmpty else { return nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Tells every connection that its current answer is its last, and admits no more of them.
  func announceDrain() {
    let open = state.withLock { state in
      state.isDraining = true
      return Array(state.channels.values)
    }
    for channel in open {
      channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
    }
  }

  /// Waits until every connection has ended, at most for `grace` or until the task is cancelled, and closes what is
  /// left.
  func drain(grace: Duration) async {
    let force = Task {
      try await Task.sleep(for: grace)
      closeAll()
    }
    await withTaskCancellationHandler {
      await untilEmpty()
    } onCancel: {
      closeAll()
    }
    force.cancel()
  }

  private func untilEmpty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        guard !state.channels.isEmpty else { return true }
        state.waiter = continuation
        return false
      }
      if isEmpty { continuation.resume() }
    }
  }

  private func closeAll() {
    for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
  }
}

/// Looks at the first bytes of a plain connection and becomes that protocol's handler.
final class ProtocolSelection: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let edge: any EdgeService
  private let origin: ConnectionOrigin
  private var first = ByteBuffer()
  private var timer: Scheduled<Void>?
  private var isChosen = false

  /// No HTTP/1.1 method is called so.
  private static let preface = Array("PRI ".utf8)

  init(_ edge: any EdgeService, origin: ConnectionOrigin) {
    self.edge = edge
    self.origin = origin
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: edge.limits.headerTime) {
      channel.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    first.writeBuffer(&bytes)
    guard !isChosen else { return }
    let start = first.readableBytesView.prefix(Self.preface.count)
    let mayBeHTTP2 = start.elementsEqual(Self.preface.prefix(start.count))
    guard !mayBeHTTP2 || start.count == Self.preface.count else { return }
    isChosen = true
    do {
      try Self.add(isHTTP2: mayBeHTTP2, to: context.channel, edge, origin)
    } catch {
      return context.close(promise: nil)
    }
    context.fireChannelRead(wrapInboundOut(first))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is DrainEvent, !isChosen { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  /// Adds the handlers of a protocol at the end of the pipeline.
  static func add(
    isHTTP2: Bool, to channel: any Channel, _ edge: any EdgeService, _ origin: ConnectionOrigin
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    if isHTTP2 {
      let connection = HTTP2Connection.server(
        on: channel.eventLoop, configuration: .publicListener,
        delegate: HTTP2Requests(edge, origin: origin))
      try pipeline.addHandlers([connection, HTTP2Draining(connection)])
    } else {
      try channel.syncOptions?.setOption(.autoRead, value: false)
      try pipeline.addHandler(HTTP1Connection(edge, on: channel.eventLoop, origin: origin))
    }
  }
}

/// Passes the order to drain on to an HTTP/2 connection.
private final class HTTP2Draining: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let connection: HTTP2Connection

  init(_ connection: HTTP2Connection) { self.connection = connection }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is DrainEvent { connection.shutDown() }
    context.fireUserInboundEventTriggered(event)
  }
}
