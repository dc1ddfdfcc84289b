/// A header value of the form `type/subtype; name=value; name="value"`.
struct MediaType: Sendable {
  /// Lower-case, without parameters.
  let essence: String
  /// By lower-case name; the first of a name counts.
  let parameters: [String: String]

  init(_ text: String) {
    var pieces: [ArraySlice<UInt8>] = []
    let bytes = Array(text.utf8)
    var start = 0
    var isQuoted = false
    var isEscaped = false
    // By bytes: other characters equal `;` and `K` for Unicode, and a mark that follows one makes another of it.
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: ";"), !isQuoted {
        pieces.append(bytes[start..<index])
        start = index + 1
        continue
      }
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
    }
    pieces.append(bytes[start...])
    essence = Self.name(pieces[0])
    var parameters: [String: String] = [:]
    for piece in pieces.dropFirst() {
      guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = Self.name(piece[..<equals])
      let value = String(decoding: piece[(equals + 1)...], as: UTF8.self)[...].trimmed
      if parameters[name] == nil { parameters[name] = Self.unquoted(value) }
    }
    self.parameters = parameters
  }

  /// Lower-case in ASCII alone: the lower case of a Kelvin sign is a `k`.
  private static func name(_ bytes: ArraySlice<UInt8>) -> String {
    let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return String(String(decoding: lower, as: UTF8.self)[...].trimmed)
  }

  /// Browsers escape a quote as `%22` or `\"` and leave other backslashes alone.
  private static func unquoted(_ value: Substring) -> String {
    let quote = UInt8(ascii: "\"")
    let bytes = Array(value.utf8)
    guard bytes.count >= 2, bytes.first == quote, bytes.last == quote else { return String(value) }
    let inner = bytes[1..<(bytes.count - 1)]
    let text = inner.indices.filter { index in
      inner[index] != UInt8(ascii: "\\") || inner[(index + 1)...].first != quote
    }.map { inner[$0] }
    return String(decoding: text, as: UTF8.self)
  }
}
