/// A path pattern of google.api.http, parsed: `/v1/{name=accounts/*/tickets/*}:close`.
///
///     Template = "/" Segments [ ":" verb ]      Segment  = "*" | "**" | literal | Variable
///     Segments = Segment { "/" Segment }        Variable = "{" field.path [ "=" Segments ] "}"
///
/// `**` matches any number of segments and stands last. A lone `/` matches the root.
struct PathTemplate: Sendable, Hashable {
  enum Piece: Sendable, Hashable {
    case literal(String)
    /// Exactly one segment.
    case single
    /// The rest of the path, also none.
    case rest
  }
  struct Variable: Sendable, Hashable {
    /// `ticket.name`
    let field: String
    /// The pieces that it covers.
    let pieces: Range<Int>
    /// Spelled with a slash or `**`: keeps `%2F` encoded.
    let isMultiSegment: Bool
  }
  struct Malformed: Error, Hashable, CustomStringConvertible {
    let template: String
    let reason: String
    var description: String { "path template \(template): \(reason)" }
  }

  let text: String
  let pieces: [Piece]
  let variables: [Variable]
  let verb: String?

  init(_ text: String) throws(Malformed) {
    self.text = text
    var parser = Parser(text)
    try parser.parse()
    pieces = parser.pieces
    variables = parser.variables
    verb = parser.verb
  }

  private struct Parser {
    let text: String
    var rest: Substring
    var pieces: [Piece] = []
    var variables: [Variable] = []
    var verb: String?

    init(_ text: String) {
      self.text = text
      rest = text[...]
    }

    mutating func parse() throws(Malformed) {
      try expect("/")
      guard !rest.isEmpty else { return }
      try segments(inVariable: false)
      if rest.first == ":" {
        rest.removeFirst()
        verb = try literal()
      }
      guard rest.isEmpty else { throw fail("unexpected '\(rest.prefix(1))'") }
      if let stars = pieces.firstIndex(of: .rest), stars != pieces.count - 1 {
        throw fail("'**' must be the last segment")
      }
      let names = variables.map(\.field)
      guard Set(names).count == names.count else { throw fail("a variable is bound twice") }
    }

    private mutating func segments(inVariable: Bool) throws(Malformed) {
      try segment(inVariable: inVariable)
      while rest.first == "/" {
        rest.removeFirst()
        try segment(inVariable: inVariable)
      }
    }

    private mutating func segment(inVariable: Bool) throws(Malformed) {
      if rest.hasPrefix("**") {
        rest.removeFirst(2)
        pieces.append(.rest)
      } else if rest.first == "*" {
        rest.removeFirst()
        pieces.append(.single)
      } else if rest.first == "{" {
        guard !inVariable else { throw fail("a variable stands inside another") }
        try variable()
      } else {
        pieces.append(.literal(try literal()))
      }
    }

    private mutating func variable() throws(Malformed) {
      try expect("{")
      let field = rest.prefix {
        $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".")
      }
      rest = rest[field.endIndex...]
      guard
        field.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty })
      else { throw fail("a variable needs a field path") }
      let start = pieces.count
      if rest.first == "=" {
        rest.removeFirst()
        try segments(inVariable: true)
      } else {
        pieces.append(.single)
      }
      try expect("}")
      let covered = start..<pieces.count
      variables.append(
        Variable(
          field: String(field), pieces: covered,
          isMultiSegment: covered.count > 1 || pieces[start] == .rest))
    }

    private mutating func literal() throws(Malformed) -> String {
      let found = rest.prefix {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-._~%".contains($0))
      }
      guard !found.isEmpty else {
        throw fail("a segment is empty or has a character that needs escaping")
      }
      rest = rest[found.endIndex...]
      return String(found)
    }

    private mutating func expect(_ character: Character) throws(Malformed) {
      guard rest.first == character else { throw fail("expected '\(character)'") }
      rest.removeFirst()
    }

    private func fail(_ reason: String) -> Malformed { Malformed(template: text, reason: reason) }
  }
}

extension PathTemplate {
  /// The variables' values in a target that matched, nil when one has a broken escape.
  ///
  /// - segments: encoded, the verb cut off the last one.
  func bindings(_ segments: [String]) -> PathBindings? {
    var found: [PathBindings.Binding] = []
    for variable in variables {
      let isOpen = pieces[variable.pieces].last == .rest
      let end = isOpen ? segments.count : variable.pieces.upperBound
      guard variable.pieces.lowerBound <= end, end <= segments.count else { return nil }
      var value = ""
      for (index, segment) in segments[variable.pieces.lowerBound..<end].enumerated() {
        let decoded =
          variable.isMultiSegment
          ? PercentCoding.decodeKeepingSlashes(segment[...]) : PercentCoding.decode(segment[...])
        guard let decoded else { return nil }
        if index > 0 { value += "/" }
        value += decoded
      }
      found.append(.init(field: variable.field, value: value))
    }
    return PathBindings(found)
  }
}
