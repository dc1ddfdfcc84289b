import NIOHTTP1
import Values

/// One answer. The edge adds request id, date, length, cookies and security headers.
struct Response: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: Body
  var cookies: [Cookie] = []
  /// Shown once on the next page; they travel in a signed cookie.
  var flashes: [Flash] = []
  /// After a request that another parser might read differently, nothing more is taken from an HTTP/1.1 connection.
  var endsConnection = false

  enum Body: Sendable {
    case empty
    case bytes([UInt8])
    /// Written piece by piece; each write waits until the peer has taken the last one.
    /// - length: the exact byte count when known, else the answer is chunked.
    case stream(length: Int?, @Sendable (any BodyWriter) async throws -> Void)
    /// Written from outside for as long as the peer stays; told on the connection's event loop, once the head was sent.
    case push(@Sendable (any LivePush) -> Void)
  }

  init(_ status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], body: Body = .empty) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A page.
  static func html(_ page: HTML, status: HTTPResponseStatus = .ok) -> Response {
    Response(
      status,
      headers: ["content-type": "text/html; charset=utf-8", "cache-control": "no-store"],
      body: .bytes(page.bytes))
  }

  /// Bytes of a type that the caller vouches for.
  static func bytes(
    _ bytes: [UInt8], type: String, status: HTTPResponseStatus = .ok
  ) -> Response {
    Response(
      status, headers: ["content-type": type, "cache-control": "no-store"], body: .bytes(bytes))
  }

  /// After a form: 303, so that the browser follows with GET.
  static func redirect(to path: LocalPath, flash: Flash? = nil) -> Response {
    var response = Response(
      .seeOther, headers: ["location": path.rawValue, "cache-control": "no-store"])
    if let flash { response.flashes = [flash] }
    return response
  }

  /// A file for download: never shown in our origin, whatever its bytes are.
  static func attachment(
    _ body: Body, fileName: String, type: String = "application/octet-stream"
  ) -> Response {
    Response(
      headers: [
        "content-type": type,
        "content-disposition": ContentDisposition.attachment(fileName),
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
      ],
      body: body)
  }

  func with(_ flash: Flash) -> Response {
    var copy = self
    copy.flashes.append(flash)
    return copy
  }
}

/// Where a streamed body goes.
protocol BodyWriter: Sendable {
  /// Returns when the transport has room again; throws when the peer is gone.
  func write(_ bytes: [UInt8]) async throws
}

/// A message shown once, on the next page.
struct Flash: Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    case success, notice, failure
    /// Not said: the key of a draft that the browser need not keep any more.
    case draft
  }
  let kind: Kind
  let text: String

  static func success(_ text: String) -> Flash { .init(kind: .success, text: text) }
  static func notice(_ text: String) -> Flash { .init(kind: .notice, text: text) }
  static func failure(_ text: String) -> Flash { .init(kind: .failure, text: text) }
}

/// A path of this origin, the only thing that a redirect takes.
struct LocalPath: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  let rawValue: String

  /// A path written in our code; interpolated segments must be names (`accounts/acme`), which need no escapes.
  init(stringLiteral value: String) { self = LocalPath(value) ?? .home }

  /// A path from outside: nil for another origin, `//`, backslashes, controls and encoded forms of these.
  init?(_ candidate: String?) {
    guard let candidate, candidate.hasPrefix("/"), !candidate.hasPrefix("//"),
      candidate.utf8.count <= 2048,
      candidate.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return nil }
    // What a sloppy proxy or browser might decode once or twice must be harmless as well.
    var decoded = candidate
    for _ in 0..<2 {
      guard let next = PercentCoding.decode(decoded[...]) else { return nil }
      // By bytes: a mark that follows makes another character of a slash, which browsers leave out of a name.
      guard !next.utf8.starts(with: "//".utf8), !next.utf8.contains(UInt8(ascii: "\\")),
        PercentCoding.isPlainText(next)
      else { return nil }
      decoded = next
    }
    rawValue = candidate
  }

  private init(unchecked: String) { rawValue = unchecked }
  static let home = LocalPath(unchecked: "/")
}

/// RFC 6266 file names.
enum ContentDisposition {
  /// `attachment` with an ASCII fallback and the exact name in UTF-8; controls, quotes, separators and text-direction
  /// overrides never reach the header.
  static func attachment(_ fileName: String) -> String {
    let clean = FileName.clean(fileName)
    let ascii = String(
      clean.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "%" ? Character($0) : "_" })
    return "attachment; filename=\"\(ascii)\"; filename*=UTF-8''\(PercentCoding.encode(clean))"
  }
}
