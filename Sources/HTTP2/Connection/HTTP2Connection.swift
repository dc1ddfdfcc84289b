import NIOCore

/// The channel handler that drives one HTTP/2 session: bytes are fed in `channelRead`, and all that came of them
/// leaves in one flush in `channelReadComplete`.
///
/// Belongs to its event loop. A write can close the channel under the caller, so `isClosed` is looked at
/// after each.
public final class HTTP2Connection: ChannelInboundHandler, @unchecked Sendable {
  public typealias InboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

  public let eventLoop: any EventLoop
  public let configuration: HTTP2Configuration
  /// Runs the handlers of this connection on its event loop.
  public let executor: LoopExecutor
  /// The names in the peer's verified certificate; empty without mutual TLS.
  public let peerNames: [String]
  public private(set) var isClosed = false
  public private(set) var isGoingAway = false
  /// `10.0.0.7:51234` or `unix:path`; set once the channel is active.
  public private(set) var peerAddress = ""

  @exclusivity(unchecked) private(set) var session: Session?
  private let role: Session.Role
  private var delegate: (any HTTP2ConnectionDelegate)?
  private var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var streams: [Int32: HTTP2Stream] = [:]
  /// The stream of the last event: a request's headers, body and end mostly come together, and so do an answer's.
  @exclusivity(unchecked) private var recent: HTTP2Stream?
  /// Buffers that streams have emptied, for the next ones.
  @exclusivity(unchecked) private var spareBuffers: [ByteBuffer] = []
  private static let spareBufferCount = 16
  private static let spareBufferSize = 4096
  /// What the last pump filled: its memory is free again once the socket took the bytes.
  @exclusivity(unchecked) private var output: ByteBuffer?
  @exclusivity(unchecked) private var isReading = false
  @exclusivity(unchecked) private var isPumping = false
  @exclusivity(unchecked) private var isPumpScheduled = false
  private var isReady = false
  private var handshakeTimer: Scheduled<Void>?
  private var lastError: (any Error)?
  private static let writeSize = 64 * 1024
  /// A connection that once had much to say does not keep the memory for it.
  private static let keptOutput = 16 * 1024
  private static let shutdownPing: UInt64 = 0x706f_7274_6963_6f01

  init(
    role: Session.Role, eventLoop: any EventLoop, configuration: HTTP2Configuration,
    peerNames: [String], delegate: any HTTP2ConnectionDelegate
  ) {
    self.role = role
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.peerNames = peerNames
    self.delegate = delegate
    executor = LoopExecutor(eventLoop)
  }

  /// The serving end; add it to a channel whose next bytes are the client's preface.
  public static func server(
    on eventLoop: any EventLoop, configuration: HTTP2Configuration, peerNames: [String] = [],
    delegate: any HTTP2ConnectionDelegate
  ) -> HTTP2Connection {
    HTTP2Connection(
      role: .server, eventLoop: eventLoop, configuration: configuration, peerNames: peerNames,
      delegate: delegate)
  }

  /// The calling end.
  public static func client(
    on eventLoop: any EventLoop, configuration: HTTP2Configuration,
    delegate: any HTTP2ConnectionDelegate
  ) -> HTTP2Connection {
    HTTP2Connection(
      role: .client, eventLoop: eventLoop, configuration: configuration, peerNames: [],
      delegate: delegate)
  }

  public var streamCount: Int { streams.count }

  /// How many more streams the peer lets us open now.
  public var availableStreams: Int {
    guard let session, isReady, !isClosed, !isGoingAway else { return 0 }
    return max(0, session.remoteStreamLimit - streams.count)
  }

  /// Sends a request (client side).
  public func open(
    _ headers: HeaderFields, endStream: Bool, delegate: any HTTP2StreamDelegate
  ) throws(HTTP2Error) -> HTTP2Stream {
    guard let session, !isClosed, !isGoingAway else { throw .connectionUnavailable }
    let stream = HTTP2Stream(id: 0, connection: self)
    stream.delegate = delegate
    stream.id = try session.submitRequest(headers, hasBody: !endStream)
    stream.didSubmitRequest(endStream: endStream)
    streams[stream.id] = stream
    setNeedsPump()
    return stream
  }

  // MARK: ending

  /// Ends gracefully in two phases: a GOAWAY that refuses nothing yet and a PING; once that came back, the GOAWAY
  /// with the real last stream. The connection closes when its last stream has ended.
  public func shutDown() {
    guard let session, !isClosed else { return }
    if role == .client {
      isGoingAway = true
      session.submitGoAway(.noError)
    } else {
      session.submitShutdownNotice()
      session.ping(Self.shutdownPing)
    }
    setNeedsPump()
  }

  /// Resets what still runs and closes.
  public func terminate(_ code: HTTP2ErrorCode = .noError) {
    guard let session, !isClosed else { return }
    session.terminate(code)
    setNeedsPump()
  }

  /// Ends everything now: a last GOAWAY, then the socket. Streams that still run end as lost.
  public func close(_ code: HTTP2ErrorCode = .noError) {
    guard let session, !isClosed else { return closeChannel() }
    session.terminate(code)
    if !isReading { pump() }
    closeChannel()
  }

  private func closeChannel() {
    handshakeTimer?.cancel()
    context?.close(promise: nil)
  }

  // MARK: channel

  public func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { start(context) }
  }

  public func handlerRemoved(context: ChannelHandlerContext) {
    didClose()
    self.context = nil
  }

  public func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  private func start(_ context: ChannelHandlerContext) {
    guard session == nil, !isClosed else { return }
    peerAddress = context.channel.remoteAddress.map(Self.describe) ?? ""
    do {
      session = try Session(role: role, configuration: configuration, delegate: self)
    } catch {
      lastError = error
      return closeChannel()
    }
    handshakeTimer = eventLoop.scheduleTask(in: configuration.handshakeTimeout) {
      guard !self.isReady else { return }
      self.lastError = ChannelError.connectTimeout(self.configuration.handshakeTimeout)
      self.closeChannel()
    }
    setNeedsPump()
  }

  private static func describe(_ address: SocketAddress) -> String {
    if let host = address.ipAddress, let port = address.port {
      return address.protocol == .inet6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
    return "unix:" + (address.pathname ?? "")
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let session, !isClosed else { return }
    if !isReading {
      isReading = true
      executor.hold()
    }
    let buffer = unwrapInboundIn(data)
    if !buffer.withUnsafeReadableBytes(session.receive) {
      isReading = false
      executor.release()
      pump()
      closeChannel()
    }
  }

  public func channelReadComplete(context: ChannelHandlerContext) {
    if isReading {
      executor.release()
      isReading = false
      pump()
    }
    context.fireChannelReadComplete()
  }

  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { setNeedsPump() }
    context.fireChannelWritabilityChanged()
  }

  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lastError = error
    closeChannel()
  }

  public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // HTTP/2 has no half-closed connections: a peer that is through sending is gone.
    if case ChannelEvent.inputClosed = event { closeChannel() }
    context.fireUserInboundEventTriggered(event)
  }

  public func channelInactive(context: ChannelHandlerContext) {
    didClose()
    context.fireChannelInactive()
  }

  private func didClose() {
    guard !isClosed else { return }
    isClosed = true
    handshakeTimer?.cancel()
    let lost = streams.values
    streams = [:]
    recent = nil
    spareBuffers = []
    output = nil
    for stream in lost { stream.close(.connectionLost) }
    if isReading {
      isReading = false
      executor.release()
    }
    let delegate = self.delegate
    self.delegate = nil
    delegate?.connectionClosed(self, error: lastError)
    session = nil
  }

  // MARK: output

  /// Something may wait to be sent: it leaves with the current read's flush, or in the next turn of the loop.
  func setNeedsPump() {
    guard !isReading, !isPumping, !isPumpScheduled, !isClosed else { return }
    isPumpScheduled = true
    eventLoop.execute {
      self.isPumpScheduled = false
      self.pump()
    }
  }

  private func pump() {
    guard let session, let context, !isClosed, !isPumping, !isReading else { return }
    isPumping = true
    defer { isPumping = false }
    var wrote = false
    while !isClosed, context.channel.isWritable {
      var buffer = output ?? context.channel.allocator.buffer(capacity: 4096)
      output = nil
      // Takes new memory by itself when the last bytes have not left yet.
      buffer.clear(minimumCapacity: 0)
      guard session.send(into: &buffer, limit: Self.writeSize) else {
        return closeChannel()
      }
      let count = buffer.readableBytes
      if buffer.capacity <= Self.keptOutput { output = buffer }
      guard count > 0 else { break }
      context.write(wrapOutboundOut(buffer), promise: nil)
      wrote = true
      if count < Self.writeSize { break }
      context.flush()
    }
    if wrote, !isClosed { context.flush() }
    if !isClosed, !session.isAlive { closeChannel() }
  }
}

extension HTTP2Connection {
  private func stream(_ id: Int32) -> HTTP2Stream? {
    if let recent, recent.id == id { return recent }
    guard let stream = streams[id] else { return nil }
    recent = stream
    return stream
  }

  func takeBuffer() -> ByteBuffer { spareBuffers.popLast() ?? ByteBuffer() }

  func giveBack(_ buffer: consuming ByteBuffer) {
    guard (1...Self.spareBufferSize).contains(buffer.capacity),
      spareBuffers.count < Self.spareBufferCount, !isClosed
    else { return }
    buffer.clear()
    spareBuffers.append(buffer)
  }
}

extension HTTP2Connection: SessionDelegate {
  func received(_ headers: HeaderFields, on id: Int32, kind: HeaderKind) {
    guard kind != .request else {
      let stream = HTTP2Stream(id: id, connection: self)
      stream.hasReceivedHeaders = true
      streams[id] = stream
      recent = stream
      delegate?.connection(self, accepted: stream, headers: headers)
      return
    }
    guard let stream = stream(id) else { return }
    guard !stream.hasReceivedHeaders else {
      stream.delegate?.stream(stream, receivedTrailers: headers)
      return
    }
    if let status = headers.bytes(":status"), status.count == 3, status.first == UInt8(ascii: "1") {
      return
    }
    stream.hasReceivedHeaders = true
    stream.delegate?.stream(stream, receivedHeaders: headers)
  }

  func receivedTooLargeHeaders(on id: Int32, kind: HeaderKind) {
    switch kind {
    case .request:
      session?.submitResponse(id, HeaderFields([":status": "431"]), hasBody: false)
    case .response, .trailers:
      guard let stream = stream(id) else { return }
      stream.delegate?.streamReceivedTooLargeHeaders(stream)
      stream.reset(.cancel)
    }
  }

  func received(_ bytes: UnsafeRawBufferPointer, on id: Int32) {
    if let stream = stream(id) {
      stream.received(bytes)
    } else {
      session?.consume(id, bytes.count)
    }
  }

  func receivedEnd(of id: Int32) {
    guard let stream = stream(id) else { return }
    stream.hasReceivedEnd = true
    stream.delegate?.streamReceivedEnd(stream)
  }

  func closed(_ id: Int32, _ code: HTTP2ErrorCode) {
    if recent?.id == id { recent = nil }
    guard let stream = streams.removeValue(forKey: id) else { return }
    stream.close(code == .noError && stream.hasReceivedEnd ? .finished : .reset(code))
    if role == .client { delegate?.connectionMayOpenStreams(self) }
  }

  func sentHeaders(on id: Int32) {
    if role == .client { stream(id)?.wasSent = true }
  }

  func sentEnd(of id: Int32) {
    // An answer that is complete before its request tells the client to stop sending.
    guard role == .server else { return }
    if let stream = stream(id), stream.hasReceivedEnd { return }
    session?.reset(id, .noError)
  }

  func receivedSettings() {
    let isFirst = !isReady
    isReady = true
    if isFirst {
      handshakeTimer?.cancel()
      delegate?.connectionIsReady(self)
    }
    if role == .client { delegate?.connectionMayOpenStreams(self) }
  }

  func receivedGoAway(lastStream: Int32, _ code: HTTP2ErrorCode) {
    isGoingAway = true
    delegate?.connection(self, isGoingAway: code, lastStream: lastStream)
  }

  func receivedPingAck(_ payload: UInt64) {
    if payload == Self.shutdownPing { session?.submitGoAway(.noError) }
  }

  func body(of id: Int32, into buffer: UnsafeMutableRawBufferPointer) -> BodyChunk {
    guard let stream = stream(id) else { return BodyChunk(count: 0, end: .stream) }
    return stream.body(into: buffer)
  }
}
