import HTTP2
import NIOCore
import NIOHTTP1
import Values

/// The requests of one HTTP/2 connection. Everything here runs on the connection's event loop.
final class HTTP2Requests: HTTP2ConnectionDelegate, @unchecked Sendable {
  private let edge: any EdgeService
  private let origin: ConnectionOrigin
  private let now: @Sendable () -> NIODeadline
  private let pace = ReadingPace()

  /// - Parameter now: by which the pace of reading goes.
  init(
    _ edge: any EdgeService, origin: ConnectionOrigin,
    now: @escaping @Sendable () -> NIODeadline = { .now() }
  ) {
    self.edge = edge
    self.origin = origin
    self.now = now
  }

  func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) {
    if let answer = edge.floodAnswer(headers) {
      pace.noteRefusal(at: now())
      return refuse(stream, answer)
    }
    let request: HTTP2RequestHead
    do throws(HTTP1Parser.Fault) {
      request = try HTTP2RequestHead(headers, limits: edge.limits)
    } catch {
      return refuse(stream, error.problem)
    }
    let exchange = HTTP2Exchange(stream, of: self, bodyTime: edge.limits.bodyTime)
    let body = stream.hasReceivedEnd ? .none : exchange.makeBody(request, edge.limits)
    stream.delegate = exchange
    let incoming = IncomingRequest(
      method: request.method, target: request.path, host: request.authority,
      headers: request.headers, body: body, origin: origin)
    let prompt = edge.promptAnswer(incoming, on: stream.eventLoop) { exchange.send($0) }
    if let prompt { return exchange.hold(prompt) }
    let isHead = request.method == .HEAD
    exchange.task = Task(executorPreference: connection.executor) { [edge] in
      await edge.answer(incoming) { response in await exchange.send(response, isHead: isHead) }
    }
  }

  /// Of connections whose requests are refused alone: others are read as ever.
  func pauseBeforeReading(_ connection: HTTP2Connection) -> TimeAmount? {
    pace.pause(at: now())
  }

  /// An answer begins.
  fileprivate func answered(_ status: HTTPResponseStatus) { pace.noteAnswer(status, at: now()) }

  /// Without a delegate the stream drops whatever still comes of the request.
  private func refuse(_ stream: HTTP2Stream, _ answer: Flood.Answer) {
    stream.respond(answer.fields)
    stream.send { $0.writeBytes(answer.body) }
    stream.finish()
  }

  private func refuse(_ stream: HTTP2Stream, _ problem: Problem) {
    let response = edge.refusal(problem, origin: origin)
    let exchange = HTTP2Exchange(stream, of: self, bodyTime: edge.limits.bodyTime)
    stream.delegate = exchange
    guard case .bytes(let bytes) = response.body else {
      return stream.respond(HTTP2Exchange.fields(response, length: 0), endStream: true)
    }
    stream.respond(HTTP2Exchange.fields(response, length: bytes.count))
    stream.send { $0.writeBytes(bytes) }
    stream.finish()
  }
}

/// One stream: its body on the way in, its answer on the way out.
final class HTTP2Exchange: HTTP2StreamDelegate, @unchecked Sendable {
  private let stream: HTTP2Stream
  private let requests: HTTP2Requests
  private let bodyTime: TimeAmount
  private var body: RequestBody?
  var task: Task<Void, Never>?
  /// Instead of a task, where none is needed.
  private var prompt: PromptAnswer?
  /// Bytes that were handed on; the window opens for them when the reader asks for more.
  private var unconsumed = 0
  private var timer: Scheduled<Void>?
  /// The answer that others write, while there is one.
  private var push: HTTP2Push?

  /// - Parameter bodyTime: how long the peer may let a reader of the body wait.
  init(_ stream: HTTP2Stream, of requests: HTTP2Requests, bodyTime: TimeAmount) {
    self.stream = stream
    self.requests = requests
    self.bodyTime = bodyTime
  }

  // MARK: In

  /// What is cancelled with the stream.
  func hold(_ prompt: PromptAnswer) {
    if stream.closure == nil { self.prompt = prompt }
  }

  func makeBody(_ request: HTTP2RequestHead, _ limits: EdgeLimits) -> RequestBody {
    let body = RequestBody(declaredLength: request.contentLength, pace: .init(limits)) {
      [weak self] in
      self?.demandBody()
    }
    self.body = body
    return body
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    timer?.cancel()
    guard let body else { return stream.consume(bytes.count) }
    unconsumed += bytes.count
    body.receive(ByteBuffer(bytes: bytes))
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {
    timer?.cancel()
    body?.finish()
  }

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    timer?.cancel()
    body?.fail(.aborted)
    if closure != .finished {
      task?.cancel()
      prompt?.cancel()
    }
    task = nil
    prompt = nil
    push?.closed()
    push = nil
  }

  /// The reader has taken what there was and waits for more.
  func demandBody() {
    stream.eventLoop.execute {
      guard self.stream.connection != nil else { return }
      if self.unconsumed > 0 { self.stream.consume(self.unconsumed) }
      self.unconsumed = 0
      guard !self.stream.hasReceivedEnd else { return }
      self.timer?.cancel()
      self.timer = self.stream.eventLoop.scheduleTask(in: self.bodyTime) { [weak self] in
        self?.body?.fail(.timedOut)
      }
    }
  }

  // MARK: Out

  /// On the event loop: an answer in one piece is written at once.
  func send(_ response: Response) {
    switch response.body {
    case .empty: respond(response, length: 0, bytes: [])
    case .bytes(let bytes): respond(response, length: bytes.count, bytes: bytes)
    case .push, .stream: task = Task { await send(response, isHead: false) }
    }
  }

  func send(_ response: Response, isHead: Bool) async {
    do {
      switch response.body {
      case .empty: await perform { [self] _ in respond(response, length: 0, bytes: []) }
      case .bytes(let bytes):
        await perform { [self] _ in
          respond(response, length: bytes.count, bytes: isHead ? [] : bytes)
        }
      case .push(let accept):
        await perform { [self] stream in
          begin(response, length: nil, isAll: isHead)
          guard !isHead else { return }
          let push = HTTP2Push(stream)
          self.push = push
          task = nil
          accept(push)
        }
      case .stream(let length, let produce):
        await perform { [self] _ in begin(response, length: length, isAll: isHead) }
        guard !isHead else { return }
        try await produce(Writer(stream: stream))
        await perform { $0.finish() }
      }
    } catch {
      // A broken-off answer must not look whole, and what it says of the error must arrive.
      await perform { $0.breakOff(.internalError) }
    }
  }

  private func respond(_ response: Response, length: Int, bytes: [UInt8]) {
    begin(response, length: length, isAll: bytes.isEmpty)
    guard !bytes.isEmpty else { return }
    stream.send { $0.writeBytes(bytes) }
    stream.finish()
  }

  /// - Parameter isAll: nothing follows the head.
  private func begin(_ response: Response, length: Int?, isAll: Bool) {
    requests.answered(response.status)
    stream.respond(Self.fields(response, length: length), endStream: isAll)
  }

  private func perform(_ body: @escaping @Sendable (HTTP2Stream) -> Void) async {
    let stream = self.stream
    // Where requests are answered anyway: a task of a connection runs on its loop.
    if stream.eventLoop.inEventLoop { return body(stream) }
    let done = stream.eventLoop.submit { body(stream) }
    // `body` does not throw; the loop refuses work only when the process ends.
    _ = await Result { try await done.get() }
  }

  static func fields(_ response: Response, length: Int?) -> HeaderFields {
    var fields = HeaderFields()
    fields.reserve(fields: response.headers.count + 2, bytes: 1024)
    fields.append(":status", response.status.code == 200 ? "200" : String(response.status.code))
    for (name, value) in response.headers { append(name, value, to: &fields) }
    if let length, response.status.mayHaveResponseBody {
      fields.append("content-length", String(length))
    }
    return fields
  }

  private static func append(_ name: String, _ value: String, to fields: inout HeaderFields) {
    guard value.withBytes({ $0.allSatisfy(HeaderText.isSafe) }) else { return }
    let isVolatile = name == "x-request-id" || name == "date"
    // Our own names are lower-case already.
    let isLowerCase = name.withBytes { !$0.contains { $0 >= 0x41 && $0 <= 0x5A } }
    fields.append(isLowerCase ? name : name.lowercased(), value, isVolatile: isVolatile)
  }

  private struct Writer: BodyWriter {
    let stream: HTTP2Stream
    func write(_ bytes: [UInt8]) async throws {
      try Task.checkCancellation()
      try await stream.write(ByteBuffer(bytes: bytes))
    }
  }
}

/// An answer that is written from outside. On the stream's event loop.
final class HTTP2Push: LivePush, @unchecked Sendable {
  private let stream: HTTP2Stream
  private var isOpen = true
  private var onClose: (@Sendable () -> Void)?

  var eventLoop: any EventLoop { stream.eventLoop }

  init(_ stream: HTTP2Stream) { self.stream = stream }

  func write(_ frame: LiveFrame) -> Bool {
    guard isOpen, stream.closure == nil else { return false }
    guard stream.isWritable else {
      stream.reset(.cancel)
      return false
    }
    stream.send { $0.writeImmutableBuffer(frame.bytes) }
    return true
  }

  func finish() {
    onClose = nil
    isOpen = false
    stream.finish()
  }

  func onClose(_ body: @escaping @Sendable () -> Void) {
    if isOpen, stream.closure == nil { onClose = body } else { body() }
  }

  /// The stream has ended.
  func closed() {
    isOpen = false
    let body = onClose
    onClose = nil
    body?()
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
