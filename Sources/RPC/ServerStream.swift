import HTTP2
import NIOCore

/// One call on the server, between its HTTP/2 stream and its handler.
///
/// State belongs to the connection's event loop. The handler's task runs there too, unless it awaited something
/// that moved it; `next` and `write` therefore look where they are and hop only then.
final class ServerStream:
  HTTP2StreamDelegate, MessageSource, MessageSink, Expiring, @unchecked Sendable
{
  private let call: Call
  private let stream: HTTP2Stream
  private let connection: ServerConnection
  private let takesStream: Bool
  private let counters: MethodCounters

  // Confined to one thread, so nothing here can overlap and the run-time checks of it find nothing.
  @exclusivity(unchecked) private var inbox: Inbox
  @exclusivity(unchecked) private var reader: LoopWait<[UInt8]?>?
  /// Runs the handler now.
  @exclusivity(unchecked) private var worker: HandlerTasks.Worker?
  @exclusivity(unchecked) var placeInQueue: Int?
  @exclusivity(unchecked) private var hasSentHeaders = false
  /// The answer's `grpc-encoding` is gzip.
  @exclusivity(unchecked) private var compresses = false
  /// The status is out or the stream is gone: nothing the handler does has an effect any more.
  @exclusivity(unchecked) private var isEnded = false
  /// Why, unless the handler was through.
  @exclusivity(unchecked) private var ending: Status?
  /// What the call ended with.
  @exclusivity(unchecked) private var code = Status.Code.cancelled

  private static let headers = HeaderFields(constant: [
    ":status": "200", "content-type": "application/grpc",
  ])
  private static let gzipHeaders = HeaderFields(constant: [
    ":status": "200", "content-type": "application/grpc", "grpc-encoding": "gzip",
    "grpc-accept-encoding": Compression.accepted,
  ])
  private static let cancelled = Status(.cancelled, "the call was cancelled")
  private static let success = HeaderFields(constant: ["grpc-status": "0"])

  /// - Parameter encoding: the request's `grpc-encoding`.
  init(
    call: Call, stream: HTTP2Stream, connection: ServerConnection, encoding: Compression,
    counters: MethodCounters
  ) {
    self.call = call
    self.stream = stream
    self.connection = connection
    self.counters = counters
    takesStream = call.route.takesStream
    inbox = connection.core.makeInbox(encoding)
    if let deadline = call.deadline {
      connection.deadlines(stream.eventLoop).insert(self, deadline)
    }
    if takesStream { start(message: []) }
  }

  // MARK: the stream

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    guard !isEnded else { return stream.consume(bytes.count) }
    do {
      stream.consume(try inbox.append(bytes))
    } catch {
      return abort(error)
    }
    if inbox.isInsideMessage || inbox.count > 1 { stream.keep(inbox.kept) }
    if !takesStream {
      if inbox.count > 1 { abort(Self.notOneMessage) }
    } else if let reader, reader.isWaiting, inbox.count > 0 {
      self.reader = nil
      read(reader)
    }
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {
    guard !isEnded else { return }
    if inbox.isInsideMessage { return abort(Status(.internal, "the last message is cut short")) }
    if takesStream {
      if inbox.count == 0 { resumeReader(.success(nil)) }
    } else {
      do throws(Status) {
        guard inbox.count == 1, let message = try take() else { return abort(Self.notOneMessage) }
        start(message: message)
      } catch {
        abort(error)
      }
    }
  }

  /// The next message, if there is one; opens the window for it.
  private func take() throws(Status) -> [UInt8]? {
    guard let (message, consumed) = try inbox.take() else { return nil }
    stream.consume(consumed)
    stream.keep(inbox.kept)
    counters.request(message.count)
    call.took(message.count)
    if inbox.acceptsCompressed { call.isRequestCompressed = inbox.tookCompressed }
    return message
  }

  private static let notOneMessage = Status(
    .unimplemented, "this method takes exactly one message")

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    guard !isEnded else { return }
    end(Self.cancelled)
  }

  /// The deadline has passed while the call was running.
  func expire() { abort(Self.expired) }

  private static let over = Status(.cancelled, "the call has ended")
  private static let expired = Status(.deadlineExceeded, "the deadline has passed")

  // MARK: the handler

  private func start(message: [UInt8]) {
    guard connection.beginHandler() else {
      return abort(Status(.resourceExhausted, "too many calls are running"))
    }
    connection.handlers.run(self, message)
  }

  /// Runs the handler; called on the event loop.
  ///
  /// Not `nonisolated(nonsending)`, and neither is what it consists of: the closure of `withValue` is not, and between
  /// the two kinds the compiler looks up the task's executor at each step; within one kind half as often.
  @inline(__always)
  func run(_ message: [UInt8], on worker: HandlerTasks.Worker) async {
    guard !isEnded else { return connection.endHandler() }
    self.worker = worker
    let result = await Call.$current.withValue(call) { await outcome(message) }
    if stream.eventLoop.inEventLoop {
      complete(result)
    } else {
      stream.eventLoop.execute { self.complete(result) }
    }
  }

  @inline(__always)
  private func outcome(
    _ message: [UInt8]
  ) async -> Result<[UInt8]?, any Error> {
    do {
      // Others may have kept the loop busy since the call was queued.
      if let deadline = call.deadline, deadline.hasPassed { throw Self.expired }
      return .success(try await answer(message))
    } catch {
      return .failure(error)
    }
  }

  @inline(__always)
  private func answer(_ message: [UInt8]) async throws -> [UInt8]? {
    let interceptors = connection.core.interceptors
    if interceptors.isEmpty { return try await invoke(message, call) }
    var response: [UInt8]?
    try await around(interceptors[...], call) { call in
      if let filter = call.messageFilter {
        response = try await invoke(message, call, through: filter)
      } else {
        response = try await invoke(message, call)
      }
      // So that an interceptor sees it; the message itself leaves after them.
      if let response { call.answered(response.count) }
    }
    return response
  }

  private func around(
    _ rest: ArraySlice<any ServerInterceptor>, _ call: Call, _ last: (Call) async throws -> Void
  ) async throws {
    guard let first = rest.first else { return try await last(call) }
    try await first.intercept(call) { call in try await around(rest.dropFirst(), call, last) }
  }

  @inline(__always)
  private func invoke(
    _ message: [UInt8], _ call: Call
  ) async throws -> [UInt8]? {
    switch call.route.body {
    case .unary(let handle): return try await handle(message, call)
    case .clientStreaming(let handle): return try await handle(requests, call)
    case .serverStreaming(let handle): try await handle(message, call, responses)
    case .bidirectional(let handle): try await handle(requests, call, responses)
    case nil: throw Status(.unimplemented, "no such method")
    }
    return nil
  }

  private var requests: RequestStream<[UInt8]> { RequestStream(source: self) { $0 } }
  private var responses: ResponseWriter<[UInt8]> { ResponseWriter(sink: self) { $0 } }

  private func complete(_ result: Result<[UInt8]?, any Error>) {
    worker = nil
    connection.endHandler()
    guard !isEnded else { return }
    do {
      if let message = try result.get() {
        try Frame.check(message, limit: connection.core.configuration.maximumResponseBytes)
        try sendHeaders()
        send(message, compressed: compresses)
      }
      sendStatus(nil)
    } catch {
      let status = Status(thrown: error)
      logFailure(status)
      sendStatus(status)
    }
    end(nil)
  }

  /// Unforeseen errors are the operator's business; a refusal with a reason is worth a line, no more.
  private func logFailure(_ status: Status) {
    guard let reason = status.internalReason else { return }
    connection.core.logger.log(
      level: status.code == .unknown || status.code == .internal ? .error : .info, "call failed",
      metadata: [
        "request_id": "\(call.requestID)", "method": "\(call.method.path)",
        "code": "\(status.code)", "reason": "\(reason)",
      ])
  }

  // MARK: the answer

  private func sendHeaders() throws(Status) {
    guard !hasSentHeaders else { return }
    let (metadata, wantsCompression) = call.head
    compresses = wantsCompression && call.clientAcceptsGzip
    var headers = compresses ? Self.gzipHeaders : Self.headers
    if let metadata { headers.append(contentsOf: try sendable(metadata)) }
    hasSentHeaders = true
    stream.respond(headers)
  }

  private func send(_ message: [UInt8], compressed: Bool) {
    counters.response(message.count)
    if compressed {
      stream.send { Frame.write(message, compressed: true, to: &$0) }
    } else {
      stream.send { Frame.write(message, to: &$0) }
    }
  }

  /// Sends the status: nil is OK.
  private func sendStatus(_ status: Status?) {
    do throws(Status) {
      if status == nil { try sendHeaders() }
      sendStatus(status, with: try call.addedTrailingMetadata.map(sendable))
    } catch {
      logFailure(error)
      sendStatus(error, with: nil)
    }
  }

  private func sendStatus(_ status: Status?, with metadata: HeaderFields?) {
    code = status?.code ?? .ok
    if let status, !hasSentHeaders {
      var fields = status.trailersOnly
      // What would have come with the headers comes with the status: there is only one block.
      if let initial = call.head.metadata?.visibleFields, initial.listSize <= metadataLimit {
        fields.append(contentsOf: initial)
      }
      if let metadata { fields.append(contentsOf: metadata) }
      stream.respond(fields, endStream: true)
    } else {
      var trailers = Self.success
      if let status {
        trailers = HeaderFields()
        status.appendFields(to: &trailers)
      }
      if let metadata { trailers.append(contentsOf: metadata) }
      stream.finish(trailers: trailers)
    }
  }

  private var metadataLimit: Int { connection.core.configuration.maximumMetadataBytes }

  /// What the handler added, without names of the protocol. INTERNAL when it is over the limit.
  private func sendable(_ metadata: Metadata) throws(Status) -> HeaderFields {
    let fields = metadata.visibleFields
    guard fields.listSize <= metadataLimit else {
      throw Status(
        .internal, "internal error", because: "metadata of \(fields.listSize) bytes was set")
    }
    return fields
  }

  /// Answers with an error while the handler waits or runs, and cancels it.
  private func abort(_ status: Status) {
    guard !isEnded else { return }
    stream.discardUnsent()
    if hasSentHeaders, !stream.hasWindow {
      // Trailers follow the body, and of that nothing may leave while the client does not read.
      code = status.code
      stream.reset(.cancel)
    } else {
      sendStatus(status)
    }
    end(status)
  }

  /// The call is over. With a status, the handler still runs and is cancelled.
  private func end(_ status: Status?) {
    if !isEnded {
      isEnded = true
      ending = status
      let now = NIODeadline.now().uptimeNanoseconds
      counters.ended(code, nanoseconds: now - min(now, call.startedAt))
    }
    if placeInQueue != nil { connection.deadlines(stream.eventLoop).remove(self) }
    inbox.clear()
    if let status { cancelHandler(status) } else { call.end() }
  }

  private func cancelHandler(_ status: Status) {
    resumeReader(.failure(status))
    call.cancel(status.code)
    worker?.cancel()
  }

  private func resumeReader(_ result: Result<[UInt8]?, any Error>) {
    guard let reader else { return }
    self.reader = nil
    reader.resume(with: result)
  }

  // MARK: MessageSource and MessageSink, from the handler

  func next() async throws -> [UInt8]? {
    try await LoopWait.run(on: stream.eventLoop, cancellation: Self.cancelled) { self.read($0) }
  }

  private func read(_ wait: LoopWait<[UInt8]?>) {
    do throws(Status) {
      if let message = try take() { return wait.resume(with: .success(message)) }
    } catch {
      abort(error)
      return wait.resume(with: .failure(error))
    }
    if isEnded {
      wait.resume(with: .failure(ending ?? Self.over))
    } else if stream.hasReceivedEnd {
      wait.resume(with: .success(nil))
    } else if let reader, reader.isWaiting {
      wait.resume(
        with: .failure(Status(.internal, "internal error", because: "two readers")))
    } else {
      reader = wait
    }
  }

  var trailingMetadata: Metadata { Metadata() }
  var tookCompressed: Bool { call.isRequestCompressed }
  func initialMetadata() async throws -> Metadata { call.metadata }

  func write(_ message: [UInt8], compressed: Bool) async throws {
    try Frame.check(message, limit: connection.core.configuration.maximumResponseBytes)
    try await onLoop {
      try self.sendHeaders()
      self.call.answered(message.count)
      self.send(message, compressed: compressed && self.compresses)
    }
    do { try await stream.waitUntilWritable() } catch {
      throw Self.cancelled
    }
  }

  func sendInitialMetadata() async throws { try await onLoop { try self.sendHeaders() } }

  /// The end of the responses is the end of the handler.
  func finish() async throws {}

  private func onLoop(_ body: @escaping @Sendable () throws -> Void) async throws {
    if stream.eventLoop.inEventLoop { return try checked(body) }
    try await stream.eventLoop.submit { try self.checked(body) }.get()
  }

  private func checked(_ body: () throws -> Void) throws {
    if isEnded { throw ending ?? Self.over }
    try body()
  }
}

extension Route {
  /// Whether the handler starts with the headers and reads messages itself.
  var takesStream: Bool {
    switch body {
    case .unary, .serverStreaming, nil: false
    case .clientStreaming, .bidirectional: true
    }
  }
}
