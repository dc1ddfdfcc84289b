/// A google.api.http path, far enough for OpenAPI: what is literal and what is a variable.
struct PathTemplate {
  struct Malformed: Error {
    let reason: String
  }

  struct Variable: Hashable {
    /// `ticket.name`.
    let fieldPath: String
    /// `accounts/*/tickets/*`; `*` for a plain `{name}`.
    let pattern: [String]
  }

  enum Segment: Hashable {
    case literal(String)
    case variable(Variable)
  }

  let segments: [Segment]
  /// What follows the last colon, `close`, or nothing.
  let verb: String

  var variables: [Variable] {
    segments.compactMap { if case .variable(let variable) = $0 { variable } else { nil } }
  }

  init(_ template: String) throws(Malformed) {
    guard template.hasPrefix("/") else { throw Malformed(reason: "does not begin with `/`") }
    var rest = template.dropFirst()
    var segments: [Segment] = []
    var verb = ""
    while !rest.isEmpty {
      if rest.hasPrefix("{") {
        guard let end = rest.firstIndex(of: "}") else { throw Malformed(reason: "lacks a `}`") }
        segments.append(
          .variable(try Self.variable(rest[rest.index(after: rest.startIndex)..<end])))
        rest = rest[rest.index(after: end)...]
      } else {
        let literal = rest.prefix { $0 != "/" && $0 != ":" && $0 != "{" }
        guard !literal.isEmpty else { throw Malformed(reason: "has an empty segment") }
        segments.append(.literal(String(literal)))
        rest = rest.dropFirst(literal.count)
      }
      if rest.hasPrefix("/"), rest.count > 1 {
        rest = rest.dropFirst()
      } else if rest.hasPrefix(":"), rest.count > 1 {
        verb = String(rest.dropFirst())
        rest = ""
      } else if !rest.isEmpty {
        throw Malformed(reason: "has `\(rest)` where a segment ends")
      }
    }
    guard !verb.contains(where: { "/{}*".contains($0) }) else {
      throw Malformed(reason: "has segments after its verb")
    }
    self.segments = segments
    self.verb = verb
  }

  private static func variable(_ text: Substring) throws(Malformed) -> Variable {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty else { throw Malformed(reason: "binds no field") }
    let pattern = parts.count == 2 ? parts[1].split(separator: "/").map(String.init) : ["*"]
    guard !pattern.isEmpty else { throw Malformed(reason: "has an empty pattern") }
    return Variable(fieldPath: String(name), pattern: pattern)
  }
}
