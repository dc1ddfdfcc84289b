import NIOCore
import NIOHTTP1

/// The bytes of an HTTP/1.1 answer.
enum HTTP1Encoding {
  /// - length: nil for a body whose end is marked otherwise.
  static func head(
    _ response: Response, length: Int?, closes: Bool, isHTTP10: Bool, into buffer: inout ByteBuffer
  ) {
    buffer.writeString("HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\n")
    for (name, value) in response.headers { field(name, value, into: &buffer) }
    // 1xx, 204 and 304 have no body and no length (RFC 9110 §8.6).
    let mayHaveBody = response.status.mayHaveResponseBody
    if let length, mayHaveBody {
      field("content-length", String(length), into: &buffer)
    } else if mayHaveBody, !isHTTP10 {
      field("transfer-encoding", "chunked", into: &buffer)
    }
    if closes { field("connection", "close", into: &buffer) }
    buffer.writeString("\r\n")
  }

  /// A value with a control character would be another header or another answer: it is left out.
  private static func field(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
    guard HeaderText.isSafe(value) else { return }
    buffer.writeString(name)
    buffer.writeString(": ")
    buffer.writeString(value)
    buffer.writeString("\r\n")
  }
}

enum HeaderText {
  /// Visible ASCII, blanks and UTF-8 beyond; no controls.
  static func isSafe(_ value: String) -> Bool {
    value.utf8.allSatisfy(isSafe)
  }

  @inline(__always)
  static func isSafe(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

  /// What came, as RFC 9110 §5.5 has it: each byte a character. Read as UTF-8, a Greek question mark would equal `;` and the
  /// lower case of a Kelvin sign be a `k`, `chunked` in other words; what stands in front of us sees neither.
  static func received(_ value: String) -> String {
    guard !value.utf8.allSatisfy({ $0 < 0x80 }) else { return value }
    return String(String.UnicodeScalarView(value.utf8.map { Unicode.Scalar($0) }))
  }
}

extension HTTP1Parser.Fault {
  var problem: Problem {
    switch self {
    case .malformed(let reason): Problem(.badRequest, .invalidArgument, reason)
    case .targetTooLong: Problem(.uriTooLong, .invalidArgument, "the request target is too long")
    case .headersTooLarge:
      Problem(.requestHeaderFieldsTooLarge, .resourceExhausted, "the request headers are too large")
    case .expectationFailed:
      Problem(.expectationFailed, .invalidArgument, "the only expectation is 100-continue")
    }
  }
}
