import Values

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
    let look = raw.withBytes { Look($0) }
    if let fault = look.fault { throw Malformed(reason: fault) }
    self.raw = raw
    if let mark = look.mark {
      path = String(decoding: raw.utf8.prefix(mark), as: UTF8.self)
      query = try Query(Substring(raw.utf8.dropFirst(mark + 1)))
    } else {
      path = raw
      query = Query()
    }
    segments = look.segments
    decodedSegments =
      look.hasEscapes || look.hasDots ? try Self.decoded(segments) : segments
  }

  /// What one pass over the bytes of a target tells.
  private struct Look {
    var fault: String?
    /// Where the query's question mark stands.
    var mark: Int?
    var segments: [String] = []
    var hasEscapes = false
    /// A segment begins with a dot, or is empty.
    var hasDots = false

    init(_ raw: UnsafeBufferPointer<UInt8>) {
      guard raw.first == UInt8(ascii: "/") else {
        fault = "the request target must be an absolute path"
        return
      }
      segments.reserveCapacity(8)
      var start = 1
      for (index, byte) in raw.enumerated().dropFirst() {
        guard byte > 0x20, byte < 0x7F else {
          fault = "the request target holds characters that must be encoded"
          return
        }
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "\\"):
          fault = "the request target holds a fragment or a backslash"
        case UInt8(ascii: "?") where mark == nil:
          mark = index
          add(raw[start..<index])
        case UInt8(ascii: "/") where mark == nil:
          add(raw[start..<index])
          start = index + 1
        default: break
        }
      }
      if mark == nil { add(raw[start...]) }
      // A lone slash has no segments.
      if segments == [""] { (segments, hasDots) = ([], false) }
    }

    private mutating func add(_ segment: Slice<UnsafeBufferPointer<UInt8>>) {
      if segment.first.map({ $0 == UInt8(ascii: ".") }) ?? true { hasDots = true }
      if segment.contains(UInt8(ascii: "%")) { hasEscapes = true }
      segments.append(String(decoding: segment, as: UTF8.self))
    }
  }

  private static func decoded(_ segments: [String]) throws(Malformed) -> [String] {
    try segments.map { segment throws(Malformed) in
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
