/// The cookies of a request. Unparsable pieces are skipped: other software on the host sets cookies too.
struct Cookies: Sendable, Hashable {
  private let values: [String: String]

  init(_ headers: [String] = []) {
    var values: [String: String] = [:]
    // By bytes: what separates is ASCII, and finding characters costs several times as much.
    let pieces = headers.lazy.flatMap { $0.utf8.split(separator: UInt8(ascii: ";")) }
    for piece in pieces.prefix(100) {
      let pair = Substring(piece).trimmed
      guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")), equals != pair.startIndex
      else { continue }
      let name = String(pair[..<equals])
      // The first of a name wins: a cookie planted by a sibling host with a wider path comes later.
      if values[name] == nil { values[name] = String(pair[pair.utf8.index(after: equals)...]) }
    }
    self.values = values
  }

  subscript(name: String) -> String? { values[name] }
}

/// A cookie to set. Name and value come from our own code and are of the cookie alphabet.
struct Cookie: Sendable, Hashable {
  enum SameSite: String, Sendable {
    case lax = "Lax"
    case strict = "Strict"
  }

  var name: String
  var value: String
  /// Seconds to live; nil for the browser session, 0 to delete.
  var maxAge: Int?
  var isSecure: Bool
  var isHTTPOnly = true
  var sameSite = SameSite.lax

  /// The `Set-Cookie` value; the path is always `/` and there is never a domain (`__Host-` demands both).
  var header: String {
    var parts = ["\(name)=\(value)", "Path=/", "SameSite=\(sameSite.rawValue)"]
    if let maxAge { parts.append("Max-Age=\(maxAge)") }
    if isHTTPOnly { parts.append("HttpOnly") }
    if isSecure { parts.append("Secure") }
    return parts.joined(separator: "; ")
  }
}
