import HTTP2
import Logging
import NIOCore
import NIOPosix

/// What becomes of a transport, on the channel's event loop.
protocol TransportOwner: AnyObject {
  /// The server's SETTINGS are here.
  func transportIsReady(_ transport: Transport, _ connection: HTTP2Connection)
  /// It was never ready and will never be. Comes at most once.
  func transportFailed(_ transport: Transport, _ error: any Error)
  /// It was ready and takes no more calls: the server is going away, or the connection is lost. Comes once.
  func transportIsLeaving(_ transport: Transport)
  func transportMayOpenStreams(_ transport: Transport)
}

/// How transports are made, the same for all of a channel, and which there are.
final class TransportFactory {
  let eventLoop: any EventLoop
  let configuration: ChannelConfiguration
  let tls: TLSContext?
  let serverName: String
  let authority: String
  /// The channel's waiting attempts: when there are none, nobody needs to hear of a free stream.
  let waiting: AttemptQueue
  let logger: Logger
  /// All that have an open socket, also those that drain.
  private(set) var open: [ObjectIdentifier: Transport] = [:]
  /// Those of the configuration; the keepalive time grows when a server complains.
  private(set) var http2: HTTP2Configuration
  /// Called when the last socket has closed.
  var whenEmpty: (() -> Void)?

  init(
    eventLoop: any EventLoop, configuration: ChannelConfiguration, tls: TLSContext?,
    target: Target, waiting: AttemptQueue, logger: Logger
  ) {
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.tls = tls
    http2 = configuration.http2
    self.waiting = waiting
    self.logger = logger
    authority = configuration.authority ?? target.authority
    serverName =
      configuration.authority.map { HostAndPort($0[...])?.host ?? $0 } ?? target.serverName
  }

  /// A server found our PINGs too many: connections to come send half as many.
  func slowKeepalive() {
    guard let time = http2.keepaliveTime else { return }
    http2.keepaliveTime = .nanoseconds(time.nanoseconds.multipliedOrMax(by: 2))
  }

  func opened(_ transport: Transport) { open[ObjectIdentifier(transport)] = transport }

  func closed(_ transport: Transport) {
    open[ObjectIdentifier(transport)] = nil
    if open.isEmpty { whenEmpty?() }
  }
}

/// One socket to a server, from connecting to its close, and the HTTP/2 connection on it.
final class Transport: @unchecked Sendable {
  private enum Phase { case connecting, ready, leaving, closed }

  let address: Endpoint.Address
  private let factory: TransportFactory
  private var owner: (any TransportOwner)?
  private var channel: (any NIOCore.Channel)?
  private(set) var connection: HTTP2Connection?
  private var phase = Phase.connecting
  private var failure: (any Error)?
  private var configuration: ChannelConfiguration { factory.configuration }

  init(_ address: Endpoint.Address, _ factory: TransportFactory, owner: any TransportOwner) {
    self.address = address
    self.factory = factory
    self.owner = owner
  }

  func connect() {
    let socket: SocketAddress
    do { socket = try address.socketAddress() } catch { return fail(error) }
    var bootstrap = ClientBootstrap(group: factory.eventLoop)
      .connectTimeout(TimeAmount(clamped: configuration.connectTimeout))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
      }
    if case .ip = address {
      bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
    }
    bootstrap.connect(to: socket).whenFailure { self.fail($0) }
  }

  private func configure(_ channel: any NIOCore.Channel) throws {
    self.channel = channel
    factory.opened(self)
    channel.closeFuture.whenComplete { _ in self.channelClosed() }
    guard phase == .connecting else { throw ChannelError.ioOnClosedChannel }
    guard let tls = factory.tls else { return try addHTTP2(channel) }
    try channel.pipeline.syncOperations.addHandler(
      TLSHandler(
        client: tls, serverName: factory.serverName,
        handshakeTimeout: configuration.http2.handshakeTimeout
      ) { channel, session in
        guard session.applicationProtocol == "h2" else {
          self.failure = TLSError.noApplicationProtocol
          throw TLSError.noApplicationProtocol
        }
        try self.addHTTP2(channel)
      } onFailure: { error in
        self.failure = error
      })
  }

  private func addHTTP2(_ channel: any NIOCore.Channel) throws {
    let connection = HTTP2Connection.client(
      on: factory.eventLoop, configuration: factory.http2, delegate: self)
    self.connection = connection
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  func hand(to owner: any TransportOwner) { self.owner = owner }

  /// Takes no new calls; closes when those that run have ended.
  func drain() {
    guard phase == .ready || phase == .leaving else { return close() }
    phase = .leaving
    owner = nil
    connection?.shutDown()
  }

  /// Ends what runs, and the socket.
  func close() {
    owner = nil
    if phase == .connecting || phase == .ready { phase = .leaving }
    if let connection, !connection.isClosed {
      connection.close(.cancel)
    } else {
      channel?.close(promise: nil)
    }
  }

  private func fail(_ error: any Error) {
    guard phase == .connecting else { return }
    phase = .leaving
    let owner = self.owner
    self.owner = nil
    owner?.transportFailed(self, failure ?? error)
  }

  private func leave() {
    guard phase == .ready else { return }
    phase = .leaving
    let owner = self.owner
    self.owner = nil
    owner?.transportIsLeaving(self)
  }

  private func channelClosed() {
    fail(ChannelError.eof)
    leave()
    phase = .closed
    channel = nil
    connection = nil
    factory.closed(self)
  }
}

extension Transport: HTTP2ConnectionDelegate {
  func connectionIsReady(_ connection: HTTP2Connection) {
    guard phase == .connecting else { return }
    phase = .ready
    owner?.transportIsReady(self, connection)
  }

  func connectionMayOpenStreams(_ connection: HTTP2Connection) {
    if phase == .ready { owner?.transportMayOpenStreams(self) }
  }

  func connection(
    _ connection: HTTP2Connection, isGoingAway code: HTTP2ErrorCode, lastStream: Int32
  ) {
    if phase == .connecting { failure = HTTP2Error.connectionUnavailable }
    if connection.goAway?.isTooManyPings == true {
      factory.logger.warning(
        "the server complains about keepalive", metadata: ["backend": "\(address)"])
      factory.slowKeepalive()
    }
    leave()
  }

  func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {
    fail(error ?? ChannelError.eof)
    leave()
  }
}

extension Int64 {
  fileprivate func multipliedOrMax(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
