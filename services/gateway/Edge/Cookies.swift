import Values

/// The cookies of a request. Unparsable pieces are skipped: other software on the host sets cookies too.
struct Cookies: Sendable, Hashable {
  private struct Pair: Hashable {
    let name: String
    let value: String
  }
  private var pairs: [Pair] = []
  /// Pieces of a request that are looked at.
  private static let most = 100

  init(_ headers: [String] = []) {
    var left = Self.most
    if !headers.isEmpty { pairs.reserveCapacity(4) }
    for header in headers where left > 0 { header.withBytes { read($0, &left) } }
  }

  /// By bytes: what separates is ASCII, and finding characters costs several times as much.
  private mutating func read(_ header: UnsafeBufferPointer<UInt8>, _ left: inout Int) {
    var start = 0
    while start < header.count, left > 0 {
      let rest = header[start...]
      let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? header.count
      if end > start {
        left -= 1
        add(Self.trimmed(rest[..<end]))
      }
      start = end + 1
    }
  }

  private mutating func add(_ piece: Slice<UnsafeBufferPointer<UInt8>>) {
    guard let equals = piece.firstIndex(of: UInt8(ascii: "=")), equals != piece.startIndex else {
      return
    }
    let name = String(decoding: piece[..<equals], as: UTF8.self)
    // The first of a name wins: a cookie planted by a sibling host with a wider path comes later.
    guard self[name] == nil else { return }
    pairs.append(Pair(name: name, value: String(decoding: piece[(equals + 1)...], as: UTF8.self)))
  }

  private static func trimmed(
    _ piece: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Slice<UnsafeBufferPointer<UInt8>> {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let rest = piece.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return rest }
    return rest[...last]
  }

  /// Looked for from the start: a browser sends a handful.
  subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
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
