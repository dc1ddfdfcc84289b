import Protobuf
import RPC

/// The routes of the JSON API: every binding of every method that has one.
struct JSONRouter: Sendable {
  /// A class: the route of a request goes through many hands.
  final class Route: Sendable {
    let method: Method
    let rule: HTTPRule
    let template: PathTemplate
    /// Whether the answer is a resource that says which version it is.
    let hasEtag: Bool
    /// Whether a request without a body has its answer from one message of one call.
    let isPrompt: Bool

    init(method: Method, rule: HTTPRule, template: PathTemplate) {
      self.method = method
      self.rule = rule
      self.template = template
      let etag = method.output.field(named: "etag")
      hasEtag = rule.responseBody == nil && etag?.kind == .string && etag?.isRepeated == false
      isPrompt =
        method.streaming == .unary && rule.body == .none && method.output != HTTPBodyAnswer.type
    }
  }
  /// A rule that no request could be turned into a message by; found at start-up.
  struct Invalid: Error, CustomStringConvertible {
    let method: String
    let reason: String
    var description: String { "\(method): \(reason)" }
  }

  private var trie = PathTrie<Route>()

  init(_ methods: [Method]) throws {
    for method in methods {
      for rule in method.http {
        let template = try PathTemplate(rule.template)
        try Self.check(rule, template, method)
        try trie.add(
          rule.verb.uppercased(), template, Route(method: method, rule: rule, template: template))
      }
    }
  }

  /// Messages that one text stands for.
  private static func isText(_ type: MessageDescriptor) -> Bool {
    let short = type.name.split(separator: ".").last.map(String.init) ?? ""
    return type.name == "google.protobuf.\(short)"
      && (["Timestamp", "Duration", "FieldMask"].contains(short)
        || (short.hasSuffix("Value") && !["Value", "ListValue"].contains(short)))
  }

  func match(_ method: String, _ target: Target) -> PathTrie<Route>.Outcome {
    trie.match(method, target)
  }

  private static func check(_ rule: HTTPRule, _ template: PathTemplate, _ method: Method) throws {
    func fail(_ reason: String) -> Invalid { Invalid(method: method.path, reason: reason) }
    for variable in template.variables {
      guard let field = method.input.field(path: variable.field), !field.isRepeated,
        field.message.map(Self.isText) ?? true
      else { throw fail("{\(variable.field)} is no single scalar field of \(method.input.name)") }
    }
    if case .field(let name) = rule.body, method.input.field(named: name) == nil {
      throw fail("body \"\(name)\" is no field of \(method.input.name)")
    }
    if let name = rule.responseBody, method.output.field(named: name) == nil {
      throw fail("response_body \"\(name)\" is no field of \(method.output.name)")
    }
    if method.output == HTTPBodyAnswer.type, ![.unary, .serverStreaming].contains(method.streaming)
    {
      throw fail("a method that takes a stream cannot answer with HttpBody")
    }
    if rule.body == .none, [.clientStreaming, .bidirectional].contains(method.streaming) {
      throw fail("a method that takes a stream needs a body")
    }
    if rule.body != .none, ["GET", "HEAD"].contains(rule.verb.uppercased()) {
      throw fail("\(rule.verb) takes no body")
    }
  }
}

extension MessageDescriptor {
  /// The field at the end of a dotted path, nil when the path leaves the message or crosses a repeated field.
  func field(path: String) -> FieldDescriptor? {
    let names = path.split(separator: ".").map(String.init)
    var type = self
    for name in names.dropLast() {
      guard let field = type.field(named: name), !field.isRepeated, let next = field.message else {
        return nil
      }
      type = next
    }
    return names.last.flatMap { type.field(named: $0) }
  }
}
