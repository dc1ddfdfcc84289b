import NIOHTTP1
import Values

/// One request as every part of the gateway sees it, whichever HTTP version brought it. A class, for it goes through many
/// hands and never changes.
final class Request: Sendable {
  /// Made by the edge for each request; in the log, in every answer's `x-request-id` and in error bodies.
  let id: String
  let method: HTTPMethod
  let target: Target
  /// `Host` or `:authority` as sent, lower-case: `acme.localhost:8080`.
  let authority: String
  /// Host the client asked for, without the port.
  let host: String
  let headers: HTTPHeaders
  let cookies: Cookies
  let body: RequestBody
  let remote: RemoteAddress
  /// The connection is TLS, or a trusted proxy said that its own was.
  let isSecure: Bool
  /// When the headers were complete.
  let received: Instant

  init(
    id: String, method: HTTPMethod, target: Target, authority: String, headers: HTTPHeaders,
    cookies: Cookies, body: RequestBody, remote: RemoteAddress, isSecure: Bool, received: Instant
  ) {
    self.id = id
    self.method = method
    self.target = target
    self.authority = authority
    host = HostName.name(authority)
    self.headers = headers
    self.cookies = cookies
    self.body = body
    self.remote = remote
    self.isSecure = isSecure
    self.received = received
  }

  /// Scheme that the browser sees.
  var scheme: String { isSecure ? "https" : "http" }
  /// The path as sent, `/accounts/acme/tickets/42`.
  var path: String { target.path }
  var query: Query { target.query }
  /// GET and HEAD: what may never change anything.
  var isSafe: Bool { method == .GET || method == .HEAD }
  /// Languages the browser asks for, best first, as BCP 47 tags.
  var languages: [String] { LanguagePreference.parse(headers[canonicalForm: "accept-language"]) }
}

/// `Accept-Language`, reduced to what choosing a language needs.
enum LanguagePreference {
  /// At most eight tags, best quality first; malformed entries are skipped.
  static func parse(_ values: [Substring]) -> [String] {
    var weighted: [(tag: String, quality: Double)] = []
    for entry in values.joined(separator: ",").split(separator: ",").prefix(32) {
      let parts = entry.split(separator: ";").map { $0.trimmed }
      guard let tag = parts.first, !tag.isEmpty, tag.allSatisfy(\.isLanguageTag) else { continue }
      var quality = 1.0
      for parameter in parts.dropFirst() where parameter.hasPrefix("q=") {
        quality = Double(parameter.dropFirst(2)) ?? 0
      }
      if quality > 0 { weighted.append((String(tag), quality)) }
    }
    // A stable sort: entries of the same quality keep the order in which they were sent.
    return weighted.enumerated()
      .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
      .prefix(8).map(\.element.tag)
  }
}

extension Character {
  fileprivate var isLanguageTag: Bool {
    isASCII && (isLetter || isNumber || self == "-" || self == "*")
  }
}

extension Substring {
  /// Without spaces and tabs at either end.
  var trimmed: Substring {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = utf8.firstIndex(where: { !isBlank($0) }),
      let last = utf8.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return self[first..<utf8.index(after: last)]
  }
}
