import HTTP2
import NIOCore

/// The requests, as the caller writes them.
extension ClientCall: MessageSink {
  func write(_ message: [UInt8], compressed: Bool) async throws {
    var mustWait = try await submit(message, compressed && compressesRequests)
    while mustWait {
      let stream = try await opened()
      do {
        try await stream.waitUntilWritable()
        mustWait = false
      } catch is CancellationError {
        throw Self.cancelled
      } catch is HTTP2Error {
        // That attempt is over: there is another, or `opened` throws what the call ended with.
      }
    }
  }

  private func submit(_ message: [UInt8], _ compressed: Bool) async throws -> Bool {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop { continuation.resume(with: Result { try self.accept(message, compressed) }) }
    }
  }

  /// Sends or keeps a message; true when the writer should wait.
  private func accept(_ message: [UInt8], _ compressed: Bool) throws(Status) -> Bool {
    if let result { throw afterEnd(result) }
    guard !hasFinished else {
      throw Status(.internal, "internal error", because: "write after finish")
    }
    try Frame.check(message, limit: requestLimit)
    if let counters { counters.request(message.count) }
    if isCommitted, let stream {
      stream.send { Frame.write(message, compressed: compressed, to: &$0) }
      return !stream.isWritable
    }
    let start = outbox.writerIndex
    Frame.write(message, compressed: compressed, to: &outbox)
    let frame = outbox.getSlice(at: start, length: outbox.writerIndex - start) ?? ByteBuffer()
    stream?.send { $0.writeImmutableBuffer(frame) }
    hedging?.send(frame)
    keep(frame.readableBytes)
    if let stream { return !stream.isWritable }
    return keptBytes > core.configuration.retryBufferBytes
  }

  /// The stream of the running attempt, once there is one.
  private func opened() async throws -> HTTP2Stream {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop {
        if let result = self.result {
          continuation.resume(throwing: self.afterEnd(result))
        } else if let stream = self.stream {
          continuation.resume(returning: stream)
        } else {
          self.openWaiters.append(continuation)
        }
      }
    }
  }

  /// What a writer hears after the end: also an OK means that nobody reads any more.
  func afterEnd(_ status: Status) -> Status { status.code == .ok ? Self.answered : status }

  static let answered = Status(.cancelled, "the server has ended the call")

  func sendInitialMetadata() async throws {}

  func finish() async throws {
    try await withUnsafeThrowingContinuation {
      (continuation: UnsafeContinuation<Void, any Error>) in
      onLoop {
        if !self.hasFinished, self.result == nil {
          self.hasFinished = true
          self.stream?.finish()
          self.hedging?.finishRequests()
        }
        continuation.resume()
      }
    }
  }
}
