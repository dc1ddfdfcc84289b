import NIOCore

// What the session tells.
extension HTTP2Connection {
  func stream(_ id: Int32) -> HTTP2Stream? {
    if let recent, recent.id == id { return recent }
    guard let stream = streams[id] else { return nil }
    recent = stream
    return stream
  }

  private static let spareBufferCount = 32
  private static let spareBufferSize = 4096

  func takeBuffer() -> ByteBuffer { spareBuffers.popLast() ?? ByteBuffer() }

  /// Takes an empty buffer; clearing one that its stream still holds would make new memory.
  func giveBack(_ buffer: consuming ByteBuffer) {
    guard (1...Self.spareBufferSize).contains(buffer.capacity),
      spareBuffers.count < Self.spareBufferCount, !isClosed
    else { return }
    spareBuffers.append(buffer)
  }
}

extension HTTP2Connection: SessionDelegate {
  func received(_ headers: HeaderFields, on id: Int32, kind: HeaderKind, isLast: Bool) {
    guard kind != .request else {
      guard streams.count < configuration.maximumConcurrentStreams else {
        session?.reset(id, .refusedStream)
        return
      }
      let stream = HTTP2Stream(id: id, connection: self)
      stream.hasReceivedHeaders = true
      stream.hasReceivedEnd = isLast
      add(stream)
      recent = stream
      if configuration.budget.isExhausted { return stream.reset(.refusedStream) }
      delegate?.connection(self, accepted: stream, headers: headers)
      return
    }
    guard let stream = stream(id) else { return }
    guard !stream.hasReceivedHeaders else {
      stream.delegate?.stream(stream, receivedTrailers: headers)
      return
    }
    if let status = headers.bytes(":status"), status.count == 3, status.first == UInt8(ascii: "1") {
      session?.countControlFrame()
      return
    }
    stream.hasReceivedHeaders = true
    stream.delegate?.stream(stream, receivedHeaders: headers)
  }

  func receivedTooLargeHeaders(on id: Int32, kind: HeaderKind) {
    switch kind {
    case .request:
      session?.submitResponse(id, configuration.tooLargeHeadersAnswer, hasBody: false)
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
    guard let stream = streams.remove(id) else { return }
    stream.close(code == .noError && stream.hasReceivedEnd ? .finished : .reset(code))
    if role == .client { delegate?.connectionMayOpenStreams(self) }
  }

  func sentHeaders(on id: Int32) {
    if role == .client { stream(id)?.wasSent = true }
  }

  func sentEnd(of id: Int32) {
    // An answer that is complete before its request tells the client to stop sending.
    guard role == .server else { return }
    session?.answered()
    if let stream = stream(id), stream.hasReceivedEnd { return }
    session?.explainReset()
    session?.reset(id, .noError)
  }

  func receivedSettings() {
    let isFirst = !isReady
    isReady = true
    if isFirst {
      startTicking()
      delegate?.connectionIsReady(self)
    }
    if role == .client { delegate?.connectionMayOpenStreams(self) }
  }

  func receivedGoAway(_ goAway: GoAway) {
    self.goAway = goAway
    isGoingAway = true
    delegate?.connection(self, isGoingAway: goAway.code, lastStream: goAway.lastStream)
    guard goAway.code != .noError else { return }
    // A peer in trouble is not waited for, except for what came with this read.
    eventLoop.execute { self.closeChannel() }
  }

  func receivedPing() {
    guard role == .server, let session else { return }
    let hasSent = session.hasSentPayload
    session.hasSentPayload = false
    let isAllowed = strikes.allow(
      at: eventLoop.now, hasCalls: !streams.isEmpty, hasSent: hasSent, configuration)
    if !isAllowed { session.condemn("too_many_pings") }
  }

  func receivedPingAck(_ payload: UInt64) {
    switch payload {
    case Self.shutdownPing: finishShutDown()
    case Self.bandwidthPing: bandwidthSampled()
    default: break
    }
  }

  func body(of id: Int32, into buffer: UnsafeMutableRawBufferPointer) -> BodyChunk {
    guard let stream = stream(id) else { return BodyChunk(count: 0, end: .stream) }
    return stream.body(into: buffer)
  }
}
