import NIOCore

/// A plain HTTP/2 request and the means to answer it, for servers that are not gRPC: the body is read on demand,
/// which opens the sender's window, and writing suspends while the receiver does not read.
///
/// May be used from any task; on the connection's event loop nothing hops.
public final class HTTP2Exchange: HTTP2StreamDelegate, @unchecked Sendable {
  /// The request's fields, pseudo-headers included.
  public let headers: HeaderFields
  /// `10.0.0.7:51234`.
  public let peerAddress: String
  private let stream: HTTP2Stream
  // On the event loop only.
  private var body = ByteBuffer()
  private var closure: StreamClosure?
  private var reader: UnsafeContinuation<ByteBuffer?, any Error>?
  private var task: Task<Void, Never>?
  private var hasResponded = false
  private var hasFinished = false

  init(
    headers: HeaderFields, stream: HTTP2Stream, connection: HTTP2Connection,
    handle: @escaping @Sendable (HTTP2Exchange) async -> Void
  ) {
    self.headers = headers
    self.stream = stream
    peerAddress = connection.peerAddress
    task = Task(executorPreference: connection.executor) {
      await handle(self)
      stream.perform { _ in self.handlerEnded() }
    }
  }

  public var method: String { headers[":method"] ?? "" }
  /// Path and query as sent.
  public var path: String { headers[":path"] ?? "" }
  public var authority: String? { headers[":authority"] ?? headers["host"] }
  public var scheme: String { headers[":scheme"] ?? "" }
  public var eventLoop: any EventLoop { stream.eventLoop }

  // MARK: the request's body

  /// The next bytes of the body, nil at its end. Throws `HTTP2Error.streamClosed` when the client went away first.
  public func nextChunk() async throws -> ByteBuffer? {
    try await withUnsafeThrowingContinuation { continuation in
      stream.perform { _ in self.read(continuation) }
    }
  }

  private func read(_ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
    if body.readableBytes > 0 {
      continuation.resume(returning: takeBody())
    } else if stream.hasReceivedEnd {
      continuation.resume(returning: nil)
    } else if let closure {
      continuation.resume(throwing: HTTP2Error.streamClosed(closure))
    } else if let reader {
      self.reader = continuation
      reader.resume(throwing: CancellationError())
    } else {
      reader = continuation
    }
  }

  private func takeBody() -> ByteBuffer {
    let chunk = body
    body = ByteBuffer()
    stream.consume(chunk.readableBytes)
    return chunk
  }

  // MARK: the answer

  /// Sends status and headers, once; `headers` without pseudo-headers, names in lower case. With `endStream` this is
  /// the whole answer.
  public func respond(status: Int, _ headers: HeaderFields, endStream: Bool = false) {
    var block = HeaderFields()
    block.append(":status", String(status))
    block.append(contentsOf: headers)
    stream.perform { [block] stream in
      guard !self.hasResponded else { return }
      self.hasResponded = true
      self.hasFinished = endStream
      stream.respond(block, endStream: endStream)
    }
  }

  /// Sends body bytes; suspends while the client does not take them.
  public func write(_ bytes: ByteBuffer) async throws { try await stream.write(bytes) }

  /// Ends the answer.
  public func finish(trailers: HeaderFields? = nil) {
    stream.perform { stream in
      self.hasFinished = true
      stream.finish(trailers: trailers)
    }
  }

  /// Breaks the answer off, so that it cannot pass for a complete one.
  public func reset(_ code: HTTP2ErrorCode = .internalError) { stream.perform { $0.reset(code) } }

  private func handlerEnded() {
    if !hasFinished { stream.reset(.internalError) }
  }

  // MARK: HTTP2StreamDelegate

  public func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    body.writeBytes(bytes)
    guard let reader else { return }
    self.reader = nil
    reader.resume(returning: takeBody())
  }

  public func streamReceivedEnd(_ stream: HTTP2Stream) {
    guard let reader else { return }
    self.reader = nil
    reader.resume(returning: nil)
  }

  public func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    self.closure = closure
    if let reader {
      self.reader = nil
      reader.resume(throwing: HTTP2Error.streamClosed(closure))
    }
    if !hasFinished || closure != .finished { task?.cancel() }
    task = nil
  }
}

/// Answers each request of a connection with one async function that runs on the connection's event loop. Its task is
/// cancelled when the client goes away; a handler that returns without finishing its answer resets the stream.
public final class HTTP2ExchangeServer: HTTP2ConnectionDelegate {
  private let handle: @Sendable (HTTP2Exchange) async -> Void
  private let onClose: () -> Void

  public init(
    handle: @escaping @Sendable (HTTP2Exchange) async -> Void, onClose: @escaping () -> Void = {}
  ) {
    self.handle = handle
    self.onClose = onClose
  }

  public func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) {
    stream.delegate = HTTP2Exchange(
      headers: headers, stream: stream, connection: connection, handle: handle)
  }

  public func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) { onClose() }
}
