/// Messages and enums as JSON Schema, the way ProtoJSON writes them.
struct OpenAPISchemas {
  let index: SchemaIndex
  /// Full names of the messages that callers send; others are only ever answers and may grow.
  var requests: Set<String> = []

  /// Messages with a JSON form of their own.
  private static let wellKnown: [String: JSONText] = [
    "google.protobuf.Timestamp": .object([("type", "string"), ("format", "date-time")]),
    "google.protobuf.Duration": .object([
      ("type", "string"), ("pattern", #"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"#),
      ("description", "Seconds with up to nine decimals and an `s`: `1.5s`."),
    ]),
    "google.protobuf.FieldMask": .object([
      ("type", "string"),
      ("pattern", #"^([A-Za-z0-9]+(\.[A-Za-z0-9]+)*(,[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)*)?$"#),
      ("description", "Field paths in lowerCamelCase, separated by commas."),
    ]),
    "google.protobuf.Empty": .object([("type", "object"), ("maxProperties", .number(0))]),
    "google.protobuf.Struct": .object([("type", "object"), ("additionalProperties", true)]),
    "google.protobuf.Value": .object([]),
    "google.protobuf.ListValue": .object([("type", "array"), ("items", .object([]))]),
    "google.protobuf.BoolValue": .object([("type", "boolean")]),
    "google.protobuf.StringValue": .object([("type", "string")]),
    "google.protobuf.BytesValue": .object([("type", "string"), ("contentEncoding", "base64")]),
    "google.protobuf.Int32Value": int32,
    "google.protobuf.UInt32Value": uint32,
    "google.protobuf.Int64Value": int64,
    "google.protobuf.UInt64Value": uint64,
    "google.protobuf.FloatValue": .object([("type", "number"), ("format", "float")]),
    "google.protobuf.DoubleValue": .object([("type", "number"), ("format", "double")]),
    "google.api.HttpBody": .object([
      ("type", "object"),
      (
        "properties",
        .object([
          ("contentType", .object([("type", "string")])),
          ("data", .object([("type", "string"), ("contentEncoding", "base64")])),
        ])
      ),
    ]),
    "google.protobuf.Any": .object([
      ("type", "object"), ("properties", .object([("@type", .object([("type", "string")]))])),
      ("required", .array(["@type"])), ("additionalProperties", true),
    ]),
  ]

  private static let int32 = JSONText.object([
    ("type", "integer"), ("format", "int32"), ("minimum", .number(Int(Int32.min))),
    ("maximum", .number(Int(Int32.max))),
  ])
  private static let uint32 = JSONText.object([
    ("type", "integer"), ("format", "int64"), ("minimum", .number(0)),
    ("maximum", .number(Int(UInt32.max))),
  ])
  private static let int64 = JSONText.object([
    ("type", "string"), ("format", "int64"), ("pattern", "^-?(0|[1-9][0-9]{0,18})$"),
  ])
  private static let uint64 = JSONText.object([
    ("type", "string"), ("format", "uint64"), ("pattern", "^(0|[1-9][0-9]{0,19})$"),
  ])

  /// The schema of one value of a field's type.
  func element(_ kind: ProtoField.Kind) -> JSONText {
    switch kind {
    case .int32, .sint32, .sfixed32: Self.int32
    case .uint32, .fixed32: Self.uint32
    case .int64, .sint64, .sfixed64: Self.int64
    case .uint64, .fixed64: Self.uint64
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
  func schema(
    _ field: ProtoField, override: JSONText? = nil, isDescribed: Bool = true, note: String = ""
  ) -> JSONText {
    let element = override ?? constrained(field)
    var members: [(String, JSONText)]
    if let entry = index.mapEntry(field) {
      members = [("type", "object"), ("additionalProperties", self.element(entry.fields[1].kind))]
    } else if field.isRepeated {
      members = [("type", "array"), ("items", element)]
    } else if case .object(let own) = element {
      members = own
    } else {
      members = []
    }
    let description = [Self.description(field), note].filter { !$0.isEmpty }
      .joined(separator: "\n")
    if isDescribed, !description.isEmpty {
      members.removeAll { $0.0 == "description" }
      members.append(("description", .string(description)))
    }
    if field.isOutputOnly { members.append(("readOnly", true)) }
    if field.behaviors.contains(4) { members.append(("writeOnly", true)) }
    if field.isDeprecated, isDescribed { members.append(("deprecated", true)) }
    if field.audience == 1 { members.append(("x-portico-audience", "staff")) }
    return .object(members)
  }

  /// One value of the field, with what is known of it beyond its type.
  private func constrained(_ field: ProtoField) -> JSONText {
    guard case .object(var members) = element(field.kind) else { return element(field.kind) }
    switch field.kind {
    case .string:
      if let template = ResourcePattern.template(inComment: field.comment) {
        let orEmpty = !field.isRequiredByApi && !field.behaviors.contains(8) && !field.isRepeated
        let pattern = ResourcePattern.expression(template, orEmpty: orEmpty)
        members.append(("pattern", .string(pattern)))
      } else if field.isRequiredByApi {
        members.append(("minLength", .number(1)))
      }
    case .enumeration(let name) where field.isRequiredByApi:
      if let unset = index.enums[name]?.values.first(where: { $0.number == 0 }) {
        members.append(("not", .object([("const", .string(unset.name))])))
      }
    case .int32 where field.name == "page_size":
      members = members.map { $0.0 == "minimum" ? ("minimum", .number(0)) : $0 }
    default: break
    }
    return .object(members)
  }

  /// The comment, or what the field's name means everywhere in the API, and notes on its behaviour.
  static func description(_ field: ProtoField) -> String {
    var notes = [
      field.comment.isEmpty ? conventions[field.name] ?? "" : Sentences.plain(field.comment)
    ]
    if field.audience == 1 { notes.append("Only shown to staff.") }
    if field.audience == 2 { notes.append("Customers are shown only what has it set.") }
    if field.isImmutable { notes.append("Cannot be changed later.") }
    return notes.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static let conventions = [
    "page_size": "How many entries are wanted at most; the server chooses when 0.",
    "page_token": "`nextPageToken` of the page before, or empty for the first.",
    "next_page_token": "Leads to the next page; empty on the last one.",
    "total_size": "Entries of all pages.",
    "request_id": "Makes a repetition safe: the same id gets the first answer again.",
    "etag":
      "The version that was read. Sent back with a change, it keeps others' changes from being lost.",
    "update_mask": "What to change; absent: every field of the body.",
    "parent": "Where to look, or where to put it.",
  ]

  /// The object of a message.
  ///
  /// - Parameters:
  ///   - bound: fields that it lacks, as paths: `ticket.name`.
  ///   - isChange: none of the fields must be there.
  func object(
    _ message: ProtoMessage, without bound: Set<String> = [], isChange: Bool = false
  ) -> JSONText {
    var properties: [(String, JSONText)] = []
    var required: [JSONText] = []
    for field in message.fields
    where !bound.contains(field.name) && !(isChange && field.isImmutable) {
      let prefix = field.name + "."
      let inner = Set(
        bound.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
      var override: JSONText?
      if !inner.isEmpty, case .message(let name) = field.kind, let nested = index.messages[name] {
        override = object(nested, without: inner)
      }
      let name = Self.jsonName(field.name)
      let value = schema(field, override: override, note: alternatives(to: field, in: message))
      properties.append((name, value))
      if field.isRequiredByApi { required.append(.string(name)) }
    }
    var members: [(String, JSONText)] = [("type", "object")]
    if !message.comment.isEmpty {
      members.append(("description", .string(Sentences.joined(message.comment))))
    }
    members.append(("properties", .object(properties)))
    if !required.isEmpty, !isChange { members.append(("required", .array(required))) }
    if requests.contains(message.fullName) { members.append(("additionalProperties", false)) }
    let choices = choices(message, without: bound)
    if !choices.isEmpty { members.append(("allOf", .array(choices))) }
    return .object(members)
  }

  /// What a member of a oneof excludes, in words; `choices` says the same to programs.
  private func alternatives(to field: ProtoField, in message: ProtoMessage) -> String {
    guard let position = field.oneof, !message.oneofs[position].isSynthetic else { return "" }
    let names = message.fields.filter { $0.oneof == position && $0.name != field.name }
      .map { "`\(Self.jsonName($0.name))`" }
    return names.isEmpty ? "" : "Not together with \(names.joined(separator: ", "))."
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
    let notes = proto.values.filter { !$0.comment.isEmpty }.map {
      "- `\($0.name)`: \(Sentences.plain($0.comment))"
    }
    let description = ([Sentences.plain(proto.comment)] + notes).filter { !$0.isEmpty }.joined(
      separator: "\n")
    var members: [(String, JSONText)] = [
      ("type", "string"), ("enum", .array(proto.values.map { .string($0.name) })),
    ]
    if !description.isEmpty { members.append(("description", .string(description))) }
    return .object(members)
  }

  /// The schemas that `roots` need, themselves included, by name.
  func components(reachableFrom roots: [String]) -> [(String, JSONText)] {
    Self.reachable(from: roots, in: index).sorted().compactMap { name in
      if let proto = index.enums[name] { return (name, enumeration(proto)) }
      return index.messages[name].map { (name, object($0)) }
    }
  }

  /// Full names of all messages and enums that values of `roots` can hold, and of `roots`.
  static func reachable(from roots: [String], in index: SchemaIndex) -> Set<String> {
    var pending = roots
    var found: Set<String> = []
    while let name = pending.popLast() {
      guard wellKnown[name] == nil, name != OpenAPIOperations.httpBody,
        found.insert(name).inserted, let message = index.messages[name]
      else { continue }
      for field in message.fields {
        let kinds = index.mapEntry(field).map { [$0.fields[1].kind] } ?? [field.kind]
        for case .message(let next) in kinds { pending.append(next) }
        for case .enumeration(let next) in kinds { pending.append(next) }
      }
    }
    return found
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

extension ProtoField {
  /// REQUIRED of google.api.field_behavior.
  var isRequiredByApi: Bool { behaviors.contains(2) }
  /// IMMUTABLE: given once, with the creation.
  var isImmutable: Bool { behaviors.contains(5) }
  /// OUTPUT_ONLY, or IDENTIFIER: a resource's own name is never taken from a body.
  var isOutputOnly: Bool { behaviors.contains(3) || behaviors.contains(8) }
}
