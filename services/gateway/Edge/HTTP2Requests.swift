import HTTP2
import NIOCore
import NIOHTTP1
import Synchronization

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
    let body = RequestBody(
      declaredLength: request.contentLength, pace: .init(edge.limits)
    ) { [weak exchange] in
      exchange?.demandBody()
    }
    exchange.body = body
    stream.delegate = exchange
    let incoming = IncomingRequest(
      method: request.method, target: request.path, host: request.authority,
      headers: request.headers, body: body, origin: origin)
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

/// The header block of an HTTP/2 request, checked as strictly as HTTP/1.1's. nghttp2 has refused
/// malformed pseudo-headers and connection-specific fields before.
struct HTTP2RequestHead {
  let method: HTTPMethod
  let path: String
  let authority: String
  let headers: HTTPHeaders
  let contentLength: Int?

  init(_ fields: HeaderFields, limits: EdgeLimits) throws(HTTP1Parser.Fault) {
    var parts = Parts()
    parts.headers.reserveCapacity(fields.count)
    for index in 0..<fields.count { try parts.take(fields, index) }
    guard let method = parts.method, let path = parts.path else {
      throw .malformed("a pseudo-header is missing")
    }
    guard path.utf8.count <= limits.targetBytes else { throw .targetTooLong }
    guard HTTP1Head.isToken(method[...]), path.utf8.first == UInt8(ascii: "/") else {
      throw .malformed(":method is no token, or :path no absolute path")
    }
    guard let authority = parts.authority ?? parts.hosts.first, HostName.isValid(authority),
      parts.hosts.allSatisfy({ $0.lowercased() == authority.lowercased() })
    else { throw .malformed("Host and :authority must name one host") }
    self.method = HTTPMethod(rawValue: method)
    self.path = path
    self.authority = authority
    headers = HTTPHeaders(parts.headers)
    let digits = parts.lengths.first ?? "0"
    guard parts.lengths.count <= 1, (1...18).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw .malformed("Content-Length must be one decimal number") }
    contentLength = parts.lengths.first.flatMap { Int($0) }
  }
}

extension HTTP2RequestHead {
  /// The fields of a block, sorted out one by one.
  private struct Parts {
    var headers: [(String, String)] = []
    var method: String?
    var path: String?
    var authority: String?
    var scheme: String?
    var hosts: [String] = []
    var lengths: [String] = []

    /// What a field is, told by the bytes of its name.
    private enum Kind {
      case method, path, authority, scheme, otherPseudo
      case host, length, trailerEncoding, plain
      case connectionSpecific, malformed

      init(_ name: UnsafeRawBufferPointer) {
        self =
          switch name.first {
          case UInt8(ascii: ":"): Self.pseudo(name)
          case nil: .malformed
          case _ where !name.allSatisfy(Self.isLowerCaseTokenByte): .malformed
          case UInt8(ascii: "h") where name.isSame(as: "host"): .host
          case UInt8(ascii: "c") where name.isSame(as: "content-length"): .length
          case UInt8(ascii: "t") where name.isSame(as: "te"): .trailerEncoding
          case _ where Self.isConnectionSpecific(name): .connectionSpecific
          default: .plain
          }
      }

      private static func pseudo(_ name: UnsafeRawBufferPointer) -> Kind {
        if name.isSame(as: ":method") { return .method }
        if name.isSame(as: ":path") { return .path }
        if name.isSame(as: ":authority") { return .authority }
        return name.isSame(as: ":scheme") ? .scheme : .otherPseudo
      }

      private static func isConnectionSpecific(_ name: UnsafeRawBufferPointer) -> Bool {
        name.isSame(as: "connection") || name.isSame(as: "keep-alive")
          || name.isSame(as: "proxy-connection") || name.isSame(as: "transfer-encoding")
          || name.isSame(as: "upgrade")
      }

      private static func isLowerCaseTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): false
        default: HTTP1Head.isTokenByte(byte)
        }
      }
    }

    mutating func take(_ fields: HeaderFields, _ index: Int) throws(HTTP1Parser.Fault) {
      guard fields.withValue(at: index, { $0.allSatisfy(HeaderText.isSafe) }) else {
        throw .malformed("a control character in the headers")
      }
      let kind = fields.withName(at: index) { Kind($0) }
      let value = HeaderText.received(fields.value(at: index))
      switch kind {
      case .method: try Self.set(&method, value)
      case .path: try Self.set(&path, value)
      case .authority: try Self.set(&authority, value)
      case .scheme: try Self.set(&scheme, value)
      case .otherPseudo: throw .malformed("a pseudo-header is not known")
      case .malformed: throw .malformed("a header's name is malformed")
      case .connectionSpecific: throw .malformed("a connection-specific header in HTTP/2")
      case .trailerEncoding where value != "trailers":
        throw .malformed("a connection-specific header in HTTP/2")
      case .host: hosts.append(value)
      case .length: lengths.append(value)
      case .plain, .trailerEncoding: break
      }
      if fields.withName(at: index, { $0.first != UInt8(ascii: ":") }) {
        headers.append((fields.name(at: index), value))
      }
    }

    private static func set(_ field: inout String?, _ value: String) throws(HTTP1Parser.Fault) {
      guard field == nil else { throw .malformed("a pseudo-header appears twice") }
      field = value
    }
  }
}

/// One stream: its body on the way in, its answer on the way out.
final class HTTP2Exchange: HTTP2StreamDelegate, @unchecked Sendable {
  private let stream: HTTP2Stream
  private let requests: HTTP2Requests
  private let bodyTime: TimeAmount
  var body: RequestBody?
  var task: Task<Void, Never>?
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
    if closure != .finished { task?.cancel() }
    task = nil
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

  func send(_ response: Response, isHead: Bool) async {
    do {
      switch response.body {
      case .empty: await respond(response, length: 0, bytes: [])
      case .bytes(let bytes):
        await respond(response, length: bytes.count, bytes: isHead ? [] : bytes)
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

  private func respond(_ response: Response, length: Int, bytes: [UInt8]) async {
    await perform { [self] stream in
      begin(response, length: length, isAll: bytes.isEmpty)
      guard !bytes.isEmpty else { return }
      stream.send { $0.writeBytes(bytes) }
      stream.finish()
    }
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
    var (name, value) = (name, value)
    guard value.withUTF8({ $0.allSatisfy(HeaderText.isSafe) }) else { return }
    // Our own names are lower-case already.
    if name.withUTF8({ $0.contains { $0 >= 0x41 && $0 <= 0x5A } }) { name = name.lowercased() }
    fields.append(name, value, isVolatile: name == "x-request-id" || name == "date")
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
