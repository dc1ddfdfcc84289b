/// One binding of a method as an OpenAPI operation.
struct OpenAPIOperations {
  let index: SchemaIndex
  let schemas: OpenAPISchemas

  /// - Parameters:
  ///   - number: the binding's place, 0 for the main rule.
  ///   - service: its short name, which is the tag.
  func operation(
    _ binding: ProtoMethod.Binding, number: Int, of method: ProtoMethod, in service: String
  ) throws -> JSONText {
    let path = OpenAPIPath(try PathTemplate(binding.template))
    var members: [(String, JSONText)] = [
      ("operationId", .string("\(service)_\(method.name)" + (number == 0 ? "" : "_\(number + 1)"))),
      ("tags", .array([.string(service)])),
    ]
    if !method.comment.isEmpty {
      members.append(("summary", .string(Sentences.first(of: method.comment))))
      members.append(("description", .string(Sentences.joined(method.comment))))
    }
    if method.isDeprecated { members.append(("deprecated", true)) }
    let input = index.messages[method.input]
    var parameters = path.parameters
    if let input { parameters += query(input, binding, bound: path.boundFields) }
    if isDownload(method) { parameters.append(Self.range) }
    if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
    let body = input.flatMap { self.body($0, binding, method, bound: path.boundFields) }
    if let body { members.append(("requestBody", body)) }
    members.append(("responses", responses(method, binding, path, hasBody: body != nil)))
    if let access = method.access {
      members.append(("security", OpenAPISecurity.requirements(access, index: index)))
      members.append(("x-portico-access", OpenAPISecurity.rule(access, index: index)))
    }
    members.append(("x-portico-method", .string("\(method.service)/\(method.name)")))
    return .object(members)
  }

  // MARK: Requests

  private func query(
    _ input: ProtoMessage, _ binding: ProtoMethod.Binding, bound: Set<String>
  ) -> [JSONText] {
    guard binding.body != "*" else { return [] }
    let taken = binding.body.isEmpty ? bound : bound.union([binding.body])
    return query(input, prefix: "", jsonPrefix: "", taken: taken, above: [input.fullName])
  }

  /// A parameter for each scalar, also of nested messages, but not through lists or recursion.
  private func query(
    _ message: ProtoMessage, prefix: String, jsonPrefix: String, taken: Set<String>,
    above: Set<String>
  ) -> [JSONText] {
    message.fields.flatMap { field -> [JSONText] in
      let path = prefix + field.name
      let name = jsonPrefix + OpenAPISchemas.jsonName(field.name)
      guard !taken.contains(path), !field.isOutputOnly, index.mapEntry(field) == nil else {
        return []
      }
      if case .message(let type) = field.kind, !schemas.isWellKnown(type) {
        guard !field.isRepeated, !above.contains(type), let nested = index.messages[type] else {
          return []
        }
        return query(
          nested, prefix: path + ".", jsonPrefix: name + ".", taken: taken,
          above: above.union([type]))
      }
      var members: [(String, JSONText)] = [("name", .string(name)), ("in", "query")]
      let description = OpenAPISchemas.description(field)
      if !description.isEmpty { members.append(("description", .string(description))) }
      if field.isRequiredByApi, prefix.isEmpty { members.append(("required", true)) }
      if field.isDeprecated { members.append(("deprecated", true)) }
      members.append(("schema", schemas.schema(field, isDescribed: false)))
      return [.object(members)]
    }
  }

  private func body(
    _ input: ProtoMessage, _ binding: ProtoMethod.Binding, _ method: ProtoMethod, bound: Set<String>
  ) -> JSONText? {
    let schema: JSONText
    let example: JSONText
    let isRequired: Bool
    let examples = OpenAPIExamples(index: index)
    switch binding.body {
    case "": return nil
    case "*":
      schema =
        bound.isEmpty
        ? OpenAPISchemas.reference(input.fullName) : schemas.object(input, without: bound)
      example = examples.body(input, without: bound)
      isRequired = input.fields.contains { $0.isRequiredByApi && !bound.contains($0.name) }
    default:
      guard let field = input.fields.first(where: { $0.name == binding.body }) else { return nil }
      if field.kind == .message(Self.httpBody) { return Self.upload }
      let prefix = field.name + "."
      let inner = Set(
        bound.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
      isRequired = true
      guard case .message(let name) = field.kind, let nested = index.messages[name] else {
        schema = schemas.schema(field)
        example = examples.value(field)
        break
      }
      // A change names what it changes: nothing has to be there.
      let isChange = binding.verb == "PATCH"
      schema =
        !isChange && inner.isEmpty || schemas.isWellKnown(name)
        ? schemas.schema(field, isDescribed: false)
        : schemas.object(nested, without: inner, isChange: isChange)
      let fixed = nested.fields.filter { isChange && $0.isImmutable }.map(\.name)
      example = examples.body(nested, without: inner.union(fixed))
    }
    let type = method.streamsRequests ? "application/x-ndjson" : "application/json"
    return .object([
      ("required", .bool(isRequired)),
      ("content", .object([(type, .object([("schema", schema), ("example", example)]))])),
    ])
  }

  /// Bytes as they are: the media type that the caller names, or none.
  private static let upload = JSONText.object([
    ("description", "The bytes of the file, of any media type."),
    ("required", true),
    ("content", .object([("application/octet-stream", .object([])), ("*/*", .object([]))])),
  ])

  private static let range = JSONText.object([
    ("name", "Range"), ("in", "header"),
    ("description", "One range of bytes (RFC 9110 §14.2): `bytes=0-1023`."),
    ("schema", .object([("type", "string")])),
  ])

  // MARK: Responses

  static let httpBody = "google.api.HttpBody"

  private func isDownload(_ method: ProtoMethod) -> Bool { method.output == Self.httpBody }

  private func responses(
    _ method: ProtoMethod, _ binding: ProtoMethod.Binding, _ path: OpenAPIPath, hasBody: Bool
  ) -> JSONText {
    var responses: [(String, JSONText)] =
      isDownload(method) ? OpenAPIProblem.downloads : [("200", success(method, binding))]
    let cause = OpenAPIProblem.Cause(
      method: method, verb: binding.verb, hasPathVariables: !path.boundFields.isEmpty,
      hasBody: hasBody, hasEtag: hasEtag(method, binding))
    for problem in OpenAPIProblem.all where problem.isPossible(cause) {
      responses.append((problem.status, problem.reference(for: method)))
    }
    return .object(responses)
  }

  /// Whether the caller can say which version of a resource is meant.
  private func hasEtag(_ method: ProtoMethod, _ binding: ProtoMethod.Binding) -> Bool {
    guard let input = index.messages[method.input] else { return false }
    func holds(_ message: ProtoMessage) -> Bool { message.fields.contains { $0.name == "etag" } }
    if holds(input) { return true }
    guard binding.verb == "PATCH",
      let body = input.fields.first(where: { $0.name == binding.body }),
      case .message(let name) = body.kind, let resource = index.messages[name]
    else { return false }
    return holds(resource)
  }

  private func success(_ method: ProtoMethod, _ binding: ProtoMethod.Binding) -> JSONText {
    let output = index.messages[method.output]
    var schema = schemas.element(.message(method.output))
    if let field = output?.fields.first(where: { $0.name == binding.responseBody }) {
      schema = schemas.schema(field)
    }
    let content: [(String, JSONText)] =
      method.streamsResponses
      ? ["application/x-ndjson", "text/event-stream"].map { type in
        let text = JSONText.object([
          ("type", "string"),
          (
            "description",
            type == "text/event-stream"
              ? "Server-sent events; the data of each is one object of the schema beside this."
              : "One object of the schema beside this a line; an error is the last line."
          ),
        ])
        return (type, .object([("schema", text), ("x-item-schema", schema)]))
      } : [("application/json", .object([("schema", schema)]))]
    return .object([
      ("description", method.streamsResponses ? "A stream of answers." : "The answer."),
      ("headers", .object([OpenAPIProblem.requestID])),
      ("content", .object(content)),
    ])
  }
}

/// Comments as texts of the document.
enum Sentences {
  /// Without the period; a comment that is one sentence is returned whole.
  static func first(of comment: String) -> String {
    let text = joined(comment)
    let first = split(text).first ?? text
    return first.hasSuffix(".") ? String(first.dropLast()) : first
  }

  /// Without the ids of requirements, which tell nobody outside anything.
  static func plain(_ comment: String) -> String {
    comment.replacing(#/ ?\([A-Z]-\d+((\.\.|, )[A-Z]-\d+)*\)/#, with: "")
  }

  /// The lines of a paragraph as one.
  static func joined(_ comment: String) -> String {
    plain(comment).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "\n\n" : $0 + " " }.joined()
      .replacing(" \n", with: "\n").trimmingSpaces
  }

  /// A sentence ends at a period before a space and a capital or a backquote.
  static func split(_ text: String) -> [String] {
    var sentences: [String] = []
    var start = text.startIndex
    for match in text.matches(of: /\.\s+(?=[A-Z`])/) {
      sentences.append(String(text[start..<text.index(after: match.range.lowerBound)]))
      start = match.range.upperBound
    }
    if start < text.endIndex { sentences.append(String(text[start...])) }
    return sentences
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
