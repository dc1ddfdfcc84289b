/// `openapi.json`: every method of portico.* with an HTTP rule, as OpenAPI 3.1.
struct OpenAPI {
  let index: SchemaIndex

  private struct Route {
    let path: String
    let verb: String
    let operation: JSONText
  }

  /// Throws when two methods have the same verb and path.
  func document() throws -> String {
    let schemas = OpenAPISchemas(index: index, requests: requests())
    let routes = try routes(OpenAPIOperations(index: index, schemas: schemas))
    let paths = Dictionary(grouping: routes, by: \.path).sorted { $0.key < $1.key }
    return JSONText.object([
      ("openapi", "3.1.0"),
      ("info", OpenAPIGuide.info),
      (
        "servers",
        .array([
          .object([("url", "/"), ("description", "The portal that this document came from.")])
        ])
      ),
      ("tags", .array(services().map(tag))),
      (
        "paths",
        .object(
          paths.map { path, routes in
            (path, .object(routes.map { ($0.verb.lowercased(), $0.operation) }))
          })
      ),
      ("components", components(schemas)),
    ]).document()
  }

  /// Services with a method that somebody outside may call.
  private func services() -> [(ProtoFile, ProtoService)] {
    index.files.filter {
      $0.package.hasPrefix("portico.") && !$0.package.hasPrefix("portico.testing.")
    }
    .flatMap { file in file.services.map { (file, $0) } }
    .filter { $0.1.methods.contains(where: \.isPublic) }
    .sorted { $0.1.fullName < $1.1.fullName }
  }

  private var methods: [ProtoMethod] { services().flatMap(\.1.methods).filter(\.isPublic) }

  private func tag(_ file: ProtoFile, _ service: ProtoService) -> JSONText {
    let comment = service.comment.isEmpty ? file.package : service.comment
    return .object([
      ("name", .string(SwiftServices.name(service))),
      ("description", .string(Sentences.joined(comment))),
    ])
  }

  private func routes(_ operations: OpenAPIOperations) throws -> [Route] {
    var seen: [String: String] = [:]
    var routes: [Route] = []
    for (file, service) in services() {
      for method in service.methods where method.isPublic {
        let element = "\(service.fullName).\(method.name)"
        for (number, binding) in method.bindings.enumerated() {
          let path = OpenAPIPath(try PathTemplate(binding.template)).text
          if let other = seen.updateValue(element, forKey: "\(binding.verb) \(path)") {
            throw GenerationError(
              file: file.path, element: element,
              reason: "has the route \(binding.verb) \(path) of \(other)")
          }
          let operation = try operations.operation(
            binding, number: number, of: method, in: SwiftServices.name(service))
          routes.append(Route(path: path, verb: binding.verb, operation: operation))
        }
      }
    }
    return routes
  }

  /// Every message that a caller can send: unknown members of these are refused.
  private func requests() -> Set<String> {
    OpenAPISchemas.reachable(from: methods.map(\.input), in: index)
  }

  private func components(_ schemas: OpenAPISchemas) -> JSONText {
    let roots = methods.flatMap { [$0.input, $0.output] }
    return .object([
      (
        "schemas",
        .object(
          [("Problem", OpenAPIProblem.schema(schemas)), ("Violation", OpenAPIProblem.violation)]
            + schemas.components(reachableFrom: roots))
      ),
      ("responses", .object(OpenAPIProblem.all.map { ($0.name, $0.response) })),
      ("headers", .object(OpenAPIProblem.headers)),
      ("securitySchemes", OpenAPISecurity.schemes),
    ])
  }
}

extension ProtoMethod {
  /// Whether it is part of the API: it has a route, and people may call it.
  var isPublic: Bool { !bindings.isEmpty && !isForServicesOnly }

  var isForServicesOnly: Bool { access?.callers == .servicesOnly }
}
