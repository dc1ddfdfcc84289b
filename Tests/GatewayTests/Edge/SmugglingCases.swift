@testable import Gateway

/// Requests that two parsers in a row could read differently (R-218, X-17). Each is sent with a second request behind it.
struct SmugglingCase: Sendable {
  let name: String
  let request: String
  let status: Int

  init(_ name: String, _ request: String, _ status: Int = 400) {
    self.name = name
    self.request = request
    self.status = status
  }

  static let all = lengths + codings + chunks + lines + names + requestLines + hosts + sizes

  private static func post(_ headers: String, _ body: String = "") -> String {
    "POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n"
      + "Content-Type: application/json\r\n\(headers)\r\n\(body)"
  }
  private static func get(_ headers: String) -> String {
    "GET /login HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\(headers)\r\n"
  }
  private static func line(_ line: String) -> String {
    "\(line)\r\nHost: \(EdgeStage.host)\r\n\r\n"
  }
  private static func host(_ headers: String) -> String { "GET /login HTTP/1.1\r\n\(headers)\r\n" }
  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
  }

  private static let lengths = [
    SmugglingCase(
      "CL before TE", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    SmugglingCase(
      "TE before CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n")),
    SmugglingCase("two different CL", post("Content-Length: 2\r\nContent-Length: 40\r\n", "{}")),
    SmugglingCase("two equal CL", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")),
    SmugglingCase("a list in CL", post("Content-Length: 2, 2\r\n", "{}")),
    SmugglingCase("CL +2", post("Content-Length: +2\r\n", "{}")),
    SmugglingCase("CL -2", post("Content-Length: -2\r\n", "{}")),
    SmugglingCase("CL -0", post("Content-Length: -0\r\n")),
    SmugglingCase("CL 0x2", post("Content-Length: 0x2\r\n", "{}")),
    SmugglingCase("CL 2.0", post("Content-Length: 2.0\r\n", "{}")),
    SmugglingCase("CL 2e0", post("Content-Length: 2e0\r\n", "{}")),
    SmugglingCase("CL with a blank inside", post("Content-Length: 2 2\r\n", "{}")),
    SmugglingCase("CL empty", post("Content-Length:\r\n", "{}")),
    SmugglingCase("CL in quotes", post("Content-Length: \"2\"\r\n", "{}")),
    SmugglingCase("CL over 64 bits", post("Content-Length: 18446744073709551618\r\n", "{}")),
    SmugglingCase("CL of 2^63", post("Content-Length: 9223372036854775808\r\n", "{}")),
    SmugglingCase("CL in Arabic digits", post("Content-Length: ٢\r\n", "{}")),
    SmugglingCase("CL with a vertical tab", post("Content-Length: \u{b}2\r\n", "{}")),
  ]

  private static let codings = [
    SmugglingCase("TE gzip", post("Transfer-Encoding: gzip\r\n")),
    SmugglingCase("TE identity", post("Transfer-Encoding: identity\r\n")),
    SmugglingCase("TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    SmugglingCase("TE chunked, identity", post("Transfer-Encoding: chunked, identity\r\n")),
    SmugglingCase("TE chunked twice in one", post("Transfer-Encoding: chunked, chunked\r\n")),
    SmugglingCase(
      "TE in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
    SmugglingCase(
      "TE chunked and x", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")),
    SmugglingCase("TE xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
    SmugglingCase("TE chunked;q=1", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")),
    SmugglingCase(
      "TE with a Kelvin sign", post("Transfer-Encoding: chun\u{212A}ed\r\n", "0\r\n\r\n")),
    SmugglingCase("TE in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")),
    SmugglingCase("TE empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n")),
    SmugglingCase(
      "TE with a vertical tab", post("Transfer-Encoding: \u{b}chunked\r\n", "0\r\n\r\n")),
    SmugglingCase("TE with a NUL", post("Transfer-Encoding: chunked\u{0}\r\n", "0\r\n\r\n")),
    SmugglingCase("TE with a no-break space", post("Transfer-Encoding: \u{a0}chunked\r\n")),
    SmugglingCase("TE behind a comma", post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n")),
    SmugglingCase(
      "TE in HTTP/1.0",
      "POST /v1/links:redeem HTTP/1.0\r\nHost: \(EdgeStage.host)\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  ]

  private static let chunks = [
    SmugglingCase("a chunk extension", chunked("2;a=b\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("an extension of the last chunk", chunked("2\r\n{}\r\n0;a\r\n\r\n")),
    SmugglingCase("a chunk size over 64 bits", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a chunk size of 2^63", chunked("8000000000000000\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a chunk size with 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a chunk size with a sign", chunked("+2\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a negative chunk size", chunked("-2\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a blank before a chunk size", chunked(" 2\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a blank behind a chunk size", chunked("2 \r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("no chunk size", chunked("\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a chunk size that is none", chunked("G\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a bare LF behind a chunk size", chunked("2\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a bare CR behind a chunk size", chunked("2\r{}\r\n0\r\n\r\n")),
    SmugglingCase("a bare LF behind a chunk", chunked("2\r\n{}\n0\r\n\r\n")),
    SmugglingCase("a chunk longer than it says", chunked("2\r\n{} \r\n0\r\n\r\n")),
    SmugglingCase("a chunk shorter than it says", chunked("3\r\n{}\r\n0\r\n\r\n")),
    SmugglingCase("a trailer", chunked("2\r\n{}\r\n0\r\nX: y\r\n\r\n")),
    SmugglingCase("a trailer that sets a length", chunked("0\r\nContent-Length: 9\r\n\r\n")),
    SmugglingCase("a bare LF at the end of chunks", chunked("2\r\n{}\r\n0\r\n\n")),
  ]

  private static let lines = [
    SmugglingCase("bare LF throughout", "GET /login HTTP/1.1\nHost: \(EdgeStage.host)\n\n"),
    SmugglingCase("one bare LF", "GET /login HTTP/1.1\r\nHost: \(EdgeStage.host)\n\r\n"),
    SmugglingCase("a bare LF at the end of the head", get("X: y\r\n").dropLastCRLF + "\n"),
    SmugglingCase("a bare CR", get("X: a\rY: b\r\n")),
    SmugglingCase("CR CR LF", get("X: a\r\r\n")),
    SmugglingCase("a folded line", get("X: a\r\n b\r\n")),
    SmugglingCase("a folded line with a tab", get("X: a\r\n\tb\r\n")),
    SmugglingCase("a folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n")),
    SmugglingCase("a fold of the first line", "GET /login HTTP/1.1\r\n Host: a\r\n\r\n"),
    SmugglingCase("two empty lines before the request", "\r\n\r\n" + get("")),
    SmugglingCase("a NUL in a value", get("X: a\u{0}b\r\n")),
    SmugglingCase("a DEL in a value", get("X: a\u{7f}b\r\n")),
    SmugglingCase("an escape in a value", get("X: a\u{1b}[2Jb\r\n")),
  ]

  private static let names = [
    SmugglingCase("a blank before the colon", get("X : a\r\n")),
    SmugglingCase("a tab before the colon", get("X\t: a\r\n")),
    SmugglingCase("a blank before CL's colon", post("Content-Length : 2\r\n", "{}")),
    SmugglingCase("a blank before TE's colon", post("Transfer-Encoding : chunked\r\n")),
    SmugglingCase("no name", get(": a\r\n")),
    SmugglingCase("no colon", get("X\r\n")),
    SmugglingCase("a blank in a name", get("X Y: a\r\n")),
    SmugglingCase("a NUL in a name", get("X\u{0}: a\r\n")),
    SmugglingCase("letters beyond ASCII in a name", get("Ünï: a\r\n")),
    SmugglingCase("a bracket in a name", get("X(: a\r\n")),
    SmugglingCase("a CR in a name", get("Content\r-Length: 3\r\n")),
    SmugglingCase("a pseudo-header", get(":path: /x\r\n")),
  ]

  private static let requestLines = [
    SmugglingCase("HTTP/9.9", line("GET /login HTTP/9.9")),
    SmugglingCase("HTTP/2.0", line("GET /login HTTP/2.0")),
    SmugglingCase("HTTP/1.2", line("GET /login HTTP/1.2")),
    SmugglingCase("HTTP/1.10", line("GET /login HTTP/1.10")),
    SmugglingCase("HTTP/01.1", line("GET /login HTTP/01.1")),
    SmugglingCase("http/1.1", line("GET /login http/1.1")),
    SmugglingCase("HTTP/0.9", "GET /login\r\n\r\n"),
    SmugglingCase("two blanks", line("GET  /login HTTP/1.1")),
    SmugglingCase("a blank at the end", line("GET /login HTTP/1.1 ")),
    SmugglingCase("a blank at the start", line(" GET /login HTTP/1.1")),
    SmugglingCase("a tab", line("GET\t/login\tHTTP/1.1")),
    SmugglingCase("a blank in the target", line("GET /log in HTTP/1.1")),
    SmugglingCase("a method that is no token", line("G(T /login HTTP/1.1")),
    SmugglingCase("a fragment", line("GET /login#x HTTP/1.1")),
    SmugglingCase("a backslash", line("GET /\\login HTTP/1.1")),
    SmugglingCase("bytes beyond ASCII in the target", line("GET /lögin HTTP/1.1")),
    SmugglingCase("no slash", line("GET login HTTP/1.1")),
    SmugglingCase("an asterisk", line("OPTIONS * HTTP/1.1")),
    SmugglingCase("CONNECT", line("CONNECT \(EdgeStage.host):80 HTTP/1.1")),
    SmugglingCase("another authority", line("GET http://evil.example/login HTTP/1.1")),
    SmugglingCase("an authority with a user", line("GET http://a@\(EdgeStage.host)/ HTTP/1.1")),
    SmugglingCase("another scheme", line("GET ftp://\(EdgeStage.host)/login HTTP/1.1")),
    SmugglingCase("dot segments", line("GET /v1/../login HTTP/1.1")),
    SmugglingCase("encoded dot segments", line("GET /v1/%2e%2e/login HTTP/1.1")),
    SmugglingCase("a broken escape", line("GET /v1/%zz HTTP/1.1")),
    SmugglingCase("an encoded NUL", line("GET /login%00 HTTP/1.1")),
    SmugglingCase("an encoded line break", line("GET /login%0d%0aX:y HTTP/1.1")),
  ]

  private static let hosts = [
    SmugglingCase("no Host", host("")),
    SmugglingCase("two Hosts", host("Host: \(EdgeStage.host)\r\nHost: evil.example\r\n")),
    SmugglingCase("the same Host twice", host("Host: a\r\nHost: a\r\n")),
    SmugglingCase("an empty Host", host("Host:\r\n")),
    SmugglingCase("a list in Host", host("Host: a, b\r\n")),
    SmugglingCase("a path in Host", host("Host: a/b\r\n")),
    SmugglingCase("a user in Host", host("Host: a@b\r\n")),
    SmugglingCase("a port that is none", host("Host: a:b\r\n")),
    SmugglingCase("a port too long", host("Host: a:999999\r\n")),
    SmugglingCase("a blank in Host", host("Host: a b\r\n")),
    SmugglingCase("a NUL in Host", host("Host: a\u{0}\r\n")),
  ]

  private static let sizes = [
    SmugglingCase(
      "a target too long", line("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1"), 414),
    SmugglingCase(
      "headers too large", get("X: \(String(repeating: "a", count: 33_000))\r\n"), 431),
    SmugglingCase(
      "too many headers", get(String(repeating: "X: a\r\n", count: 120)), 431),
    SmugglingCase("another expectation", post("Expect: magic\r\nContent-Length: 2\r\n", "{}"), 417),
  ]
}

extension String {
  fileprivate var dropLastCRLF: String { hasSuffix("\r\n") ? String(dropLast()) : self }
}
