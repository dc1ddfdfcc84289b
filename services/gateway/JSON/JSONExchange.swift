import NIOHTTP1
import Protobuf
import RPC

/// One request of the JSON API, its call and its answer.
///
/// A class, as its parts are that go through many calls: a value would be copied into the frame of each.
final class JSONExchange: Sendable {
  private let gateway: JSONGateway
  private let request: Request
  private let route: JSONRouter.Route
  private let translation: RequestTranslation
  private let format: APIFormat
  private let options: CallOptions
  private let caller: UserCaller

  private var method: Method { route.method }
  private var limits: EdgeLimits { gateway.limits }

  init(
    _ gateway: JSONGateway, _ guest: Guest, _ match: PathTrie<JSONRouter.Route>.Match,
    timeout: Duration?
  ) throws {
    self.gateway = gateway
    request = guest.request
    route = match.value
    translation = RequestTranslation(
      route: match.value, bindings: match.bindings, query: request.query, limits: JSONLimits(),
      types: gateway.types, ignored: gateway.options.ignoredParameters,
      resumesAfter: request.headers["last-event-id"].first)
    format = APIFormat(request.headers, gateway.options, types: gateway.types)
    options = try CallMetadata.options(request.headers, timeout: timeout)
    caller = guest.caller
  }

  func run(_ reply: Reply) async throws {
    switch method.streaming {
    case .unary:
      // Nothing of a body is waited for where there can be none.
      let message =
        if route.rule.body == .none, request.body.isEmpty {
          try translation.message(body: [])
        } else { try await message() }
      await reply(try await unary(message))
    case .serverStreaming:
      let message = try await message()
      guard method.output != HTTPBodyAnswer.type else {
        return await reply(
          try await HTTPBodyAnswer.response(
            of: method, message, to: request, by: caller, options))
      }
      try await caller.stream(method, options) { writer, responses in
        if try await Self.sent(message, writer) { try await Self.finish(writer) }
        try await streamAnswer.run(responses, reply)
      }
    case .clientStreaming:
      await reply(
        try await caller.stream(method, options) { writer, responses in
          try await pump(writer)
          return try await single(responses)
        })
    case .bidirectional: try await both(reply)
    }
  }

  /// Begins the one call of a route that is prompt.
  func start(_ completion: @escaping Errand.Completion) throws -> any StartedCall {
    try caller.start(method, try translation.message(body: []), options) { [self] result in
      completion(result.flatMap { answer in Result { try response(answer.message) } })
    }
  }

  // MARK: Requests

  /// The one message of the request.
  private func message() async throws -> [UInt8] {
    if let upload = try upload {
      let data = try await request.body.collect(upTo: limits.jsonBytes)
      return upload.message(data, rest: try translation.message(body: nil))
    }
    guard !request.body.isEmpty else { return try translation.message(body: []) }
    let bytes = try await request.body.collect(upTo: limits.jsonBytes)
    if !bytes.isEmpty { _ = try checkedType(allowing: ["application/json"]) }
    return try translation.message(body: bytes)
  }

  private var upload: HTTPBodyUpload? {
    get throws {
      let types = request.headers["content-type"]
      let upload = HTTPBodyUpload(route, contentType: types.first ?? "")
      if upload != nil { try checkEncoding() }
      return upload
    }
  }

  /// The media type of the body, which must be one of ours in UTF-8.
  private func checkedType(allowing allowed: Set<String>) throws(Problem) -> String {
    try checkEncoding()
    let types = request.headers["content-type"]
    let type = MediaType(types.first ?? "")
    guard types.count == 1, allowed.contains(type.essence),
      type.parameters["charset"].map({ $0.lowercased() == "utf-8" }) ?? true
    else {
      throw Problem(
        .unsupportedMediaType, .invalidArgument,
        "send \(allowed.sorted().joined(separator: " or "))")
    }
    return type.essence
  }

  private func checkEncoding() throws(Problem) {
    let encodings = request.headers["content-encoding"].filter { $0.lowercased() != "identity" }
    guard encodings.isEmpty else {
      throw Problem(.unsupportedMediaType, .invalidArgument, "send the body without an encoding")
    }
  }

  /// Passes the body on, message by message, as the service takes them.
  private func pump(_ writer: RequestWriter<[UInt8]>) async throws {
    if let upload = try upload {
      guard try await pump(upload, writer) else { return }
    } else {
      guard try await pumpLines(writer) else { return }
    }
    try await Self.finish(writer)
  }

  private func pump(
    _ upload: HTTPBodyUpload, _ writer: RequestWriter<[UInt8]>
  ) async throws -> Bool {
    if let length = request.body.declaredLength, length > limits.uploadBytes {
      throw RequestBody.Failure.tooLarge(limit: limits.uploadBytes)
    }
    var rest: [UInt8]? = try translation.message(body: nil)
    var total = 0
    while let chunk = try await request.body.next() {
      total += chunk.readableBytes
      guard total <= limits.uploadBytes else {
        throw RequestBody.Failure.tooLarge(limit: limits.uploadBytes)
      }
      var bytes = chunk.readableBytesView[...]
      while !bytes.isEmpty {
        let piece = bytes.prefix(HTTPBodyUpload.piece)
        let message = upload.message(piece, rest: rest ?? [], isFirst: rest != nil)
        rest = nil
        guard try await Self.sent(message, writer) else { return false }
        bytes = bytes.dropFirst(piece.count)
      }
    }
    guard let rest else { return true }
    return try await Self.sent(upload.message([], rest: rest), writer)
  }

  /// Path and query belong to the first message; a call without lines has one if they say something.
  private func pumpLines(_ writer: RequestWriter<[UInt8]>) async throws -> Bool {
    var isFirst = true
    if !request.body.isEmpty {
      let type = try checkedType(
        allowing: ["application/x-ndjson", "application/jsonl", "application/json"])
      var lines = JSONLines(
        request.body, limit: limits.jsonBytes, isOneText: type == "application/json")
      while let line = try await lines.next() {
        let message = try isFirst ? translation.message(body: line) : translation.next(body: line)
        isFirst = false
        guard try await Self.sent(message, writer) else { return false }
      }
    }
    guard isFirst else { return true }
    let message = try translation.message(body: nil)
    return message.isEmpty ? true : try await Self.sent(message, writer)
  }

  /// False when the call is over already: its answer tells how.
  private static func sent(
    _ message: [UInt8], _ writer: RequestWriter<[UInt8]>
  ) async throws -> Bool {
    do {
      try await writer.write(message)
      return true
    } catch is Status { return false }
  }

  private static func finish(_ writer: RequestWriter<[UInt8]>) async throws {
    do { try await writer.finish() } catch is Status { return }
  }

  /// Requests and answers side by side; a fault in the requests ends the call, and the answer with it.
  private func both(_ reply: Reply) async throws {
    try await caller.stream(method, options) { writer, responses in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { [self] in
          try await pump(writer)
          return false
        }
        group.addTask { [self] in
          try await streamAnswer.run(responses, reply)
          return true
        }
        while let isAnswered = try await group.next() {
          if isAnswered { break }
        }
        group.cancelAll()
      }
    }
  }

  // MARK: Answers

  private func unary(_ message: [UInt8]) async throws -> Response {
    guard method.output != HTTPBodyAnswer.type else {
      let options = try HTTPBodyAnswer.options(for: request, options)
      return try HTTPBodyAnswer.response(try await caller.unary(method, message, options))
    }
    return try response(try await caller.unary(method, message, options).message)
  }

  /// The one answer of a call whose requests were many.
  private func single(_ responses: ResponseStream<[UInt8]>) async throws -> Response {
    var iterator = responses.makeAsyncIterator()
    guard let message = try await iterator.next(), try await iterator.next() == nil else {
      throw Status(.internal, "internal error", because: "a call with one answer had none or many")
    }
    return try response(message)
  }

  private func response(_ message: [UInt8]) throws -> Response {
    let output = method.output
    let etag = try etag(message)
    if let etag, request.isSafe, isKnown(etag) {
      return Response(
        .notModified, headers: ["etag": etag, "cache-control": "no-store", "vary": "Accept"])
    }
    let json =
      if let field = route.rule.responseBody {
        try output.json(ofField: field, fromSerialized: message, options: format.json)
      } else {
        try output.json(fromSerialized: message, options: format.json)
      }
    var response = Response.bytes(json, type: "application/json")
    response.headers.add(name: "vary", value: "Accept")
    if let etag { response.headers.add(name: "etag", value: etag) }
    return response
  }

  /// A resource's own etag as a validator: weak, for one state of it has several spellings.
  private func etag(_ message: [UInt8]) throws -> String? {
    guard route.hasEtag else { return nil }
    let bytes = try method.output.bytes(ofField: "etag", fromSerialized: message)
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 }) else {
      return nil
    }
    return "W/\"" + String(decoding: bytes, as: UTF8.self) + "\""
  }

  private func isKnown(_ etag: String) -> Bool {
    let conditions = request.headers["if-none-match"]
    guard !conditions.isEmpty else { return false }
    let own = etag.dropFirst(2)
    return conditions.joined(separator: ",").split(separator: ",").contains { condition in
      let tag = condition.trimmed
      return tag == "*" || tag == own || tag == etag
    }
  }

  private var streamAnswer: StreamAnswer {
    StreamAnswer(
      framing: StreamFraming(
        format, method.output, responseBody: route.rule.responseBody, requestID: request.id),
      heartbeat: limits.heartbeatTime)
  }
}
