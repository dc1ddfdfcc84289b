/// The Swift of one message: a struct with its nested types.
struct SwiftMessage {
  let message: ProtoMessage
  let index: SchemaIndex

  private var fields: [FieldCode] {
    message.fields.map { FieldCode(field: $0, message: message, index: index) }
  }

  private var structure: String { CNames.structure(message.fullName) }

  func lines() -> [String] {
    var lines = doc(message.comment)
    lines.append("public struct \(SwiftNames.type(message.name)): Protobuf.Message {")
    for member in members {
      lines += member.declaration
    }
    lines.append("public var unknownFields = UnknownFields()")
    lines += ["", "public init() {}"]
    lines += memberwise()
    lines += descriptor() + reading() + writing()
    for (index, oneof) in message.oneofs.enumerated() where !oneof.isSynthetic {
      lines += [""] + choice(oneof, at: index)
    }
    for nested in message.enums { lines += [""] + SwiftEnum(proto: nested).lines() }
    for nested in message.messages where !nested.isMapEntry {
      lines += [""] + SwiftMessage(message: nested, index: index).lines()
    }
    return lines + ["}"]
  }

  // MARK: Properties

  /// A property in declaration order: a field, or a oneof at the place of its first field.
  private struct Member {
    let declaration: [String]
    let label: String
    let property: String
    let type: String
    let defaultValue: String
  }

  private var members: [Member] {
    var seen: Set<Int> = []
    return fields.compactMap { code in
      if let oneof = code.field.oneof, !message.oneofs[oneof].isSynthetic {
        return seen.insert(oneof).inserted ? member(of: message.oneofs[oneof]) : nil
      }
      return member(of: code)
    }
  }

  private func member(of code: FieldCode) -> Member {
    let note = code.field.isDeprecated ? ["/// Deprecated."] : []
    let declaration =
      code.isBoxed
      ? [
        "private var _\(code.label): Boxed<\(code.elementType)>?", "",
      ] + doc(code.field.comment) + note + [
        "public var \(code.property): \(code.type) {",
        "get { _\(code.label)?.value }",
        "set { _\(code.label) = newValue.map { Boxed($0) } }",
        "}", "",
      ]
      : doc(code.field.comment) + note + [
        "public var \(code.property): \(code.type) = \(code.defaultValue)"
      ]
    return Member(
      declaration: declaration, label: code.label, property: code.property, type: code.type,
      defaultValue: code.defaultValue)
  }

  private func member(of oneof: ProtoOneof) -> Member {
    let property = SwiftNames.property(oneof.name)
    let type = "\(choiceType(oneof))?"
    return Member(
      declaration: doc(oneof.comment) + ["public var \(property): \(type) = nil"],
      label: SwiftNames.label(oneof.name), property: property, type: type, defaultValue: "nil")
  }

  private func memberwise() -> [String] {
    guard !members.isEmpty else { return [] }
    let parameters = members.map {
      "\(SwiftNames.parameter($0.label)): \($0.type) = \($0.defaultValue)"
    }
    return ["", "public init("] + parameters.dropLast().map { $0 + "," } + [parameters.last ?? ""]
      + [") {"] + members.map { "\($0.property.selfMember) = \(SwiftNames.escaped($0.label))" }
      + ["}"]
  }

  private func descriptor() -> [String] {
    [
      "", "public static var descriptor: MessageDescriptor {",
      "MessageDescriptor(staticAddress: \(CNames.address(message.fullName))())", "}",
    ]
  }

  // MARK: Coding

  private func reading() -> [String] {
    var lines = ["", "public init(reading structure: UnsafeRawPointer) {"]
    if !fields.isEmpty {
      lines.append("let c = structure.assumingMemoryBound(to: \(structure).self)")
    }
    for code in fields where !isInChoice(code) { lines += code.read() }
    for (index, oneof) in message.oneofs.enumerated() where !oneof.isSynthetic {
      lines += readChoice(oneof, at: index)
    }
    return lines + ["self.unknownFields = UnknownFields(reading: structure)", "}"]
  }

  private func writing() -> [String] {
    var lines = [
      "",
      "public func write(to structure: UnsafeMutableRawPointer, in arena: borrowing Arena) "
        + "throws(Protobuf.EncodingError) {",
    ]
    if !fields.isEmpty {
      lines.append("let c = structure.assumingMemoryBound(to: \(structure).self)")
    }
    let mayWriteExtra = fields.contains(where: \.mayWriteExtra)
    if mayWriteExtra { lines.append("var extra: [UnknownFields.Field] = []") }
    for code in fields where !isInChoice(code) { lines += code.write() }
    for (index, oneof) in message.oneofs.enumerated() where !oneof.isSynthetic {
      lines += writeChoice(oneof, at: index)
    }
    let extra = mayWriteExtra ? ", extra: extra" : ""
    return lines + [
      "try self.unknownFields.write(to: structure, in: arena\(extra))", "}",
    ]
  }

  // MARK: Oneofs

  private func isInChoice(_ code: FieldCode) -> Bool {
    code.field.oneof.map { !message.oneofs[$0].isSynthetic } ?? false
  }

  private func alternatives(_ index: Int) -> [FieldCode] {
    fields.filter { $0.field.oneof == index }
  }

  /// The nested enum; where a nested message has that name, `…Choice`.
  private func choiceType(_ oneof: ProtoOneof) -> String {
    let name = SwiftNames.type(oneof.name)
    let nested = message.messages.map(\.name) + message.enums.map(\.name)
    let isTaken = nested.contains { SwiftNames.type($0) == name }
    return isTaken || name == SwiftNames.type(message.name) ? name + "Choice" : name
  }

  private func caseName(_ code: FieldCode) -> String { SwiftNames.alternative(code.field.name) }

  private func choice(_ oneof: ProtoOneof, at index: Int) -> [String] {
    var lines = doc(oneof.comment)
    lines.append("public enum \(choiceType(oneof)): Sendable, Hashable {")
    for code in alternatives(index) {
      lines += doc(code.field.comment)
      let isIndirect = code.isBoxed ? "indirect " : ""
      lines.append("\(isIndirect)case \(caseName(code))(\(code.elementType))")
    }
    return lines + ["}"]
  }

  private func readChoice(_ oneof: ProtoOneof, at index: Int) -> [String] {
    let property = SwiftNames.property(oneof.name).selfMember
    var lines = ["switch c.pointee.\(CNames.selector(ofOneof: oneof.name)).rawValue {"]
    for code in alternatives(index) {
      let value =
        if case .message = code.field.kind {
          "\(code.readSingular).map { .\(caseName(code))($0) }"
        } else {
          ".\(caseName(code))(\(code.readSingular))"
        }
      lines.append("case \(code.field.number): \(property) = \(value)")
    }
    return lines + ["default: break", "}"]
  }

  private func writeChoice(_ oneof: ProtoOneof, at index: Int) -> [String] {
    var lines = ["switch \(SwiftNames.property(oneof.name).selfMember) {"]
    for code in alternatives(index) {
      lines.append("case .\(caseName(code))(let value):")
      lines += code.select() + [code.writeSingular("value")]
    }
    return lines + ["case nil: break", "}"]
  }
}

/// The lines of a doc comment, or none.
func doc(_ comment: String) -> [String] {
  guard !comment.isEmpty else { return [] }
  return comment.split(separator: "\n", omittingEmptySubsequences: false).map {
    $0.isEmpty ? "///" : "/// \($0)"
  }
}
