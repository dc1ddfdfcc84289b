/// `application/x-www-form-urlencoded`, for query strings and forms alike.
enum FormEncoding {
  struct Pair: Sendable, Hashable {
    let name: String
    let value: String
  }

  /// Pairs in their order. A broken escape, text that is not UTF-8, a NUL or more than `limit` pairs is refused.
  static func pairs(_ bytes: [UInt8], limit: Int) throws(Target.Malformed) -> [Pair] {
    var pairs: [Pair] = []
    for piece in bytes.split(separator: UInt8(ascii: "&")) {
      guard pairs.count < limit else {
        throw Target.Malformed(reason: "more than \(limit) parameters")
      }
      let equals = piece.firstIndex(of: UInt8(ascii: "="))
      let name = PercentCoding.decode(piece[..<(equals ?? piece.endIndex)], plusIsSpace: true)
      let value = PercentCoding.decode(
        equals.map { piece[piece.index(after: $0)...] } ?? [], plusIsSpace: true)
      guard let name, let value, !name.utf8.contains(0), !value.utf8.contains(0) else {
        throw Target.Malformed(reason: "a parameter has a broken escape or is not UTF-8 text")
      }
      pairs.append(Pair(name: name, value: value))
    }
    return pairs
  }
}
