/// What must hold before anything is generated. Each failure names the file and the element.
struct SchemaChecks {
  let index: SchemaIndex
  /// Whether every rpc needs its rules: not where only clients are generated, of services that others run.
  var needsRules = true
  /// Whether the protos have to be as Portico's own are: routes for all, no maps.
  var isOurs = true

  /// Modules that a namespace of the same name would hide wherever both are imported.
  private static let modules: Set<String> = [
    "Access", "Blobs", "Bootstrap", "Crypto", "Foundation", "Gateway", "HTTP2", "Handling", "Mail",
    "Protobuf", "RPC", "Store", "Swift", "Telemetry", "Testing", "Values", "Methods", "Method",
    "Permission",
  ]

  /// Everything that is wrong, in the order of the files.
  func failures() -> [GenerationError] {
    index.files.filter { !$0.isMeta }.flatMap { file in
      namespace(file) + file.messages.flatMap { message($0, in: file) } + services(file)
    } + duplicateServices()
  }

  private func namespace(_ file: ProtoFile) -> [GenerationError] {
    let name = SchemaIndex.namespace(of: file)
    guard Self.modules.contains(name) else { return [] }
    return [
      GenerationError(
        file: file.path, element: "package \(file.package)",
        reason: "its namespace would hide the module \(name); set option swift_prefix")
    ]
  }

  private func message(_ message: ProtoMessage, in file: ProtoFile) -> [GenerationError] {
    var failures: [GenerationError] = []
    var properties: [String: String] = [:]
    for oneof in message.oneofs where !oneof.isSynthetic {
      properties[SwiftNames.property(oneof.name)] = "oneof \(oneof.name)"
    }
    for field in message.fields {
      let element = "\(message.fullName).\(field.name)"
      func fail(_ reason: String) {
        failures.append(GenerationError(file: file.path, element: element, reason: reason))
      }
      if !field.jsonName.isEmpty, field.jsonName != OpenAPISchemas.jsonName(field.name) {
        fail("an explicit json_name is not supported")
      }
      if field.isRequired { fail("proto2 `required` is not supported") }
      if field.audience == 2, field.kind != .bool || field.isRepeated {
        fail("only a bool can say whether its message is PUBLISHED")
      }
      if isOurs, !file.isWellKnown, !file.package.hasPrefix("portico.testing."),
        index.mapEntry(field) != nil
      {
        fail("map<> is not used in Portico's protos; use a repeated message with a key field")
      }
      if let other = properties.updateValue(field.name, forKey: SwiftNames.property(field.name)) {
        fail("has the same Swift name as \(other)")
      }
      switch field.kind {
      case .message(let name), .enumeration(let name):
        if index.swiftTypes[name] == nil { fail("\(name) is not in the descriptor set") }
        if index.files.contains(where: { $0.isMeta && declares($0, name) }) {
          fail("\(name) has no Swift type")
        }
      default: break
      }
    }
    return failures + message.messages.flatMap { self.message($0, in: file) }
  }

  private func declares(_ file: ProtoFile, _ name: String) -> Bool {
    (file.messages.map(\.fullName) + file.enums.map(\.fullName)).contains {
      name == $0 || name.hasPrefix($0 + ".")
    }
  }

  private func services(_ file: ProtoFile) -> [GenerationError] {
    let needsRoute =
      isOurs && !file.isWellKnown && !file.package.hasPrefix("portico.testing.")
    return file.services.flatMap { service in
      service.methods.flatMap { method in
        reasons(against: method).map {
          GenerationError(
            file: file.path, element: "\(service.fullName).\(method.name)", reason: $0)
        }
      }
    }

    func reasons(against method: ProtoMethod) -> [String] {
      var reasons: [String] = []
      if let access = method.access {
        if case .permission(let number) = access.callers,
          Permissions(index: index).protoName(number) == nil
        {
          reasons.append("its access rule names the permission \(number), which does not exist")
        }
        if access.needsStepUp, [.anyone, .servicesOnly].contains(access.callers) {
          reasons.append("its access rule wants a step-up, but not of people who are signed in")
        }
      } else if needsRules {
        reasons.append("has no access rule: add option (portico.access.v1.rule)")
      }
      if needsRoute, method.isForServicesOnly != method.bindings.isEmpty {
        reasons.append(
          method.bindings.isEmpty
            ? "has no HTTP rule: add option (google.api.http)"
            : "has an HTTP rule, but no person may call it: take the rule away")
      }
      // Callers repeat it and fetch it by GET in other protocols too, and read that from this option alone.
      if isOurs, method.idempotency != ProtoMethod.noSideEffects,
        method.bindings.contains(where: { $0.verb.uppercased() == "GET" })
      {
        reasons.append("is a GET: add option idempotency_level = NO_SIDE_EFFECTS")
      }
      return reasons + method.bindings.flatMap { bindingFailures($0, of: method) }
    }
  }

  private func bindingFailures(
    _ binding: ProtoMethod.Binding, of method: ProtoMethod
  ) -> [String] {
    guard let input = index.messages[method.input], let output = index.messages[method.output]
    else { return ["its messages are not in the descriptor set"] }
    var reasons: [String] = []
    do {
      for variable in try PathTemplate(binding.template).variables
      where field(variable.fieldPath, in: input) == nil {
        reasons.append("its path binds `\(variable.fieldPath)`, which \(input.name) does not have")
      }
    } catch {
      reasons.append("its path `\(binding.template)` \(error.reason)")
    }
    if !["", "*"].contains(binding.body), field(binding.body, in: input) == nil {
      reasons.append("its body is `\(binding.body)`, which \(input.name) does not have")
    }
    if !binding.responseBody.isEmpty, field(binding.responseBody, in: output) == nil {
      reasons.append("answers `\(binding.responseBody)`, which \(output.name) does not have")
    }
    return reasons
  }

  private func field(_ path: String, in message: ProtoMessage) -> ProtoField? {
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    guard let first = parts.first, let field = message.fields.first(where: { $0.name == first })
    else { return nil }
    guard parts.count == 2 else { return field }
    guard !field.isRepeated, case .message(let name) = field.kind, let next = index.messages[name]
    else { return nil }
    return self.field(parts[1], in: next)
  }

  private func duplicateServices() -> [GenerationError] {
    var seen: [String: String] = [:]
    var failures: [GenerationError] = []
    for file in index.files where !file.isMeta {
      for service in file.services {
        if let other = seen.updateValue(service.fullName, forKey: SwiftServices.name(service)) {
          failures.append(
            GenerationError(
              file: file.path, element: service.fullName, reason: "has the Swift name of \(other)"))
        }
      }
    }
    return failures
  }
}
