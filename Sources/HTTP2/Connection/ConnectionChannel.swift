import NIOCore

// Bytes in and bytes out.
extension HTTP2Connection: ChannelDuplexHandler {
  public typealias InboundIn = ByteBuffer
  public typealias OutboundIn = ByteBuffer
  public typealias OutboundOut = ByteBuffer

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

  private static let writeSize = 64 * 1024
  /// Settings and an answer; who has more to say gets more.
  private static let firstOutput = 480
  /// A connection that once had much to say does not keep the memory for it.
  private static let keptOutput = 16 * 1024

  private func start(_ context: ChannelHandlerContext) {
    guard session == nil, !isClosed else { return }
    peerAddress = context.channel.remoteAddress.map(Self.describe) ?? ""
    do {
      session = try Session(role: role, configuration: configuration, delegate: self)
    } catch {
      lastError = error
      return closeChannel()
    }
    if let counters = configuration.counters { HTTP2Counters.add(to: counters.opened) }
    startUpkeep()
    setNeedsPump()
  }

  private static func describe(_ address: SocketAddress) -> String {
    if let host = address.ipAddress, let port = address.port {
      return address.protocol == .inet6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
    return "unix:" + (address.pathname ?? "")
  }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let session, !isClosed, !isLingering else { return }
    if !isReading {
      isReading = true
      executor.hold()
    }
    let buffer = unwrapInboundIn(data)
    load.received += buffer.readableBytes
    noteRead()
    if !buffer.withUnsafeReadableBytes(session.receive) {
      isReading = false
      executor.release()
      pump()
      linger()
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

  public func read(context: ChannelHandlerContext) {
    guard !isReadingLater else { return }
    guard isReady, let pause = delegate?.pauseBeforeReading(self) else { return context.read() }
    isReadingLater = true
    eventLoop.assumeIsolated().scheduleTask(in: pause) {
      self.isReadingLater = false
      self.context?.read()
    }
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

  private func loseStreams() {
    let lost = streams.all
    streams = StreamTable()
    recent = nil
    for stream in lost { stream.close(.connectionLost) }
  }

  /// Ends a connection whose peer broke the rules: the GOAWAY is out, our side is closed, and what the peer still sends
  /// is thrown away for a moment. Closing at once would make the kernel answer with a reset, and that would
  /// overtake the GOAWAY.
  private func linger() {
    guard let context, !isClosed, !isLingering else { return }
    isLingering = true
    upkeep.timer?.cancel()
    loseStreams()
    upkeep.timer = eventLoop.scheduleTask(in: .milliseconds(500)) { self.closeChannel() }
    let halfClosed = eventLoop.makePromise(of: Void.self)
    halfClosed.futureResult.whenFailure { _ in self.closeChannel() }
    context.close(mode: .output, promise: halfClosed)
  }

  private func didClose() {
    guard !isClosed else { return }
    isClosed = true
    upkeep.timer?.cancel()
    loseStreams()
    spareBuffers = []
    output = nil
    closeAccounts()
    if isReading {
      isReading = false
      executor.release()
    }
    let delegate = self.delegate
    self.delegate = nil
    delegate?.connectionClosed(self, error: lastError)
    session = nil
    HeapTrim.shared.connectionEnded()
  }

  // MARK: output

  /// Something may wait to be sent: it leaves with the current read's flush, or in the next turn of the loop.
  func setNeedsPump() {
    guard !isReading, !isPumping, !isPumpScheduled, !isClosed, !isLingering else { return }
    isPumpScheduled = true
    eventLoop.execute {
      self.isPumpScheduled = false
      self.pump()
    }
  }

  func pump() {
    guard let session, let context, !isClosed, !isLingering, !isPumping, !isReading else { return }
    isPumping = true
    defer { isPumping = false }
    var wrote = false
    while !isClosed, context.channel.isWritable {
      var buffer = output ?? context.channel.allocator.buffer(capacity: Self.firstOutput)
      output = nil
      // Takes new memory by itself when the last bytes have not left yet.
      buffer.clear(minimumCapacity: 0)
      guard session.send(into: &buffer, limit: Self.writeSize) else {
        return closeChannel()
      }
      let count = buffer.readableBytes
      if buffer.capacity <= Self.keptOutput { output = buffer }
      guard count > 0 else { break }
      load.sent += count
      context.write(wrapOutboundOut(buffer), promise: nil)
      wrote = true
      if count < Self.writeSize { break }
      context.flush()
    }
    if wrote, !isClosed { context.flush() }
    if isClosed { return }
    if session.isCondemned {
      linger()
    } else if !session.isAlive, !awaitsShutdownPing {
      closeChannel()
    }
  }
}
