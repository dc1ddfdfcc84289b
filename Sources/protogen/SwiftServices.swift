/// The Swift of the services of one file: protocol, client, and method table.
struct SwiftServices {
  /// Which side of a service is wanted.
  enum Sides: String {
    case server, client, both
  }

  let file: ProtoFile
  let index: SchemaIndex
  var sides = Sides.both

  func lines() -> [String] {
    file.services.flatMap { service in
      [""] + (sides == .client ? [] : server(service))
        + (sides == .server ? [] : client(service)) + table(service)
    }
  }

  /// `Tickets` for the services `Tickets` and `TicketsService`; `TicketsV1alpha` in a package on trial.
  static func name(_ service: ProtoService) -> String {
    let suffix = "Service"
    let isSuffixed = service.name.hasSuffix(suffix) && service.name.count > suffix.count
    let stem = isSuffixed ? String(service.name.dropLast(suffix.count)) : service.name
    let package = String(service.fullName.dropLast(service.name.count + 1))
    let name = SwiftNames.upperCamel(stem) + SwiftNames.trialVersion(package: package)
    return ["Type", "Protocol", "Self"].contains(name) ? name + "_" : name
  }

  private func type(_ message: String) -> String { index.swiftTypes[message] ?? message }

  private func entry(_ service: ProtoService, _ method: ProtoMethod) -> String {
    "Methods.\(Self.name(service)).\(SwiftNames.method(method.name))"
  }

  // MARK: Server

  private func server(_ service: ProtoService) -> [String] {
    let name = "\(Self.name(service))Service"
    var lines = doc(service.comment) + ["public protocol \(name): RPCService {"]
    for method in service.methods {
      lines += doc(method.comment)
      lines.append("func \(SwiftNames.method(method.name))\(serverSignature(method))")
    }
    lines += ["}", "", "extension \(name) {"]
    lines += ["public static var name: String { \"\(service.fullName)\" }", ""]
    lines += ["public var handlers: [MethodHandler] {", "["]
    for method in service.methods { lines += handler(service, method) }
    return lines + ["]", "}", "}", ""]
  }

  private func serverSignature(_ method: ProtoMethod) -> String {
    let (input, output) = (type(method.input), type(method.output))
    let request =
      method.streamsRequests
      ? "_ requests: RequestStream<\(input)>" : "_ request: \(input)"
    return method.streamsResponses
      ? "(\(request), _ call: Call, _ responses: ResponseWriter<\(output)>) async throws"
      : "(\(request), _ call: Call) async throws -> \(output)"
  }

  private func handler(_ service: ProtoService, _ method: ProtoMethod) -> [String] {
    let kind = kind(method)
    let function = "self.\(SwiftNames.method(method.name))"
    let argument = method.streamsRequests ? "requests" : "request"
    let input =
      method.streamsRequests ? "RequestStream<\(type(method.input))>" : type(method.input)
    let table = entry(service, method)
    if method.streamsResponses {
      let output = "ResponseWriter<\(type(method.output))>"
      return [
        ".\(kind)(\(table)) {",
        "(\(argument): \(input), call: Call, responses: \(output)) async throws -> Void in",
        "try await \(function)(\(argument), call, responses)", "},",
      ]
    }
    return [
      ".\(kind)(\(table)) {",
      "(\(argument): \(input), call: Call) async throws -> \(type(method.output)) in",
      "try await \(function)(\(argument), call)", "},",
    ]
  }

  private func kind(_ method: ProtoMethod) -> String {
    switch (method.streamsRequests, method.streamsResponses) {
    case (false, false): "unary"
    case (true, false): "clientStreaming"
    case (false, true): "serverStreaming"
    case (true, true): "bidirectional"
    }
  }

  // MARK: Client

  private func client(_ service: ProtoService) -> [String] {
    var lines = doc(service.comment)
    lines += ["public struct \(Self.name(service))Client: Sendable {"]
    lines += ["public let caller: any Caller", ""]
    lines += ["public init(_ caller: any Caller) {", "self.caller = caller", "}"]
    for method in service.methods { lines += [""] + doc(method.comment) + call(service, method) }
    return lines + ["}", ""]
  }

  private func call(_ service: ProtoService, _ method: ProtoMethod) -> [String] {
    let (input, output) = (type(method.input), type(method.output))
    let name = SwiftNames.method(method.name)
    let table = entry(service, method)
    let options = "_ options: CallOptions = .init()"
    switch (method.streamsRequests, method.streamsResponses) {
    case (false, false):
      return [
        "public func \(name)(_ request: \(input), \(options)) async throws -> \(output) {",
        "try await caller.unary(\(table), request, options)", "}",
      ]
    case (false, true):
      return [
        "public func \(name)<R>(_ request: \(input), \(options), "
          + "_ body: (ResponseStream<\(output)>) async throws -> R) async throws -> R {",
        "try await caller.serverStreaming(\(table), request, options, body)", "}",
      ]
    case (true, false):
      return [
        "public func \(name)(\(options), "
          + "_ produce: (RequestWriter<\(input)>) async throws -> Void) "
          + "async throws -> \(output) {",
        "try await caller.clientStreaming(\(table), options, produce)", "}",
      ]
    case (true, true):
      return [
        "public func \(name)<R>(\(options), "
          + "_ body: (RequestWriter<\(input)>, ResponseStream<\(output)>) "
          + "async throws -> R) async throws -> R {",
        "try await caller.bidirectional(\(table), options, body)", "}",
      ]
    }
  }

  // MARK: Methods

  private func table(_ service: ProtoService) -> [String] {
    var lines = ["extension Methods {"] + doc(service.comment)
    lines.append("public enum \(Self.name(service)) {")
    for method in service.methods { lines += doc(method.comment) + value(service, method) + [""] }
    lines.append("public static let all: [Method] = [")
    lines += service.methods.map { "\(SwiftNames.method($0.name))," }
    return lines + ["]", "}", "}"]
  }

  private func value(_ service: ProtoService, _ method: ProtoMethod) -> [String] {
    var arguments = [
      "service: \(literal(service.fullName))", "name: \(literal(method.name))",
      "input: \(type(method.input)).descriptor", "output: \(type(method.output)).descriptor",
    ]
    if method.streamsRequests || method.streamsResponses {
      arguments.append("streaming: .\(kind(method))")
    }
    if method.idempotency != 0 {
      arguments.append(
        "idempotency: .\(method.idempotency == ProtoMethod.noSideEffects ? "noSideEffects" : "idempotent")"
      )
    }
    if !method.bindings.isEmpty {
      arguments.append("http: [\(method.bindings.map(rule).joined(separator: ", "))]")
    }
    // Without a rule, which only clients may be, nobody is let in.
    arguments.append("access: \(method.access.map(rule) ?? "AccessRule(.servicesOnly)")")
    if method.isDeprecated { arguments.append("isDeprecated: true") }
    if !method.comment.isEmpty { arguments.append("documentation: \(literal(method.comment))") }
    return ["public static let \(SwiftNames.method(method.name)) = Method("]
      + arguments.dropLast().map { $0 + "," } + [arguments.last ?? "", ")"]
  }

  private func rule(_ binding: ProtoMethod.Binding) -> String {
    var arguments = [literal(binding.verb), literal(binding.template)]
    switch binding.body {
    case "": break
    case "*": arguments.append("body: .whole")
    default: arguments.append("body: .field(\(literal(binding.body)))")
    }
    if !binding.responseBody.isEmpty {
      arguments.append("responseBody: \(literal(binding.responseBody))")
    }
    return "HTTPRule(\(arguments.joined(separator: ", ")))"
  }

  private func rule(_ access: ProtoMethod.Access) -> String {
    let callers: String
    switch access.callers {
    case .anyone: callers = ".anyone"
    case .signedIn: callers = ".signedIn"
    case .servicesOnly: callers = ".servicesOnly"
    case .permission(let number):
      callers = ".permission(.\(Permissions(index: index).swiftName(number) ?? "unknown"))"
    }
    var arguments = [callers]
    if !access.services.isEmpty {
      let services = access.services.sorted().map(literal).joined(separator: ", ")
      arguments.append("services: [\(services)]")
    }
    if access.needsStepUp { arguments.append("needsStepUp: true") }
    return "AccessRule(\(arguments.joined(separator: ", ")))"
  }
}

/// The permissions of `portico.access.v1.Permission`.
struct Permissions {
  static let fullName = "portico.access.v1.Permission"

  let index: SchemaIndex

  private var proto: ProtoEnum? { index.enums[Self.fullName] }

  func protoName(_ number: Int32) -> String? {
    proto?.values.first { $0.number == number }?.name
  }

  func swiftName(_ number: Int32) -> String? { protoName(number).map(SwiftNames.caseName) }

  /// The constants of `Permission`, and all of them.
  func lines() -> [String] {
    let values = (proto?.values ?? []).filter { $0.number != 0 }
    var lines = ["", "extension Permission {"]
    for value in values {
      lines += doc(value.comment)
      lines.append(
        "public static let \(SwiftNames.caseName(value.name)) = Permission(\(literal(value.name)))")
    }
    lines += ["", "/// Every permission, in the order of the proto file."]
    lines += ["public static let all: [Permission] = ["]
    lines += values.map { ".\(SwiftNames.caseName($0.name))," }
    return lines + ["]", "}"]
  }
}

/// A Swift string literal.
func literal(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
