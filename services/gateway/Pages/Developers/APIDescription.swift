import Foundation
import PorticoAPI
import Protobuf

/// `openapi.json` as the pages for developers read it: what they show, and nothing else of it.
struct APIDescription: Decodable, Sendable {
  struct Info: Decodable, Sendable { let description: String }
  struct Tag: Decodable, Sendable {
    let name: String
    let description: String
  }
  struct Components: Decodable, Sendable {
    let schemas: [String: APISchema]
    let responses: [String: APIResponse]
  }

  let info: Info
  let tags: [Tag]
  /// By path, then by verb in small letters.
  let paths: [String: [String: APIOperation]]
  let components: Components

  private static let loaded = Result {
    try JSONDecoder().decode(APIDescription.self, from: Data(openAPI))
  }

  /// The one that comes with this program, read at the first look at it.
  static func bundled() throws -> APIDescription { try loaded.get() }

  /// The operations of a service by path and verb.
  func routes(of tag: String) -> [APIRoute] {
    paths.flatMap { path, item in
      item.filter { $0.value.tags.contains(tag) }
        .map { APIRoute(path: path, verb: $0.key.uppercased(), operation: $0.value) }
    }
    .sorted { ($0.path, $0.verb) < ($1.path, $1.verb) }
  }
}

struct APIRoute: Sendable {
  let path: String
  /// `GET`
  let verb: String
  let operation: APIOperation

  /// Whether each of the words stands in path, verb, name or description.
  func matches(_ words: [String]) -> Bool {
    let text = [path, verb, operation.operationId, operation.description ?? ""]
      .joined(separator: " ").lowercased()
    return words.allSatisfy { text.contains($0.lowercased()) }
  }
}

struct APIOperation: Decodable, Sendable {
  struct Parameter: Decodable, Sendable {
    let name: String
    /// `path`, `query` or `header`.
    let place: String
    let required: Bool?
    let description: String?
    let schema: APISchema
    let example: JSONValue?

    enum CodingKeys: String, CodingKey {
      case name, required, description, schema, example
      case place = "in"
    }
  }
  struct Body: Decodable, Sendable {
    let content: [String: APIMedia]
    let description: String?
  }
  struct Access: Decodable, Sendable {
    /// `anyone`, `signed_in` or `permission`.
    let callers: String
    let permission: String?
  }

  let operationId: String
  let tags: [String]
  let summary: String?
  let description: String?
  let deprecated: Bool?
  let parameters: [Parameter]?
  let requestBody: Body?
  /// By status.
  let responses: [String: APIResponse]
  let access: Access

  enum CodingKeys: String, CodingKey {
    case operationId, tags, summary, description, deprecated, parameters, requestBody, responses
    case access = "x-portico-access"
  }
}

struct APIMedia: Decodable, Sendable {
  let schema: APISchema?
  /// What each piece of a stream is.
  let itemSchema: APISchema?
  let example: JSONValue?

  enum CodingKeys: String, CodingKey {
    case schema, example
    case itemSchema = "x-item-schema"
  }
}

/// A response, or a reference to one with a description of its own.
struct APIResponse: Decodable, Sendable {
  let reference: String?
  let description: String?
  let content: [String: APIMedia]?

  enum CodingKeys: String, CodingKey {
    case description, content
    case reference = "$ref"
  }
}

final class APISchema: Decodable, Sendable {
  let reference: String?
  let type: String?
  let format: String?
  let description: String?
  let properties: [String: APISchema]?
  let items: APISchema?
  let required: [String]?
  let values: [String]?
  let readOnly: Bool?
  let writeOnly: Bool?
  let deprecated: Bool?
  let pattern: String?
  let minLength: Int?
  let maxLength: Int?
  let audience: String?

  enum CodingKeys: String, CodingKey {
    case type, format, description, properties, items, required, readOnly, writeOnly, deprecated
    case pattern, minLength, maxLength
    case reference = "$ref"
    case values = "enum"
    case audience = "x-portico-audience"
  }

  /// The name of the component that it refers to.
  var componentName: String? { reference?.split(separator: "/").last.map(String.init) }

  /// Required fields first, each group by name.
  var fields: [(name: String, isRequired: Bool, schema: APISchema)] {
    let needed = Set(required ?? [])
    return (properties ?? [:]).map { ($0.key, needed.contains($0.key), $0.value) }
      .sorted { ($1.1 ? 1 : 0, $0.0) < ($0.1 ? 1 : 0, $1.0) }
  }
}

/// JSON as it is, to be shown as text.
enum JSONValue: Decodable, Sendable {
  case object([String: JSONValue])
  case array([JSONValue])
  case string(String)
  case number(Int)
  case bool(Bool)

  init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer()
    // That it is something else is no error: the last one decides.
    func attempt<Value: Decodable>(_ type: Value.Type) -> Value? {
      do { return try box.decode(type) } catch { return nil }
    }
    self =
      try attempt([String: JSONValue].self).map { .object($0) }
      ?? attempt([JSONValue].self).map { .array($0) } ?? attempt(String.self).map { .string($0) }
      ?? attempt(Bool.self).map { .bool($0) } ?? .number(box.decode(Int.self))
  }

  /// What stands in a path or header: a string without quotation marks.
  var plain: String {
    if case .string(let text) = self { return text }
    return text(indent: "")
  }

  /// With two spaces a level; members by name.
  func text(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .string(let text): return Self.quoted(text)
    case .number(let number): return String(number)
    case .bool(let value): return value ? "true" : "false"
    case .array(let items):
      return "[" + items.map { $0.text(indent: indent) }.joined(separator: ", ") + "]"
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let lines = members.sorted { $0.key < $1.key }
        .map { "\(inner)\(Self.quoted($0.key)): \($0.value.text(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSONString.quoted(text), as: UTF8.self)
  }
}
