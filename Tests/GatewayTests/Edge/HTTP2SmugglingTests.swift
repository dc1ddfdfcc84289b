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
