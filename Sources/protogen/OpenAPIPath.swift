/// A path template as OpenAPI writes it: each `*` is a parameter named for its collection.
struct OpenAPIPath {
  /// `/v1/accounts/{account}/tickets/{ticket}:close`.
  private(set) var text = ""
  private(set) var parameters: [JSONText] = []
  private(set) var boundFields: Set<String> = []

  private var names: Set<String> = []

  init(_ template: PathTemplate) {
    for segment in template.segments {
      switch segment {
      case .literal(let literal): text += "/" + literal
      case .variable(let variable): add(variable)
      }
    }
    if !template.verb.isEmpty { text += ":" + template.verb }
  }

  private mutating func add(_ variable: PathTemplate.Variable) {
    boundFields.insert(variable.fieldPath)
    let isWhole = variable.pattern == ["*"]
    var collection = ""
    for part in variable.pattern {
      guard part == "*" || part == "**" else {
        text += "/" + part
        collection = part
        continue
      }
      let field = variable.fieldPath.replacing(".", with: "_")
      let wanted = isWhole || collection.isEmpty ? field : Self.singular(collection)
      var name = wanted
      var number = 2
      while !names.insert(name).inserted {
        name = "\(wanted)\(number)"
        number += 1
      }
      text += "/{\(name)}"
      parameters.append(parameter(name, in: variable, isResource: !isWhole))
    }
  }

  private func parameter(
    _ name: String, in variable: PathTemplate.Variable, isResource: Bool
  ) -> JSONText {
    let form = variable.pattern.joined(separator: "/")
    let schema: [(String, JSONText)] =
      isResource
      ? [("type", "string"), ("pattern", .string("^\(ResourcePattern.id)$"))]
      : [("type", "string"), ("minLength", .number(1))]
    return .object([
      ("name", .string(name)), ("in", "path"), ("required", true),
      (
        "description",
        .string(isResource ? "The id in `\(form)`." : "The field `\(variable.fieldPath)`.")
      ),
      ("schema", .object(schema)),
      ("example", .string(OpenAPIExamples.id(name))),
    ])
  }

  /// `timeEntries` → `timeEntry`, `addresses` → `address`, `news` stays.
  static func singular(_ word: String) -> String {
    if word == "news" { return word }
    if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
    for ending in ["sses", "shes", "ches", "xes", "uses"] where word.hasSuffix(ending) {
      return String(word.dropLast(2))
    }
    return word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
  }
}

/// Resource names as regular expressions.
enum ResourcePattern {
  /// One id, as `ResourceName.isID` in Handling takes it.
  static let id = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}"

  /// The name that a field's comment gives between its first backquotes, with parts in braces or literal:
  /// `accounts/{account}/tickets/{number}`, `profile`. Nil when the comment begins with anything else.
  static func template(inComment comment: String) -> String? {
    let text = comment.hasPrefix("Always `") ? comment.dropFirst(7) : comment[...]
    guard text.hasPrefix("`"), let end = text.dropFirst().firstIndex(of: "`") else { return nil }
    let template = text[text.index(after: text.startIndex)..<end]
    let isName = template.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || "{}".contains($0)) }
    }
    guard isName, template.contains("{") || comment.hasPrefix("Always `") else { return nil }
    return String(template)
  }

  /// - orEmpty: the field may be unset.
  static func expression(_ template: String, orEmpty: Bool) -> String {
    let parts = template.split(separator: "/").map { $0.hasPrefix("{") ? id : String($0) }
    let name = parts.joined(separator: "/")
    return orEmpty ? "^(\(name))?$" : "^\(name)$"
  }
}
