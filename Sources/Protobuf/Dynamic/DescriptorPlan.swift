import CProtobufC

/// All types of a set of files, checked and with their references resolved: what is left is to lay them out.
struct DescriptorPlan {
  enum Reference: Hashable {
    case message(Int)
    case enumeration(Int)
  }

  struct Field {
    let name: String
    let jsonName: String?
    let number: Int32
    let type: ProtobufCType
    let label: ProtobufCLabel
    let oneof: Int?
    let isPacked: Bool
    let isDeprecated: Bool
    let isMap: Bool
    let reference: Reference?
  }

  struct Message {
    let name: String
    let package: String
    let proto: MessageProto
    let file: Int
    var isMapEntry: Bool { proto.isMapEntry }
    /// Ascending by number.
    var fields: [Field] = []
  }

  struct Enumeration {
    let name: String
    let package: String
    let values: [(name: String, number: Int32)]
  }

  let files: [FileProto]
  private(set) var messages: [Message] = []
  private(set) var enums: [Enumeration] = []
  private(set) var types: [String: Reference] = [:]
  /// Every full name in use, so that none is given twice.
  private var names: Set<String> = []

  init(_ files: [FileProto]) throws(DescriptorError) {
    self.files = files
    for (index, file) in files.enumerated() {
      let scope = file.package
      try checkPackage(file)
      for message in file.messages { try declare(message, in: scope, file: index) }
      for item in file.enums { try declare(item, in: scope, file: file) }
      for service in file.services { try claim(scope.dot(service.name), file) }
    }
    for index in messages.indices { try resolve(index) }
  }

  // MARK: Names

  private func checkPackage(_ file: FileProto) throws(DescriptorError) {
    guard
      file.package.isEmpty
        || file.package.split(
          separator: ".", omittingEmptySubsequences: false
        ).allSatisfy({ $0.isIdentifier })
    else { throw DescriptorError(file: file.name, "the package is no name") }
  }

  private mutating func claim(_ name: String, _ file: FileProto) throws(DescriptorError) {
    let last = name.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
    guard last.isIdentifier else {
      throw DescriptorError(file: file.name, element: name, "is not a name")
    }
    guard names.insert(name).inserted else {
      throw DescriptorError(file: file.name, element: name, "is declared twice")
    }
  }

  private mutating func declare(
    _ proto: MessageProto, in scope: String, file: Int
  ) throws(DescriptorError) {
    let name = scope.dot(proto.name)
    try claim(name, files[file])
    types[name] = .message(messages.count)
    messages.append(Message(name: name, package: scope, proto: proto, file: file))
    for nested in proto.messages { try declare(nested, in: name, file: file) }
    for nested in proto.enums { try declare(nested, in: name, file: files[file]) }
  }

  private mutating func declare(
    _ proto: EnumProto, in scope: String, file: FileProto
  ) throws(DescriptorError) {
    let name = scope.dot(proto.name)
    try claim(name, file)
    guard !proto.values.isEmpty else {
      throw DescriptorError(file: file.name, element: name, "has no values")
    }
    var seen: Set<String> = []
    for value in proto.values {
      guard value.name.isIdentifier, seen.insert(value.name).inserted else {
        throw DescriptorError(file: file.name, element: name, "has a value with no name of its own")
      }
    }
    types[name] = .enumeration(enums.count)
    enums.append(Enumeration(name: name, package: scope, values: proto.values))
  }

  /// The type that `name` means inside `scope`: `.a.b.C` is absolute, as protoc always writes it.
  func find(_ name: String, in scope: String) -> Reference? {
    if name.hasPrefix(".") { return types[String(name.dropFirst())] }
    var scope = scope[...]
    while true {
      if let found = types[String(scope).dot(name)] { return found }
      guard !scope.isEmpty else { return nil }
      scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
    }
  }

  // MARK: Fields

  private mutating func resolve(_ index: Int) throws(DescriptorError) {
    let message = messages[index]
    let file = files[message.file]
    let inherited = message.proto.features.inheriting(file.features)
    var fields: [Field] = []
    var numbers: Set<Int32> = []
    var names: Set<String> = []
    for proto in message.proto.fields {
      let element = "\(message.name).\(proto.name)"
      do throws(Problem) {
        guard proto.name.isIdentifier, names.insert(proto.name).inserted else {
          throw Problem("has no name of its own")
        }
        guard (1...536_870_911).contains(proto.number), numbers.insert(proto.number).inserted else {
          throw Problem("has the number \(proto.number), which is taken or out of range")
        }
        if let field = try field(proto, in: message, inherited, file) { fields.append(field) }
      } catch {
        throw DescriptorError(file: file.name, element: element, error.reason)
      }
    }
    guard !message.isMapEntry || Self.isMapEntry(fields) else {
      throw DescriptorError(file: file.name, element: message.name, "is not the entry of a map")
    }
    messages[index].fields = fields.sorted { $0.number < $1.number }
  }

  /// Nil for a group: its bytes are kept as an unknown field.
  private func field(
    _ proto: FieldProto, in message: Message, _ inherited: FeatureSet, _ file: FileProto
  ) throws(Problem) -> Field? {
    guard (1...3).contains(proto.label) else { throw Problem("has no label") }
    if let oneof = proto.oneof {
      guard message.proto.oneofs.indices.contains(oneof), proto.label == 1 else {
        throw Problem("is in a oneof that does not exist")
      }
    }
    let features = proto.features.inheriting(inherited)
    let reference = try reference(proto, in: message)
    guard let type = try Self.type(proto.type, reference) else { return nil }
    if type == PROTOBUF_C_TYPE_MESSAGE, features.messageEncoding == 2, !proto.isMap(self, reference)
    {
      return nil
    }
    let isPackable =
      proto.label == 3 && type != PROTOBUF_C_TYPE_MESSAGE && type != PROTOBUF_C_TYPE_STRING
      && type != PROTOBUF_C_TYPE_BYTES
    let isPackedByDefault =
      file.edition > 0 && file.syntax == "editions"
      ? features.encoding != 2 : file.syntax == "proto3"
    return Field(
      name: proto.name, jsonName: try Self.jsonName(proto), number: proto.number, type: type,
      label: label(proto, type, features, file),
      oneof: proto.isProto3Optional ? nil : proto.oneof,
      isPacked: isPackable && (proto.isPacked ?? isPackedByDefault),
      isDeprecated: proto.isDeprecated, isMap: proto.label == 3 && proto.isMap(self, reference),
      reference: reference)
  }

  private func reference(
    _ proto: FieldProto, in message: Message
  ) throws(Problem) -> Reference? {
    guard [0, 10, 11, 14].contains(proto.type) else { return nil }
    guard let found = find(proto.typeName, in: message.name) else {
      throw Problem("is of the type \(proto.typeName.debugDescription), which is not in the set")
    }
    return found
  }

  private func label(
    _ proto: FieldProto, _ type: ProtobufCType, _ features: FeatureSet, _ file: FileProto
  ) -> ProtobufCLabel {
    if proto.label == 3 { return PROTOBUF_C_LABEL_REPEATED }
    if proto.label == 2 || features.presence == 3 { return PROTOBUF_C_LABEL_REQUIRED }
    if proto.oneof != nil || proto.isProto3Optional || type == PROTOBUF_C_TYPE_MESSAGE {
      return PROTOBUF_C_LABEL_OPTIONAL
    }
    let isImplicit = file.syntax == "proto3" || features.presence == 2
    return isImplicit ? PROTOBUF_C_LABEL_NONE : PROTOBUF_C_LABEL_OPTIONAL
  }

  /// Nil for a group.
  private static func type(_ number: Int32, _ reference: Reference?) throws(Problem)
    -> ProtobufCType?
  {
    switch (number, reference) {
    case (0, .message), (11, .message): return PROTOBUF_C_TYPE_MESSAGE
    case (0, .enumeration), (14, .enumeration): return PROTOBUF_C_TYPE_ENUM
    case (10, .message): return nil
    case (1...18, nil):
      guard let type = scalars[number] else { throw Problem("is of no type") }
      return type
    default: throw Problem("is of a type that its type name is not")
    }
  }

  private static let scalars: [Int32: ProtobufCType] = [
    1: PROTOBUF_C_TYPE_DOUBLE, 2: PROTOBUF_C_TYPE_FLOAT, 3: PROTOBUF_C_TYPE_INT64,
    4: PROTOBUF_C_TYPE_UINT64, 5: PROTOBUF_C_TYPE_INT32, 6: PROTOBUF_C_TYPE_FIXED64,
    7: PROTOBUF_C_TYPE_FIXED32, 8: PROTOBUF_C_TYPE_BOOL, 9: PROTOBUF_C_TYPE_STRING,
    12: PROTOBUF_C_TYPE_BYTES, 13: PROTOBUF_C_TYPE_UINT32, 15: PROTOBUF_C_TYPE_SFIXED32,
    16: PROTOBUF_C_TYPE_SFIXED64, 17: PROTOBUF_C_TYPE_SINT32, 18: PROTOBUF_C_TYPE_SINT64,
  ]

  private static func jsonName(_ proto: FieldProto) throws(Problem) -> String? {
    guard let name = proto.jsonName, name != FieldDescriptor.jsonName(of: proto.name) else {
      return nil
    }
    // It is written into JSON as it stands.
    guard !name.isEmpty,
      name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "\"" && $0 != "\\" })
    else { throw Problem("has a JSON name that is no name") }
    return name
  }

  private static func isMapEntry(_ fields: [Field]) -> Bool {
    let sorted = fields.sorted { $0.number < $1.number }
    guard sorted.map(\.name) == ["key", "value"], sorted.map(\.number) == [1, 2] else {
      return false
    }
    let noKeys = [
      PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_ENUM,
      PROTOBUF_C_TYPE_MESSAGE,
    ]
    return !noKeys.contains(sorted[0].type)
      && sorted.allSatisfy { $0.label != PROTOBUF_C_LABEL_REPEATED && $0.oneof == nil }
  }

  /// What is wrong with one field.
  private struct Problem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }
}

extension FieldProto {
  fileprivate func isMap(_ plan: DescriptorPlan, _ reference: DescriptorPlan.Reference?) -> Bool {
    if case .message(let index) = reference { plan.messages[index].isMapEntry } else { false }
  }
}

extension String {
  /// `self.name`, or `name` alone outside of a package.
  func dot(_ name: String) -> String { isEmpty ? name : "\(self).\(name)" }
}

extension StringProtocol {
  /// A letter or underscore, then letters, digits and underscores, all ASCII.
  var isIdentifier: Bool {
    guard let first = utf8.first, utf8.count <= 512, !(0x30...0x39).contains(first) else {
      return false
    }
    return utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
      default: false
      }
    }
  }
}
