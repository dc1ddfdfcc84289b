import NIOCore
import NIOHTTP1
import Testing

@testable import Gateway

@Suite("R-218 the HTTP/1.1 parser")
struct HTTP1ParserTests {
  /// What came out: heads as `GET /path`, bodies as their text, ends as `.`; a fault ends it.
  private func parse(_ text: String, pieces: Int = .max) -> [String] {
    parse(Array(text.utf8), pieces: pieces)
  }

  private func parse(_ bytes: [UInt8], pieces: Int = .max) -> [String] {
    var parser = HTTP1Parser(limits: EdgeLimits())
    var buffer = ByteBuffer()
    var found: [String] = []
    var body = ""
    var at = 0
    while at < bytes.count {
      let end = min(bytes.count, at + min(pieces, bytes.count))
      buffer.writeBytes(bytes[at..<end])
      at = end
      do throws(HTTP1Parser.Fault) {
        while let part = try parser.next(&buffer) {
          switch part {
          case .head(let head): found.append("\(head.method.rawValue) \(head.target)")
          case .body(let piece): body += String(buffer: piece)
          case .end:
            found.append(body + ".")
            body = ""
          }
        }
      } catch {
        return found + ["fault \(error.problem.status.code)"]
      }
    }
    return found
  }

  private static let good: [(String, [String])] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /", "."]),
    ("\r\nGET /x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", ["GET /x?y", "."]),
    (
      "POST / HTTP/1.1\r\nHost:a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
      ["POST /", "abc.", "GET /2", "."]
    ),
    (
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
      ["POST /", "abc0123456789."]
    ),
    ("GET / HTTP/1.0\r\n\r\n", ["GET /", "."]),
    ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX: \t é \t\r\n\r\n", ["GET /", "."]),
  ]

  @Test("R-177 requests, pipelined and chunked, in one piece and byte by byte", arguments: good)
  func accepted(text: String, parts: [String]) {
    #expect(parse(text) == parts)
    #expect(parse(text, pieces: 1) == parts)
    #expect(parse(text, pieces: 7) == parts)
  }

  private static func post(_ headers: String, _ body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n\(headers)\r\n\(body)"
  }

  private static let bad: [String] = [
    // Two lengths, or a length that is not one.
    post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
    post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
    post("Content-Length: 3\r\nContent-Length: 4\r\n"),
    post("Content-Length: +5\r\n"), post("Content-Length: -1\r\n"),
    post("Content-Length: 5, 5\r\n"),
    post("Content-Length: 0x5\r\n"), post("Content-Length: 5 5\r\n"), post("Content-Length: \r\n"),
    post("Content-Length: 99999999999999999999\r\n"),
    // Codings.
    post("Transfer-Encoding: gzip\r\n"), post("Transfer-Encoding: chunked, chunked\r\n"),
    post("Transfer-Encoding: identity\r\n"),
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    post("Transfer-Encoding: xchunked\r\n"), post("Transfer-Encoding: \u{b}chunked\r\n"),
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    // Chunks.
    post("Transfer-Encoding: chunked\r\n", "3;ext=1\r\nabc\r\n0\r\n\r\n"),
    post("Transfer-Encoding: chunked\r\n", "3\nabc\r\n"),
    post("Transfer-Encoding: chunked\r\n", "\r\nabc"),
    post("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n"),
    post("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n"),
    post("Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n"),
    post("Transfer-Encoding: chunked\r\n", " 3\r\nabc\r\n"),
    post("Transfer-Encoding: chunked\r\n", "-3\r\nabc\r\n"),
    post("Transfer-Encoding: chunked\r\n", "0\r\nX: trailer\r\n\r\n"),
    // Lines.
    "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", post("X: a\r\n b\r\n"), post("X: a\r\n\tb\r\n"),
    " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    post("X : a\r\n"), post(": a\r\n"), post("X\r\n"), post("X y: a\r\n"), post("X: a\u{0}b\r\n"),
    post("X: a\u{7f}b\r\n"),
    post("É: a\r\n"), "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    // Request lines.
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET / http/1.1\r\nHost: a\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "GET /\r\nHost: a\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    // Hosts.
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: \r\n\r\n", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a:99999999\r\n\r\n", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
  ]

  @Test(
    "R-218 X-17 smuggling and malformed requests are 400, in one piece and byte by byte",
    arguments: bad)
  func refused(text: String) {
    for pieces in [Int.max, 1] {
      let parts = parse(text, pieces: pieces)
      #expect(parts.last == "fault 400")
      #expect(!parts.contains { $0.hasSuffix(".") }, "no request may have come out whole")
    }
  }

  @Test("R-173 limits of the head")
  func limits() {
    #expect(
      parse("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n") == [
        "fault 414"
      ])
    #expect(parse(Self.post("X: \(String(repeating: "a", count: 33_000))\r\n")) == ["fault 431"])
    #expect(parse(Self.post(String(repeating: "X: a\r\n", count: 101))) == ["fault 431"])
    #expect(parse(String(repeating: "a", count: 50_000)) == ["fault 431"])
    #expect(parse(Self.post("Expect: magic\r\n")) == ["fault 417"])
  }

  @Test("V-12 mutated requests are parsed or refused, never out of bounds", arguments: 0..<4)
  func mutations(seed: UInt64) {
    var random = SystemRandomNumberGenerator.seeded(seed)
    let original = Array(
      (Self.post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n") + Self.good[2].0).utf8)
    var faults = 0
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      if parse(bytes, pieces: Int.random(in: 1...40, using: &random)).last?.hasPrefix("fault")
        == true
      {
        faults += 1
      }
    }
    #expect(faults > 0 && faults < 3000)
  }
}

/// A generator with a seed: what failed once fails again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension SystemRandomNumberGenerator {
  static func seeded(_ seed: UInt64) -> SeededGenerator { SeededGenerator(state: seed) }
}
