/// The Swift of one field: its type, how it is read from a C structure and how it is written.
struct FieldCode {
  let field: ProtoField
  let message: ProtoMessage
  let index: SchemaIndex

  var property: String { SwiftNames.property(field.name) }

  /// The same name as a local variable or parameter.
  var label: String { SwiftNames.label(field.name) }

  private var cMember: String { "c.pointee.\(CNames.member(field.name))" }
  private var cCount: String { "c.pointee.\(CNames.count(field.name))" }

  /// Whether the stored property is a box behind a computed one.
  var isBoxed: Bool {
    guard !field.isRepeated, case .message(let name) = field.kind else { return false }
    return index.isRecursive(message.fullName, through: name)
  }

  /// Type of one element.
  var elementType: String { Self.swiftType(field.kind, in: index) }

  static func swiftType(_ kind: ProtoField.Kind, in index: SchemaIndex) -> String {
    switch kind {
    case .int32, .sint32, .sfixed32: "Int32"
    case .int64, .sint64, .sfixed64: "Int64"
    case .uint32, .fixed32: "UInt32"
    case .uint64, .fixed64: "UInt64"
    case .float: "Float"
    case .double: "Double"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    case .message(let name), .enumeration(let name): index.swiftTypes[name] ?? name
    }
  }

  private var isMessage: Bool {
    if case .message = field.kind { true } else { false }
  }

  private var isEnum: Bool {
    if case .enumeration = field.kind { true } else { false }
  }

  /// Type of the property.
  var type: String {
    if let entry = index.mapEntry(field) {
      let types = entry.fields.map { Self.swiftType($0.kind, in: index) }
      return "[\(types[0]): \(types[1])]"
    }
    if field.isRepeated { return "[\(elementType)]" }
    return isMessage || field.isOptional ? "\(elementType)?" : elementType
  }

  var defaultValue: String {
    if index.mapEntry(field) != nil { return "[:]" }
    if field.isRepeated { return "[]" }
    if isMessage || field.isOptional { return "nil" }
    if isEnum { return ".init()" }
    switch field.kind {
    case .bool: return "false"
    case .string: return "\"\""
    case .bytes: return "[]"
    default: return "0"
    }
  }

  // MARK: Reading

  /// The value of a singular field, given that its member is set; a message is an Optional.
  var readSingular: String { Self.readSingular(field.kind, cMember, elementType) }

  private static func readSingular(
    _ kind: ProtoField.Kind, _ member: String, _ type: String
  ) -> String {
    switch kind {
    case .bool: "\(member) != 0"
    case .string: "Reading.string(\(member))"
    case .bytes: "Reading.bytes(\(member).len, \(member).data)"
    case .enumeration: "\(type)(rawValue: Int32(truncatingIfNeeded: \(member).rawValue))"
    case .message: "(Reading.message(\(member)) as \(type)?)"
    default: member
    }
  }

  /// The statements of `init(reading:)` for a field outside a oneof.
  func read() -> [String] {
    if let entry = index.mapEntry(field) { return readMap(entry) }
    if field.isRepeated { return ["\(property.selfMember) = \(readRepeated)"] }
    let value = isBoxed ? "\(readSingular).map { Boxed($0) }" : readSingular
    let target = isBoxed ? "_\(label)" : property.selfMember
    guard field.isOptional, let oneof = field.oneof else { return ["\(target) = \(value)"] }
    let selector = CNames.selector(ofOneof: message.oneofs[oneof].name)
    return [
      "\(target) = c.pointee.\(selector).rawValue == \(field.number) ? \(value) : nil"
    ]
  }

  private var readRepeated: String {
    let arguments = "(\(cCount), \(cMember))"
    switch field.kind {
    case .bool: return "Reading.bools" + arguments
    case .string: return "Reading.strings" + arguments
    case .bytes: return "Reading.byteStrings" + arguments
    case .enumeration: return "Reading.enums" + arguments
    case .message: return "Reading.messages" + arguments
    default: return "Reading.scalars" + arguments
    }
  }

  private func readMap(_ entry: ProtoMessage) -> [String] {
    let key = Self.readSingular(entry.fields[0].kind, "entry.pointee.key", "")
    let type = Self.swiftType(entry.fields[1].kind, in: index)
    var value = Self.readSingular(entry.fields[1].kind, "entry.pointee.value", type)
    if case .message = entry.fields[1].kind { value += " ?? \(type)()" }
    return [
      "for index in 0..<\(cCount) {",
      "guard let entry = \(cMember)[index] else { continue }",
      "\(property.selfMember)[\(key)] = \(value)",
      "}",
    ]
  }

  // MARK: Writing

  /// The statements of `write(to:in:)` for a field outside a oneof.
  func write() -> [String] {
    let value = property.selfMember
    if let entry = index.mapEntry(field) { return writeMap(entry) }
    if field.isRepeated {
      return ["if !\(value).isEmpty {", "\(cCount) = \(value).count", writeRepeated, "}"]
    }
    if isMessage || field.isOptional {
      return ["if let value = \(value) {"] + select() + [writeSingular("value")] + ["}"]
    }
    switch field.kind {
    case .string, .bytes: return ["if !\(value).isEmpty { \(writeSingular(value)) }"]
    case .float, .double:
      let width = field.kind == .float ? "float" : "double"
      return [
        writeSingular(value),
        "if \(value) == 0, \(value).sign == .minus { "
          + "extra.append(.negativeZero(\(width): \(field.number))) }",
      ]
    default: return [writeSingular(value)]
    }
  }

  /// Whether writing may add to `extra`, the fields that libprotobuf-c would drop.
  var mayWriteExtra: Bool {
    !field.isRepeated && field.oneof == nil && [.float, .double].contains(field.kind)
  }

  /// Marks this member of its oneof as the present one.
  func select() -> [String] {
    guard let oneof = field.oneof else { return [] }
    let selector = CNames.selector(ofOneof: message.oneofs[oneof].name)
    return ["c.pointee.\(selector) = .init(rawValue: \(field.number))"]
  }

  func writeSingular(_ value: String) -> String {
    Self.writeSingular(field.kind, cMember, value)
  }

  private static func writeSingular(
    _ kind: ProtoField.Kind, _ member: String, _ value: String
  ) -> String {
    switch kind {
    case .bool: "\(member) = \(value) ? 1 : 0"
    case .string: "\(member) = try arena.string(\(value))"
    case .bytes: "(\(member).len, \(member).data) = try arena.bytes(\(value))"
    case .enumeration:
      "\(member) = .init(rawValue: .init(truncatingIfNeeded: \(value).rawValue))"
    case .message: "\(member) = try arena.message(\(value))"
    default: "\(member) = \(value)"
    }
  }

  private var writeRepeated: String {
    let argument = "(\(property.selfMember))"
    switch field.kind {
    case .bool: return "\(cMember) = try arena.bools" + argument
    case .string: return "\(cMember) = try arena.strings" + argument
    case .bytes: return "\(cMember) = try arena.byteStrings" + argument
    case .enumeration: return "\(cMember) = try arena.enums" + argument
    case .message: return "\(cMember) = try arena.messages" + argument
    default: return "\(cMember) = try arena.scalars" + argument
    }
  }

  private func writeMap(_ entry: ProtoMessage) -> [String] {
    let structure = CNames.structure(entry.fullName)
    return [
      "if !\(property.selfMember).isEmpty {",
      "let entries = try arena.array("
        + "of: UnsafeMutablePointer<\(structure)>?.self, count: \(property.selfMember).count)",
      "let descriptor = MessageDescriptor(staticAddress: \(CNames.address(entry.fullName))())",
      "for (index, pair) in \(property.selfMember).sorted(by: { \(order(entry)) }).enumerated() {",
      "let entry = try arena.initialized(descriptor).assumingMemoryBound(to: \(structure).self)",
      Self.writeSingular(entry.fields[0].kind, "entry.pointee.key", "pair.key"),
      Self.writeSingular(entry.fields[1].kind, "entry.pointee.value", "pair.value"),
    ] + negativeZero(entry) + [
      "entries[index] = entry",
      "}",
      "\(cCount) = \(property.selfMember).count",
      "\(cMember) = entries",
      "}",
    ]
  }

  /// Entries are written in the order of their keys, so that equal messages are equal bytes.
  private func order(_ entry: ProtoMessage) -> String {
    entry.fields[0].kind == .bool ? "!$0.key && $1.key" : "$0.key < $1.key"
  }

  /// An entry's value has no presence either.
  private func negativeZero(_ entry: ProtoMessage) -> [String] {
    let kind = entry.fields[1].kind
    guard [.float, .double].contains(kind) else { return [] }
    return [
      "if pair.value == 0, pair.value.sign == .minus {",
      "try UnknownFields().write(to: entry, in: arena, "
        + "extra: [.negativeZero(\(kind == .float ? "float" : "double"): 2)])",
      "}",
    ]
  }
}

extension String {
  /// `self.x`, so that no local name of generated code can hide a property.
  var selfMember: String { "self.\(self)" }
}
