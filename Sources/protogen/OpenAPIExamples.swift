/// Values for the examples of the document, made from a field's type, name and comment.
struct OpenAPIExamples {
  let index: SchemaIndex

  /// What a caller has to send at least, and a little more where nothing is required.
  func body(_ message: ProtoMessage, without bound: Set<String> = []) -> JSONText {
    body(message, bound, above: [])
  }

  private func body(
    _ message: ProtoMessage, _ bound: Set<String>, above: Set<String>
  ) -> JSONText {
    let writable = message.fields.filter {
      !$0.isOutputOnly && !bound.contains($0.name) && $0.oneof == nil
    }
    let needed = writable.filter(\.isRequiredByApi)
    let shown = needed.isEmpty ? writable.filter { $0.isTelling }.prefix(2)[...] : needed[...]
    return .object(
      shown.compactMap { field in
        let inner = bound.filter { $0.hasPrefix(field.name + ".") }
          .map { String($0.dropFirst(field.name.count + 1)) }
        guard let value = value(field, Set(inner), above: above.union([message.fullName])) else {
          return nil
        }
        return (OpenAPISchemas.jsonName(field.name), value)
      })
  }

  /// One value of the field.
  func value(_ field: ProtoField) -> JSONText { value(field, [], above: []) ?? .object([]) }

  private func value(
    _ field: ProtoField, _ bound: Set<String>, above: Set<String>
  ) -> JSONText? {
    guard let one = element(field, bound, above: above) else { return nil }
    return field.isRepeated ? .array([one]) : one
  }

  private func element(
    _ field: ProtoField, _ bound: Set<String>, above: Set<String>
  ) -> JSONText? {
    switch field.kind {
    case .message(let name):
      if let known = Self.wellKnown[name] { return known }
      guard !above.contains(name), let message = index.messages[name] else { return nil }
      return body(message, bound, above: above)
    case .enumeration(let name):
      guard let values = index.enums[name]?.values else { return nil }
      return (values.dropFirst().first ?? values.first).map { .string($0.name) }
    case .string: return .string(text(field))
    case .bool: return true
    case .bytes: return "AA=="
    case .int64, .uint64, .sint64, .fixed64, .sfixed64: return "1500"
    case .float, .double, .int32, .uint32, .sint32, .fixed32, .sfixed32: return .number(30)
    }
  }

  private static let wellKnown: [String: JSONText] = [
    "google.protobuf.Timestamp": "2026-03-31T09:30:00Z",
    "google.protobuf.Duration": "90s",
    "google.protobuf.FieldMask": "displayName",
    "google.type.Date": .object([
      ("year", .number(2026)), ("month", .number(3)), ("day", .number(31)),
    ]),
    "google.type.Money": .object([
      ("currencyCode", "EUR"), ("units", "120"), ("nanos", .number(0)),
    ]),
  ]

  private func text(_ field: ProtoField) -> String {
    if let template = ResourcePattern.template(inComment: field.comment) {
      return Self.name(template)
    }
    for (ending, value) in Self.texts where field.name.hasSuffix(ending) { return value }
    let words = field.name.replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  private static let texts = [
    ("email", "ada@example.com"), ("emails", "ada@example.com"), ("user_name", "ada"),
    ("password", "correct horse battery staple"), ("currency", "EUR"),
    ("time_zone", "Europe/Dublin"), ("locale", "en-IE"), ("country", "IE"),
    ("phone", "+353 1 496 0000"), ("mobile", "+353 85 555 0100"), ("url", "https://example.com"),
    ("tenant", "northwind"), ("_id", "spring-2026"), ("color", "#3854c8"),
    ("landing_page", "/tickets"),
  ]

  /// `accounts/{account}/tickets/{number}` → `accounts/larkspur/tickets/1042`.
  static func name(_ template: String) -> String {
    var collection = ""
    return template.split(separator: "/").map { part in
      guard part.hasPrefix("{") else {
        collection = OpenAPIPath.singular(String(part))
        return String(part)
      }
      return id(collection)
    }.joined(separator: "/")
  }

  /// An id of a resource of this kind.
  static func id(_ kind: String) -> String {
    switch kind {
    case "account": "larkspur"
    case "ticket": "1042"
    case "user", "contact": "ada"
    default: "example"
    }
  }
}

extension ProtoField {
  /// Worth showing where nothing must be sent.
  fileprivate var isTelling: Bool {
    !isRepeated && !["request_id", "etag"].contains(name) && !behaviors.contains(8)
  }
}
