/// A request target split once: the path stays encoded, because routing is done on the encoded form (R-153).
struct Target: Sendable, Hashable {
  /// As sent: path and query.
  let raw: String
  /// Encoded, starts with `/`, no empty, `.` or `..` segment (a lone `/` has no segments).
  let path: String
  /// The segments as sent, still percent-encoded.
  let segments: [String]
  /// The segments with every escape decoded; UTF-8 without control characters.
  let decodedSegments: [String]
  let query: Query

  /// Why a target was refused; the text is for the client.
  struct Malformed: Error, Hashable {
    let reason: String
  }

  /// Parses the origin form, `/path?query`.
  init(_ raw: String) throws(Malformed) {
    guard raw.utf8.first == UInt8(ascii: "/") else {
      throw Malformed(reason: "the request target must be an absolute path")
    }
    guard raw.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Malformed(reason: "the request target holds characters that must be encoded")
    }
    guard !raw.utf8.contains(UInt8(ascii: "#")), !raw.utf8.contains(UInt8(ascii: "\\")) else {
      throw Malformed(reason: "the request target holds a fragment or a backslash")
    }
    self.raw = raw
    let mark = raw.utf8.firstIndex(of: UInt8(ascii: "?"))
    path = String(raw[..<(mark ?? raw.endIndex)])
    query = try Query(mark.map { raw[raw.index(after: $0)...] } ?? "")
    guard path != "/" else {
      (segments, decodedSegments) = ([], [])
      return
    }
    segments = path.utf8.dropFirst()
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    decodedSegments = try segments.map { segment throws(Malformed) in
      guard let decoded = PercentCoding.decode(segment[...]), PercentCoding.isPlainText(decoded)
      else {
        throw Malformed(reason: "a path segment has a broken escape or is not plain UTF-8 text")
      }
      guard !decoded.isEmpty, decoded != ".", decoded != ".." else {
        throw Malformed(reason: "the path has an empty, '.' or '..' segment")
      }
      return decoded
    }
  }
}

/// The parameters of a query string in their order, decoded (`+` is a space).
struct Query: Sendable, Hashable {
  struct Parameter: Sendable, Hashable {
    let name: String
    let value: String
  }
  let parameters: [Parameter]

  static let maximumParameters = 256

  init(parameters: [Parameter] = []) { self.parameters = parameters }

  init(_ raw: Substring) throws(Target.Malformed) {
    parameters = try FormEncoding.pairs(Array(raw.utf8), limit: Self.maximumParameters)
      .map { Parameter(name: $0.name, value: $0.value) }
  }

  /// The first value of a name.
  subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }
  func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}
