/// A URL that may stand in a link, an image or a form: a path of this portal, or an address whose
/// scheme is http, https, mailto or tel.
///
///     let url: SafeURL = "/\(ticket.name)?tab=\(tab)"     // interpolation percent-encodes
///     let url = SafeURL(news.link)                         // nil when the scheme is not allowed
public struct SafeURL: Sendable, Hashable, ExpressibleByStringInterpolation {
  /// The URL, not yet escaped for HTML.
  public let text: String

  /// A URL written in the source.
  public init(stringLiteral text: StaticString) { self.text = text.description }
  public init(stringInterpolation: Interpolation) {
    text = SafeURL(checked: stringInterpolation.out).text
  }

  /// A URL that came from elsewhere; nil when it is not one of the allowed kinds.
  public init?(_ text: some StringProtocol) {
    guard text.isAllowedURL else { return nil }
    self.text = String(text)
  }

  /// A URL that came from elsewhere, or `#` in place of one that is not allowed.
  public init(checked text: some StringProtocol) {
    self.text = text.isAllowedURL ? String(text) : "#"
  }

  /// This URL with the query item set; an existing item of that name is replaced, nil removes it.
  public func setting(_ name: String, to value: String?) -> SafeURL {
    let fragment = text.firstIndex(of: "#").map { text[$0...] } ?? ""
    let whole = text.dropLast(fragment.count)
    let mark = whole.firstIndex(of: "?") ?? whole.endIndex
    var items = whole[mark...].dropFirst().split(separator: "&").map(String.init)
    items.removeAll { $0.prefix { $0 != "=" } == name.urlEncoded }
    if let value { items.append("\(name.urlEncoded)=\(value.urlEncoded)") }
    let query = items.isEmpty ? "" : "?" + items.joined(separator: "&")
    return SafeURL(checked: whole[..<mark] + query + fragment)
  }

  public struct Interpolation: StringInterpolationProtocol, Sendable {
    var out = ""
    public init(literalCapacity: Int, interpolationCount: Int) {
      out.reserveCapacity(literalCapacity + interpolationCount * 16)
    }
    public mutating func appendLiteral(_ text: StaticString) { out += text.description }
    public mutating func appendInterpolation(_ value: some StringProtocol) {
      out += value.urlEncoded
    }
    public mutating func appendInterpolation(_ value: some BinaryInteger) { out += String(value) }
    public mutating func appendInterpolation(_ url: SafeURL) { out += url.text }
  }
}

extension StringProtocol {
  /// Percent-encoded for a path or a query value. A slash stays, because resource names are paths.
  var urlEncoded: String {
    // Names and tabs need nothing.
    if utf8.allSatisfy(\.staysInURL) { return String(self) }
    var out = ""
    out.reserveCapacity(utf8.count)
    for byte in utf8 {
      if byte.staysInURL {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        out += byte < 16 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return out
  }

  /// Browsers drop tabs, line ends and leading blanks before they read a scheme, and take a
  /// backslash for a slash: a URL with any of these is refused rather than repaired.
  var isAllowedURL: Bool {
    guard utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      return false
    }
    guard let stop = utf8.firstIndex(where: \.endsScheme) else { return true }
    guard utf8[stop] == UInt8(ascii: ":") else { return !utf8.starts(with: "//".utf8) }
    return ["http", "https", "mailto", "tel"].contains(self[..<stop].lowercased())
  }
}

extension UInt8 {
  /// Stands in a path or a query value as it is.
  fileprivate var staysInURL: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// What stands before it is a scheme, if it is the first of its kind and a colon.
  fileprivate var endsScheme: Bool {
    switch self {
    case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): true
    default: false
    }
  }
}
