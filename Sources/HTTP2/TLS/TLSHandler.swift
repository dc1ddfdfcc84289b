import COpenSSL
import NIOCore

/// What the handshake agreed on.
public struct TLSSession: Sendable, Hashable {
  /// `h2`, `http/1.1`, or nil when the client offered nothing.
  public var applicationProtocol: String?
  /// DNS and URI names of the peer's verified certificate.
  public var peerNames: [String]
  /// `TLSv1.3`.
  public var version: String
}

/// TLS for one channel: OpenSSL between two buffers. Put it first in the pipeline; once the handshake is done it
/// calls `onHandshake`, which adds the handlers for the protocol that was agreed on.
public final class TLSHandler: ChannelDuplexHandler {
  public typealias InboundIn = ByteBuffer
  public typealias InboundOut = ByteBuffer
  public typealias OutboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  private enum State { case handshaking, open, closed }

  private let tls: TLSContext
  private let serverName: String?
  private let handshakeTimeout: TimeAmount
  private let onHandshake: (any Channel, TLSSession) throws -> Void
  private let onFailure: (any Error) -> Void
  private var connection: TLSConnection?
  private var state = State.handshaking
  private var timer: Scheduled<Void>?
  private var hasStarted = false

  /// - Parameter onHandshake: runs on the event loop before any decrypted byte is passed on; throwing closes.
  public init(
    server tls: TLSContext, handshakeTimeout: TimeAmount = .seconds(10),
    onHandshake: @escaping (any Channel, TLSSession) throws -> Void
  ) {
    self.tls = tls
    serverName = nil
    self.handshakeTimeout = handshakeTimeout
    self.onHandshake = onHandshake
    onFailure = { _ in }
  }

  /// - Parameter serverName: the DNS name or IP address that the server's certificate must be for.
  public init(
    client tls: TLSContext, serverName: String, handshakeTimeout: TimeAmount = .seconds(10),
    onHandshake: @escaping (any Channel, TLSSession) throws -> Void,
    onFailure: @escaping (any Error) -> Void
  ) {
    self.tls = tls
    self.serverName = serverName
    self.handshakeTimeout = handshakeTimeout
    self.onHandshake = onHandshake
    self.onFailure = onFailure
  }

  public func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { start(context) }
  }

  public func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  private func start(_ context: ChannelHandlerContext) {
    guard !hasStarted else { return }
    hasStarted = true
    do {
      connection = try TLSConnection(tls, serverName: serverName)
    } catch {
      return fail(error, context)
    }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: handshakeTimeout) {
      let (handler, context) = bound.value
      if handler.state == .handshaking { handler.fail(TLSError.handshakeTimedOut, context) }
    }
    advance(context)
  }

  // MARK: in

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let connection, state != .closed else { return }
    connection.receive(unwrapInboundIn(data))
    advance(context)
  }

  private func advance(_ context: ChannelHandlerContext) {
    guard let connection else { return }
    if state == .handshaking {
      do {
        let isDone = try connection.handshake()
        flushOutput(context)
        guard isDone, state == .handshaking else { return }
        state = .open
        timer?.cancel()
        try onHandshake(context.channel, connection.session)
      } catch {
        flushOutput(context)
        return fail(error, context)
      }
    }
    readPlaintext(context)
  }

  private func readPlaintext(_ context: ChannelHandlerContext) {
    while state == .open, let connection {
      switch connection.read() {
      case .bytes(let buffer): context.fireChannelRead(wrapInboundOut(buffer))
      case .nothing: return flushOutput(context)
      case .closed: return close(context)
      case .failed(let error): return fail(error, context)
      }
    }
  }

  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    guard state != .closed else { return }
    let wasHandshaking = state == .handshaking
    state = .closed
    timer?.cancel()
    if wasHandshaking { onFailure(error) }
    context.fireErrorCaught(error)
    context.close(promise: nil)
  }

  private func close(_ context: ChannelHandlerContext) {
    guard state != .closed else { return }
    state = .closed
    context.close(promise: nil)
  }

  public func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    if state == .handshaking { onFailure(TLSError.handshakeFailed("the peer closed")) }
    state = .closed
    connection = nil
    context.fireChannelInactive()
  }

  // MARK: out

  public func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    guard state == .open, let connection else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    guard connection.write(unwrapOutboundIn(data)) else {
      promise?.fail(TLSError.openSSL("write failed"))
      return fail(TLSError.openSSL("write failed"), context)
    }
    if let output = connection.output() {
      context.write(wrapOutboundOut(output), promise: promise)
    } else {
      promise?.succeed()
    }
  }

  public func close(
    context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
  ) {
    if state == .open, mode != .input {
      connection?.shutDown()
      flushOutput(context)
      state = .closed
    }
    timer?.cancel()
    context.close(mode: mode, promise: promise)
  }

  private func flushOutput(_ context: ChannelHandlerContext) {
    if let output = connection?.output() {
      context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }
  }
}
