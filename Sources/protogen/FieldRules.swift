/// The Swift table of what the field options say: who sets a field, and whom it is meant for.
struct FieldRules {
  let index: SchemaIndex

  func lines() -> [String] {
    let files = index.files.filter { !$0.isMeta }
    let fields = files.flatMap(\.messages).flatMap(flattened).compactMap(entry)
    let values = files.flatMap { $0.enums + $0.messages.flatMap(flattened).flatMap(\.enums) }
      .compactMap(entry)
    return [
      "\(SwiftFiles.mark).", "", "import RPC", "",
      "/// What the options of fields and of enum values say, for all messages.",
      "extension FieldRules {", "public static let portico = FieldRules(", "fields: [",
    ] + fields + ["],", "staffValues: ["] + (values.isEmpty ? [":"] : values) + ["])", "}"]
  }

  private func flattened(_ message: ProtoMessage) -> [ProtoMessage] {
    [message] + message.messages.flatMap(flattened)
  }

  private func entry(_ message: ProtoMessage) -> String? {
    let rules = message.fields.compactMap { field -> String? in
      var arguments: [String] = []
      let behavior = field.behaviors.sorted().compactMap { Self.behaviors[$0] }
      if !behavior.isEmpty { arguments.append("[\(behavior.joined(separator: ", "))]") }
      if let audience = Self.audiences[field.audience] { arguments.append("for: \(audience)") }
      guard !arguments.isEmpty else { return nil }
      return "\(field.number): FieldRule(\(arguments.joined(separator: ", ")))"
    }
    guard !rules.isEmpty else { return nil }
    return "\(literal(message.fullName)): [\(rules.joined(separator: ", "))],"
  }

  private func entry(_ proto: ProtoEnum) -> String? {
    let numbers = proto.values.filter { $0.audience == 1 }.map { String($0.number) }
    guard !numbers.isEmpty else { return nil }
    return "\(literal(proto.fullName)): [\(numbers.joined(separator: ", "))],"
  }

  /// Numbers of google.api.FieldBehavior.
  private static let behaviors = [
    2: ".required", 3: ".outputOnly", 4: ".inputOnly", 5: ".immutable", 8: ".identifier",
  ]
  /// Numbers of portico.access.v1.Audience.
  private static let audiences = [1: ".staff", 2: ".published"]
}
