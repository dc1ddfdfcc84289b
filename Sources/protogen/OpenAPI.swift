/// `openapi.json`: every method of portico.* with an HTTP rule, as OpenAPI 3.1.
struct OpenAPI {
  let index: SchemaIndex

  private var schemas: OpenAPISchemas { OpenAPISchemas(index: index) }

  private struct Route {
    let path: String
    let verb: String
    let operation: JSONText
  }

  /// Throws when two methods have the same verb and path.
  func document() throws -> String {
    let routes = try routes()
    let paths = Dictionary(grouping: routes, by: \.path).sorted { $0.key < $1.key }
    let tags = services().map { file, service -> JSONText in
      let comment = service.comment.isEmpty ? file.package : service.comment
      return .object([
        ("name", .string(SwiftServices.name(service))), ("description", .string(comment)),
      ])
    }
    return JSONText.object([
      ("openapi", "3.1.0"),
      ("info", .object([("title", "Portico"), ("version", "v1")])),
      ("tags", .array(tags)),
      (
        "paths",
        .object(
          paths.map { path, routes in
            (path, .object(routes.map { ($0.verb.lowercased(), $0.operation) }))
          })
      ),
      ("components", components()),
    ]).document()
  }

  private func services() -> [(ProtoFile, ProtoService)] {
    index.files.filter {
      $0.package.hasPrefix("portico.") && !$0.package.hasPrefix("portico.testing.")
    }
    .flatMap { file in file.services.map { (file, $0) } }
    .sorted { $0.1.fullName < $1.1.fullName }
  }

  private func routes() throws -> [Route] {
    var seen: [String: String] = [:]
    var routes: [Route] = []
    for (file, service) in services() {
      for method in service.methods {
        let element = "\(service.fullName).\(method.name)"
        for (number, binding) in method.bindings.enumerated() {
          let route = try route(binding, number, method, service)
          if let other = seen.updateValue(element, forKey: "\(route.verb) \(route.path)") {
            throw GenerationError(
              file: file.path, element: element,
              reason: "has the route \(route.verb) \(route.path) of \(other)")
          }
          routes.append(route)
        }
      }
    }
    return routes
  }

  private func route(
    _ binding: ProtoMethod.Binding, _ number: Int, _ method: ProtoMethod, _ service: ProtoService
  ) throws -> Route {
    let path = OpenAPIPath(try PathTemplate(binding.template))
    let name = SwiftServices.name(service)
    var members: [(String, JSONText)] = [
      ("operationId", .string("\(name)_\(method.name)" + (number == 0 ? "" : "_\(number + 1)"))),
      ("tags", .array([.string(name)])),
    ]
    if !method.comment.isEmpty { members.append(("description", .string(method.comment))) }
    if method.isDeprecated { members.append(("deprecated", true)) }
    if let input = index.messages[method.input] {
      let parameters = path.parameters + query(input, binding, bound: path.boundFields)
      if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
      if let body = body(input, binding, method, bound: path.boundFields) {
        members.append(("requestBody", body))
      }
    }
    members.append(("responses", responses(method, binding)))
    if let access = method.access { members.append(("x-portico-access", rule(access))) }
    return Route(path: path.text, verb: binding.verb, operation: .object(members))
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
      guard !taken.contains(path), !field.behaviors.contains(3) else { return [] }
      if case .message(let type) = field.kind, !schemas.isWellKnown(type) {
        guard !field.isRepeated, !above.contains(type), let nested = index.messages[type] else {
          return []
        }
        return query(
          nested, prefix: path + ".", jsonPrefix: name + ".", taken: taken,
          above: above.union([type]))
      }
      var members: [(String, JSONText)] = [("name", .string(name)), ("in", "query")]
      if !field.comment.isEmpty { members.append(("description", .string(field.comment))) }
      if field.behaviors.contains(2), prefix.isEmpty { members.append(("required", true)) }
      let element = schemas.element(field.kind)
      let schema =
        field.isRepeated ? .object([("type", "array"), ("items", element)]) : element
      members.append(("schema", schema))
      return [.object(members)]
    }
  }

  private func body(
    _ input: ProtoMessage, _ binding: ProtoMethod.Binding, _ method: ProtoMethod, bound: Set<String>
  ) -> JSONText? {
    let schema: JSONText
    switch binding.body {
    case "": return nil
    case "*":
      schema =
        bound.isEmpty
        ? OpenAPISchemas.reference(input.fullName) : schemas.object(input, without: bound)
    default:
      guard let field = input.fields.first(where: { $0.name == binding.body }) else { return nil }
      let prefix = field.name + "."
      let inner = bound.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
      if !inner.isEmpty, case .message(let name) = field.kind, let nested = index.messages[name] {
        schema = schemas.object(nested, without: Set(inner))
      } else {
        schema = schemas.schema(field)
      }
    }
    let type = method.streamsRequests ? "application/x-ndjson" : "application/json"
    return .object([
      ("required", true),
      ("content", .object([(type, .object([("schema", schema)]))])),
    ])
  }

  // MARK: Responses

  private func responses(_ method: ProtoMethod, _ binding: ProtoMethod.Binding) -> JSONText {
    let output = index.messages[method.output]
    var schema = schemas.element(.message(method.output))
    if let field = output?.fields.first(where: { $0.name == binding.responseBody }) {
      schema = schemas.schema(field)
    }
    let type = method.streamsResponses ? "application/x-ndjson" : "application/json"
    let description =
      method.streamsResponses ? "OK; one object a line." : "OK."
    return .object([
      (
        "200",
        .object([
          ("description", .string(description)),
          ("content", .object([(type, .object([("schema", schema)]))])),
        ])
      ),
      ("default", .object([("$ref", "#/components/responses/Problem")])),
    ])
  }

  private func rule(_ access: ProtoMethod.Access) -> JSONText {
    var members: [(String, JSONText)]
    switch access.callers {
    case .anyone: members = [("callers", "anyone")]
    case .signedIn: members = [("callers", "signed_in")]
    case .servicesOnly: members = [("callers", "services_only")]
    case .permission(let number):
      let name = Permissions(index: index).protoName(number) ?? ""
      members = [("callers", "permission"), ("permission", .string(name))]
    }
    if !access.services.isEmpty {
      members.append(("services", .array(access.services.sorted().map { .string($0) })))
    }
    return .object(members)
  }

  private func components() -> JSONText {
    let roots = services().flatMap { $0.1.methods }.filter { !$0.bindings.isEmpty }
      .flatMap { [$0.input, $0.output] }
    let problem = JSONText.object([
      ("type", "object"),
      ("description", "RFC 9457, with the gRPC status code by name."),
      (
        "properties",
        .object([
          ("type", .object([("type", "string"), ("format", "uri-reference")])),
          ("title", .object([("type", "string")])),
          ("status", .object([("type", "integer"), ("format", "int32")])),
          ("detail", .object([("type", "string")])),
          ("instance", .object([("type", "string"), ("format", "uri-reference")])),
          ("code", .object([("type", "string"), ("examples", .array(["NOT_FOUND"]))])),
          (
            "details",
            .object([
              ("type", "array"), ("items", schemas.element(.message("google.protobuf.Any"))),
            ])
          ),
        ])
      ),
      ("required", .array(["title", "status", "code"])),
    ])
    return .object([
      ("schemas", .object([("Problem", problem)] + schemas.components(reachableFrom: roots))),
      (
        "responses",
        .object([
          (
            "Problem",
            .object([
              ("description", "An error."),
              (
                "content",
                .object([
                  (
                    "application/problem+json",
                    .object([("schema", OpenAPISchemas.reference("Problem"))])
                  )
                ])
              ),
            ])
          )
        ])
      ),
    ])
  }
}

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
      parameters.append(
        .object([
          ("name", .string(name)), ("in", "path"), ("required", true),
          ("description", .string("Part of `\(variable.fieldPath)`.")),
          ("schema", .object([("type", "string")])),
        ]))
    }
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
