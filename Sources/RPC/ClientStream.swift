import HTTP2
import NIOCore

/// One call on the client, from its queueing to its status, over one HTTP/2 stream or, when the first one refused it,
/// over a second.
///
/// State belongs to the channel's event loop; `unary`, `next`, `write`, `cancel` may be called from any task.
final class ClientStream: PendingAttempt, HTTP2StreamDelegate, MessageSource, MessageSink,
  @unchecked Sendable
{
  let waitsForReady: Bool
  var place: AttemptQueue.Place?
  private let connections: Connections
  private let eventLoop: any EventLoop
  private let headers: HeaderFields
  private let deadline: Deadline?
  private let requestLimit: Int

  private var stream: HTTP2Stream?
  private var lease: CallLease?
  private var deadlineTimer: Scheduled<Void>?
  private var wasRefused = false
  /// How the call ended.
  private var result: Status?

  // The request: what was written so far, as long as it may have to be sent again.
  private var outbox = ByteBuffer()
  private var mayReplay = true
  private var hasFinished = false
  private var openWaiters: [UnsafeContinuation<Void, any Error>] = []
  private static let replayLimit = 64 * 1024

  // The answer.
  private var inbox: Inbox
  private var reader: UnsafeContinuation<[UInt8]?, any Error>?
  private var unaryWaiter: UnsafeContinuation<UnaryResponse<[UInt8]>, any Error>?
  private var headerWaiters: [UnsafeContinuation<Metadata, any Error>] = []
  private var responseHeaders: HeaderFields?
  private var trailers: HeaderFields?

  init(
    connections: Connections, headers: HeaderFields, deadline: Deadline?, waitsForReady: Bool,
    requestLimit: Int, responseLimit: Int
  ) {
    self.connections = connections
    eventLoop = connections.eventLoop
    self.headers = headers
    self.deadline = deadline
    self.waitsForReady = waitsForReady
    self.requestLimit = requestLimit
    inbox = Inbox(limit: responseLimit)
  }

  var hasEnded: Bool { result != nil }

  private func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
  }

  // MARK: life

  func start() { onLoop { self.begin() } }

  private func begin() {
    guard result == nil else { return }
    if let deadline {
      deadlineTimer = eventLoop.scheduleTask(deadline: deadline.nioDeadline) {
        self.fail(Status(.deadlineExceeded, "the deadline has passed"))
      }
    }
    connections.start(self)
  }

  func unary(_ request: [UInt8]) async throws -> UnaryResponse<[UInt8]> {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop {
        if let result = self.result { return continuation.resume(throwing: result) }
        self.unaryWaiter = continuation
        Frame.write(request, to: &self.outbox)
        self.hasFinished = true
        self.begin()
      }
    }
  }

  /// Sends what there is on a stream of this connection.
  func open(on connection: HTTP2Connection, lease: CallLease) {
    self.lease = lease
    var headers = headers
    if let deadline { headers.append("grpc-timeout", Timeout.format(deadline.remaining)) }
    do {
      let stream = try connection.open(headers, endStream: false, delegate: self)
      self.stream = stream
      if outbox.readableBytes > 0 { stream.send { $0.writeImmutableBuffer(outbox) } }
      if hasFinished { stream.finish() }
      if outbox.readableBytes > Self.replayLimit, unaryWaiter == nil { dropReplay() }
      let waiters = openWaiters
      openWaiters = []
      for waiter in waiters { waiter.resume() }
    } catch {
      fail(Status(.unavailable, "the connection takes no more calls", because: "\(error)"))
    }
  }

  func couldNotStart(_ status: Status) { fail(status) }

  private func endLease(_ code: Status.Code?) {
    lease?.end(code)
    lease = nil
  }

  /// Ends the call from this side; harmless when it has ended.
  func cancel() { onLoop { self.fail(Status(.cancelled, "the call was cancelled")) } }

  func fail(_ status: Status) {
    guard result == nil else { return }
    inbox.clear()
    end(status)
    stream?.reset(.cancel)
  }

  private func end(_ status: Status) {
    guard result == nil else { return }
    result = status
    place?.leave()
    endLease(status.code)
    deadlineTimer?.cancel()
    deadlineTimer = nil
    dropReplay()
    resumeUnary(status)
    if inbox.count == 0 || status.code != .ok { resumeReader() }
    let waiters = headerWaiters
    headerWaiters = []
    for waiter in waiters { answerHeaders(waiter) }
    let opening = openWaiters
    openWaiters = []
    for waiter in opening { waiter.resume(throwing: status) }
  }

  private func dropReplay() {
    mayReplay = false
    outbox = ByteBuffer()
  }

  private func resumeUnary(_ status: Status) {
    guard let waiter = unaryWaiter else { return }
    unaryWaiter = nil
    guard status.code == .ok else { return waiter.resume(throwing: status) }
    do throws(Status) {
      guard inbox.count == 1, let (message, _) = try inbox.take() else {
        throw Status(.internal, "the server answered OK with \(inbox.count) messages")
      }
      waiter.resume(
        returning: UnaryResponse(
          message: message, initialMetadata: Metadata(received: responseHeaders ?? HeaderFields()),
          trailingMetadata: trailingMetadata))
    } catch {
      waiter.resume(throwing: error)
    }
  }

  private func resumeReader() {
    guard let reader, let result else { return }
    self.reader = nil
    if result.code == .ok { reader.resume(returning: nil) } else { reader.resume(throwing: result) }
  }

  // MARK: the stream

  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    guard result == nil else { return }
    dropReplay()
    responseHeaders = headers
    let http = headers[":status"] ?? ""
    if http != "200" {
      return fail(Status(fields: headers) ?? Status(httpStatus: http))
    }
    guard headers.bytes("content-type")?.starts(with: "application/grpc".utf8) == true else {
      return fail(Status(.unknown, "the server did not answer with gRPC"))
    }
    if let encoding = headers.bytes("grpc-encoding"), !encoding.elementsEqual("identity".utf8) {
      return fail(Status(.internal, "the server answered with an unknown grpc-encoding"))
    }
    let waiters = headerWaiters
    headerWaiters = []
    for waiter in waiters { answerHeaders(waiter) }
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    guard result == nil else { return stream.consume(bytes.count) }
    do {
      stream.consume(try inbox.append(bytes))
    } catch {
      return fail(error)
    }
    if unaryWaiter != nil {
      if inbox.count > 1 { fail(Status(.internal, "the server answered with two messages")) }
    } else if let reader, inbox.count > 0 {
      self.reader = nil
      read(reader)
    }
  }

  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    self.trailers = trailers
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {
    guard result == nil else { return }
    let fields = trailers ?? responseHeaders ?? HeaderFields()
    var status = Status(fields: fields) ?? Status(.internal, "the answer has no grpc-status")
    if status.code == .ok, inbox.isInsideMessage {
      status = Status(.internal, "the last message is cut short")
    }
    end(status)
    if !hasFinished { stream.reset(.cancel) }
  }

  func streamReceivedTooLargeHeaders(_ stream: HTTP2Stream) {
    fail(Status(.resourceExhausted, "the server's headers are over the limit"))
  }

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    self.stream = nil
    guard result == nil else { return }
    let isRefused = closure == .reset(.refusedStream)
    if mayReplay, responseHeaders == nil, !stream.wasSent || (isRefused && !wasRefused) {
      endLease(nil)
      wasRefused = wasRefused || (isRefused && stream.wasSent)
      // The connection tells its end to `Connections` after its streams: wait for that.
      return eventLoop.execute { if self.result == nil { self.connections.start(self) } }
    }
    end(Status(closure: closure))
  }

  // MARK: MessageSource

  func next() async throws -> [UInt8]? {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop { self.read(continuation) }
    }
  }

  private func read(_ continuation: UnsafeContinuation<[UInt8]?, any Error>) {
    do throws(Status) {
      if let (message, consumed) = try inbox.take() {
        stream?.consume(consumed)
        return continuation.resume(returning: message)
      }
    } catch {
      fail(error)
      return continuation.resume(throwing: error)
    }
    if reader != nil {
      continuation.resume(throwing: Status(.internal, "internal error", because: "two readers"))
    } else {
      reader = continuation
      if result != nil { resumeReader() }
    }
  }

  func initialMetadata() async throws -> Metadata {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop {
        if self.responseHeaders == nil, self.result == nil {
          self.headerWaiters.append(continuation)
        } else {
          self.answerHeaders(continuation)
        }
      }
    }
  }

  private func answerHeaders(_ waiter: UnsafeContinuation<Metadata, any Error>) {
    if let responseHeaders {
      waiter.resume(returning: Metadata(received: responseHeaders))
    } else if let result, result.code != .ok {
      waiter.resume(throwing: result)
    } else {
      waiter.resume(returning: Metadata())
    }
  }

  /// Trailers-Only answers have their trailing metadata in the one block there is.
  var trailingMetadata: Metadata { Metadata(received: trailers ?? HeaderFields()) }

  // MARK: MessageSink

  func write(_ message: [UInt8], compressed: Bool) async throws {
    try Frame.check(message, limit: requestLimit)
    let mustWait = try await submit(message)
    guard mustWait else { return }
    try await opened()
    guard let stream = try await currentStream() else { return }
    do { try await stream.waitUntilWritable() } catch {
      throw try await outcome()
    }
  }

  private func submit(_ message: [UInt8]) async throws -> Bool {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop { continuation.resume(with: Result { try self.accept(message) }) }
    }
  }

  /// Sends or keeps a message; true when the writer should wait.
  private func accept(_ message: [UInt8]) throws(Status) -> Bool {
    if let result { throw ended(result) }
    guard !hasFinished else {
      throw Status(.internal, "internal error", because: "write after finish")
    }
    if let stream { stream.send { Frame.write(message, to: &$0) } }
    if mayReplay {
      Frame.write(message, to: &outbox)
      if stream != nil, outbox.readableBytes > Self.replayLimit { dropReplay() }
    }
    return stream.map { !$0.isWritable } ?? (outbox.readableBytes > Self.replayLimit)
  }

  private func opened() async throws {
    try await withUnsafeThrowingContinuation {
      (continuation: UnsafeContinuation<Void, any Error>) in
      onLoop {
        if let result = self.result {
          continuation.resume(throwing: self.ended(result))
        } else if self.stream != nil {
          continuation.resume()
        } else {
          self.openWaiters.append(continuation)
        }
      }
    }
  }

  private func currentStream() async throws -> HTTP2Stream? {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop { continuation.resume(returning: self.stream) }
    }
  }

  private func outcome() async throws -> Status {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop {
        continuation.resume(
          returning: self.result.map(self.ended) ?? Status(.unavailable, "the connection was lost"))
      }
    }
  }

  /// What a writer hears after the end: also an OK means that nobody reads any more.
  private func ended(_ status: Status) -> Status {
    status.code == .ok ? Status(.cancelled, "the server has ended the call") : status
  }

  func sendInitialMetadata() async throws {}

  func finish() async throws {
    try await withUnsafeThrowingContinuation {
      (continuation: UnsafeContinuation<Void, any Error>) in
      onLoop {
        if !self.hasFinished, self.result == nil {
          self.hasFinished = true
          self.stream?.finish()
        }
        continuation.resume()
      }
    }
  }
}
