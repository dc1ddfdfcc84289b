import Testing

@testable import Gateway

@Suite("X-17 R-219 malformed HTTP/2 requests", .timeLimit(.minutes(2)))
struct HTTP2SmugglingTests {
  private typealias Fields = [(String, String)]

  private static func request(
    _ more: Fields = [], path: String = "/healthz", method: String = "GET",
    authority: String = EdgeStage.host
  ) -> Fields {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)] + more
  }

  private static let refused: [(String, Fields)] = [
    ("connection", request([("connection", "close")])),
    ("keep-alive", request([("keep-alive", "1")])),
    ("proxy-connection", request([("proxy-connection", "x")])),
    ("transfer-encoding", request([("transfer-encoding", "chunked")])),
    ("upgrade", request([("upgrade", "h2c")])),
    ("te other than trailers", request([("te", "gzip")])),
    ("te with more", request([("te", "trailers, gzip")])),
    ("an upper-case name", request([("X-Upper", "a")])),
    ("CR in a value", request([("x", "a\rb")])), ("LF in a value", request([("x", "a\nb")])),
    ("NUL in a value", request([("x", "a\u{0}b")])),
    ("a request in a value", request([("x", "a\r\n\r\nGET /evil HTTP/1.1")])),
    ("LF in a name", request([("x\ny", "a")])), ("a colon in a name", request([("x:y", "a")])),
    ("a blank in a name", request([("x y", "a")])), ("an empty name", request([("", "a")])),
    ("LF in :path", request(path: "/healthz\n")), ("a blank in :path", request(path: "/heal thz")),
    ("an empty :path", request(path: "")), (":path without a slash", request(path: "healthz")),
    (":path with an authority", request(path: "http://evil.example/healthz")),
    (":path is an asterisk", request(path: "*")),
    (":path with a fragment", request(path: "/healthz#a")),
    ("dot segments", request(path: "/v1/../healthz")),
    ("CR LF in :authority", request(authority: "a\r\nb")),
    ("a user in :authority", request(authority: "a@b")),
    ("an empty :authority", request(authority: "")),
    ("another Host", request([("host", "evil.example")])),
    ("a method with a blank", request(method: "GET /evil")),
    ("no :path", [(":method", "GET"), (":scheme", "http"), (":authority", EdgeStage.host)]),
    ("no :method", [(":scheme", "http"), (":path", "/healthz"), (":authority", EdgeStage.host)]),
    ("two :path", request([(":path", "/evil")])),
    ("an unknown pseudo-header", request([(":evil", "a")])),
    ("a pseudo-header behind a field", [("x", "a")] + request()),
    ("no host at all", [(":method", "GET"), (":scheme", "http"), (":path", "/healthz")]),
    ("content-length +0", request([("content-length", "+0")])),
    ("two content-lengths", request([("content-length", "0"), ("content-length", "0")])),
    ("content-length of a body that is not there", request([("content-length", "5")])),
  ]

  @Test("Each is refused with 400 or a reset, is never answered 200, and the next stream is")
  func suite() async throws {
    try await EdgeStage.run(rates: .none) { stage in
      for (name, fields) in Self.refused {
        let client = try RawHTTP2Client(port: stage.port)
        try client.request(fields, stream: 1)
        let outcome = try client.outcome(of: 1)
        #expect(outcome == "400" || outcome == "reset", "\(name): \(outcome)")
        // The connection is still one: what was in the malformed block has not put HPACK out of step.
        try client.request(Self.request(), stream: 3)
        #expect(try client.outcome(of: 3) == "200", "\(name)")
      }
    }
  }

  @Test("What is well-formed passes: te: trailers, Host that agrees")
  func allowed() async throws {
    try await EdgeStage.run { stage in
      let client = try RawHTTP2Client(port: stage.port)
      try client.request(
        Self.request([("te", "trailers"), ("host", EdgeStage.host.uppercased())]), stream: 1)
      #expect(try client.outcome(of: 1) == "200")
    }
  }
}

/// HTTP/2 in frames of the test's own: any bytes as field names and values, nothing checked.
private final class RawHTTP2Client {
  private let socket: RawSocket
  private var received: [UInt8] = []

  init(port: Int) throws {
    socket = try RawSocket(port: port)
    try socket.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, []))
  }

  private func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8]
  {
    let size = UInt32(payload.count)
    return [UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255), type, flags]
      + withUnsafeBytes(of: stream.bigEndian) { Array($0) } + payload
  }

  /// Literals without indexing, shorter than 127 bytes each.
  func request(_ fields: [(String, String)], stream: UInt32) throws {
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }
    try socket.send(frame(1, 0x05, stream, block))
  }

  /// The status of an answer (the first field of its block, as nghttp2 writes it), or how it ended without one.
  func outcome(of stream: UInt32) throws -> String {
    while true {
      guard let next = try nextFrame() else { return "closed" }
      let (type, id, payload) = next
      switch type {
      case 1 where id == stream: return status(payload)
      case 3 where id == stream: return "reset"
      case 7: return "goaway"
      default: continue
      }
    }
  }

  private func nextFrame() throws -> (type: UInt8, stream: UInt32, payload: [UInt8])? {
    while true {
      if received.count >= 9 {
        let size = Int(received[0]) << 16 | Int(received[1]) << 8 | Int(received[2])
        if received.count >= 9 + size {
          let id = received[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
          defer { received.removeFirst(9 + size) }
          return (received[3], id, Array(received[9..<9 + size]))
        }
      }
      let bytes = try socket.read()
      if bytes.isEmpty { return nil }
      received += bytes
    }
  }

  /// The static table has the statuses that count: 200 and 400 are one byte.
  private func status(_ block: [UInt8]) -> String {
    switch block.first {
    case 0x88: "200"
    case 0x8C: "400"
    case 0x8D: "404"
    default: "other"
    }
  }
}
