import Protobuf

/// How the messages of a stream stand in an answer.
///
/// Lines: one JSON object and one `\n` each, the error too: `{"error":{…}}`. Events: `data:` with `id:` where the message has
/// a cursor, `event: error` for an error, `event: end` for the clean end, and `:` now and then while nothing happens.
struct StreamFraming: Sendable {
  let format: APIFormat
  let output: MessageDescriptor
  /// The field of each message that is the answer; nil for the message itself.
  let responseBody: String?
  let requestID: String
  /// Whether messages carry the place from which a stream can be resumed.
  private let hasCursor: Bool

  init(_ format: APIFormat, _ output: MessageDescriptor, responseBody: String?, requestID: String) {
    self.format = format
    self.output = output
    self.responseBody = responseBody
    self.requestID = requestID
    hasCursor = output.hasCursor
  }

  var head: Response {
    var response = Response(
      headers: [
        "content-type": format.stream.rawValue, "cache-control": "no-store", "vary": "Accept",
      ])
    // A proxy that collects what it passes on would hold back what happens now.
    response.headers.add(name: "x-accel-buffering", value: "no")
    return response
  }

  func message(_ bytes: [UInt8]) throws -> [UInt8] {
    let json =
      if let responseBody {
        try output.json(ofField: responseBody, fromSerialized: bytes, options: format.json)
      } else {
        try output.json(fromSerialized: bytes, options: format.json)
      }
    guard format.stream == .events else { return json + [UInt8(ascii: "\n")] }
    var event: [UInt8] = []
    if hasCursor {
      let cursor = try output.bytes(ofField: MessageDescriptor.cursor, fromSerialized: bytes)
      // An id with a line break would be another field.
      if !cursor.isEmpty, cursor.allSatisfy({ $0 >= 0x20 }) {
        event += Array("id: ".utf8) + cursor + [0x0A]
      }
    }
    return event + Array("data: ".utf8) + json + Array("\n\n".utf8)
  }

  /// The last thing of a stream that failed.
  func error(_ problem: Problem) -> [UInt8] {
    let body = problem.body(requestID: requestID, format)
    switch format.stream {
    case .lines: return Array("{\"error\":".utf8) + body + Array("}\n".utf8)
    case .events: return Array("event: error\ndata: ".utf8) + body + Array("\n\n".utf8)
    }
  }

  /// The last thing of a stream that has ended well.
  var end: [UInt8] { format.stream == .events ? Array("event: end\ndata: {}\n\n".utf8) : [] }

  static let heartbeat = Array(":\n\n".utf8)
}

extension MessageDescriptor {
  /// The string field, of the request and of each answer, that says from where a stream can be resumed: an event's id, and
  /// the request's when the browser comes back with `Last-Event-ID`.
  static let cursor = "cursor"

  var hasCursor: Bool {
    guard let field = field(named: Self.cursor) else { return false }
    return field.kind == .string && !field.isRepeated
  }
}
