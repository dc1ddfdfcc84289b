/// Messages and enums as JSON Schema, the way ProtoJSON writes them.
struct OpenAPISchemas {
  let index: SchemaIndex

  /// Messages with a JSON form of their own.
  private static let wellKnown: [String: JSONText] = [
    "google.protobuf.Timestamp": .object([("type", "string"), ("format", "date-time")]),
    "google.protobuf.Duration": .object([
      ("type", "string"), ("description", "Seconds with up to nine decimals and an `s`: `1.5s`."),
    ]),
    "google.protobuf.FieldMask": .object([
      ("type", "string"), ("description", "Field paths in lowerCamelCase, separated by commas."),
    ]),
    "google.protobuf.Empty": .object([("type", "object"), ("maxProperties", .number(0))]),
    "google.protobuf.Struct": .object([("type", "object"), ("additionalProperties", true)]),
    "google.protobuf.Value": .object([]),
    "google.protobuf.ListValue": .object([("type", "array"), ("items", .object([]))]),
    "google.protobuf.Any": .object([
      ("type", "object"), ("properties", .object([("@type", .object([("type", "string")]))])),
      ("required", .array(["@type"])), ("additionalProperties", true),
    ]),
  ]

  /// The schema of one value of a field's type.
  func element(_ kind: ProtoField.Kind) -> JSONText {
    switch kind {
    case .int32, .sint32, .sfixed32: .object([("type", "integer"), ("format", "int32")])
    case .uint32, .fixed32:
      .object([("type", "integer"), ("format", "int64"), ("minimum", .number(0))])
    case .int64, .sint64, .sfixed64: .object([("type", "string"), ("format", "int64")])
    case .uint64, .fixed64: .object([("type", "string"), ("format", "uint64")])
    case .float: .object([("type", "number"), ("format", "float")])
    case .double: .object([("type", "number"), ("format", "double")])
    case .bool: .object([("type", "boolean")])
    case .string: .object([("type", "string")])
    case .bytes: .object([("type", "string"), ("contentEncoding", "base64")])
    case .message(let name): Self.wellKnown[name] ?? Self.reference(name)
    case .enumeration(let name): Self.reference(name)
    }
  }

  static func reference(_ name: String) -> JSONText {
    .object([("$ref", .string("#/components/schemas/\(name)"))])
  }

  /// The schema of a field, with its comment and what its behaviour says.
  func schema(_ field: ProtoField, override: JSONText? = nil) -> JSONText {
    var members: [(String, JSONText)]
    if let entry = index.mapEntry(field) {
      members = [("type", "object"), ("additionalProperties", element(entry.fields[1].kind))]
    } else if field.isRepeated {
      members = [("type", "array"), ("items", override ?? element(field.kind))]
    } else if case .object(let own) = override ?? element(field.kind) {
      members = own
    } else {
      members = []
    }
    var notes = [field.comment]
    if field.audience == 1 { notes.append("Only shown to staff.") }
    if field.behaviors.contains(5) { notes.append("Cannot be changed later.") }
    let description = notes.filter { !$0.isEmpty }.joined(separator: "\n")
    if !description.isEmpty {
      members.removeAll { $0.0 == "description" }
      members.append(("description", .string(description)))
    }
    if field.behaviors.contains(3) { members.append(("readOnly", true)) }
    if field.behaviors.contains(4) { members.append(("writeOnly", true)) }
    if field.isDeprecated { members.append(("deprecated", true)) }
    return .object(members)
  }

  /// The object of a message, without the fields of `bound`, which are paths like `ticket.name`.
  func object(_ message: ProtoMessage, without bound: Set<String> = []) -> JSONText {
    var properties: [(String, JSONText)] = []
    var required: [JSONText] = []
    for field in message.fields where !bound.contains(field.name) {
      let prefix = field.name + "."
      let inner = Set(
        bound.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
      var override: JSONText?
      if !inner.isEmpty, case .message(let name) = field.kind, let nested = index.messages[name] {
        override = object(nested, without: inner)
      }
      let name = Self.jsonName(field.name)
      properties.append((name, schema(field, override: override)))
      if field.behaviors.contains(2) { required.append(.string(name)) }
    }
    var members: [(String, JSONText)] = [("type", "object")]
    if !message.comment.isEmpty { members.append(("description", .string(message.comment))) }
    members.append(("properties", .object(properties)))
    if !required.isEmpty { members.append(("required", .array(required))) }
    let choices = choices(message, without: bound)
    if !choices.isEmpty { members.append(("allOf", .array(choices))) }
    return .object(members)
  }

  /// Each oneof: at most one of its members.
  private func choices(_ message: ProtoMessage, without bound: Set<String>) -> [JSONText] {
    message.oneofs.enumerated().compactMap { position, oneof in
      let members = message.fields.filter { $0.oneof == position && !bound.contains($0.name) }
      guard !oneof.isSynthetic, members.count > 1 else { return nil }
      let one = members.map { field -> JSONText in
        .object([("required", .array([.string(Self.jsonName(field.name))]))])
      }
      let none = JSONText.object([("not", .object([("anyOf", .array(one))]))])
      return .object([("oneOf", .array(one + [none]))])
    }
  }

  func enumeration(_ proto: ProtoEnum) -> JSONText {
    let notes = proto.values.filter { !$0.comment.isEmpty }.map { "- `\($0.name)`: \($0.comment)" }
    let description = ([proto.comment] + notes).filter { !$0.isEmpty }.joined(separator: "\n")
    var members: [(String, JSONText)] = [
      ("type", "string"), ("enum", .array(proto.values.map { .string($0.name) })),
    ]
    if !description.isEmpty { members.append(("description", .string(description))) }
    return .object(members)
  }

  /// The schemas that `roots` need, themselves included, by name.
  func components(reachableFrom roots: [String]) -> [(String, JSONText)] {
    var pending = roots
    var found: [String: JSONText] = [:]
    while let name = pending.popLast() {
      guard found[name] == nil, Self.wellKnown[name] == nil else { continue }
      if let proto = index.enums[name] { found[name] = enumeration(proto) }
      guard let message = index.messages[name] else { continue }
      found[name] = object(message)
      for field in message.fields {
        let kinds = index.mapEntry(field).map { [$0.fields[1].kind] } ?? [field.kind]
        for case .message(let next) in kinds { pending.append(next) }
        for case .enumeration(let next) in kinds { pending.append(next) }
      }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func isWellKnown(_ name: String) -> Bool { Self.wellKnown[name] != nil }

  /// protoc's lowerCamelCase: `create_time` → `createTime`.
  static func jsonName(_ name: String) -> String {
    var result = ""
    var raise = false
    for character in name {
      if character == "_" {
        raise = true
      } else {
        result += raise ? character.uppercased() : String(character)
        raise = false
      }
    }
    return result
  }
}
