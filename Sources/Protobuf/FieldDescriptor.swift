import CProtobufC

/// What one field of a message looks like, and where its value lies in the C structure.
public struct FieldDescriptor: @unchecked Sendable, Hashable, CustomStringConvertible {
  let pointer: UnsafePointer<ProtobufCFieldDescriptor>

  init(_ pointer: UnsafePointer<ProtobufCFieldDescriptor>) {
    self.pointer = pointer
  }

  public enum Kind: Sendable, Hashable {
    case int32, sint32, sfixed32, int64, sint64, sfixed64
    case uint32, fixed32, uint64, fixed64
    case float, double, bool, string, bytes
    case enumeration(EnumDescriptor)
    case message(MessageDescriptor)
  }

  /// How a field that holds nothing is told from one that holds its default.
  public enum Presence: Sendable, Hashable {
    /// It is not told: proto3 scalars without `optional`. Never a message.
    case implicit
    /// A message (nil pointer when absent), or a proto2 scalar (`has_` flag at `quantifierOffset`).
    case explicit
    /// A member of a oneof, or proto3 `optional`: present when the 32-bit integer at
    /// `quantifierOffset` equals `number`.
    case oneof
  }

  /// The proto name, `create_time`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// The name in JSON, `createTime`; protogen refuses an explicit `json_name`, a `DescriptorPool` keeps it here.
  public var jsonName: String {
    guard let explicit = pointer.pointee.reserved2 else { return Self.jsonName(of: name) }
    return String(cString: explicit.assumingMemoryBound(to: CChar.self))
  }

  public var number: Int { Int(pointer.pointee.id) }

  public var isRepeated: Bool { pointer.pointee.label == PROTOBUF_C_LABEL_REPEATED }

  /// Whether values of this repeated field are sent as one length-delimited run.
  public var isPacked: Bool { has(PROTOBUF_C_FIELD_FLAG_PACKED) }

  public var isDeprecated: Bool { has(PROTOBUF_C_FIELD_FLAG_DEPRECATED) }

  /// Presence of a singular field; a repeated one answers `.implicit`.
  public var presence: Presence {
    if isRepeated { return .implicit }
    if has(PROTOBUF_C_FIELD_FLAG_ONEOF) { return .oneof }
    if pointer.pointee.type == PROTOBUF_C_TYPE_MESSAGE { return .explicit }
    return pointer.pointee.label == PROTOBUF_C_LABEL_NONE ? .implicit : .explicit
  }

  /// Fields of one oneof share this value; nil outside a oneof. proto3 `optional` is a oneof of one.
  public var oneof: Int? { presence == .oneof ? quantifierOffset : nil }

  /// Byte offset of the value in the C structure: a scalar, `char *`, `ProtobufCBinaryData`, a message
  /// pointer, or for a repeated field the pointer to its elements.
  public var offset: Int { Int(pointer.pointee.offset) }

  /// Byte offset of the element count (`size_t`, repeated), the oneof case (`int32_t`) or the `has_`
  /// flag (`protobuf_c_boolean`, proto2).
  public var quantifierOffset: Int { Int(pointer.pointee.quantifier_offset) }

  public var kind: Kind {
    switch pointer.pointee.type {
    case PROTOBUF_C_TYPE_INT32: .int32
    case PROTOBUF_C_TYPE_SINT32: .sint32
    case PROTOBUF_C_TYPE_SFIXED32: .sfixed32
    case PROTOBUF_C_TYPE_INT64: .int64
    case PROTOBUF_C_TYPE_SINT64: .sint64
    case PROTOBUF_C_TYPE_SFIXED64: .sfixed64
    case PROTOBUF_C_TYPE_UINT32: .uint32
    case PROTOBUF_C_TYPE_FIXED32: .fixed32
    case PROTOBUF_C_TYPE_UINT64: .uint64
    case PROTOBUF_C_TYPE_FIXED64: .fixed64
    case PROTOBUF_C_TYPE_FLOAT: .float
    case PROTOBUF_C_TYPE_DOUBLE: .double
    case PROTOBUF_C_TYPE_BOOL: .bool
    case PROTOBUF_C_TYPE_STRING: .string
    case PROTOBUF_C_TYPE_BYTES: .bytes
    case PROTOBUF_C_TYPE_ENUM:
      .enumeration(EnumDescriptor(staticAddress: pointer.pointee.descriptor))
    default: .message(MessageDescriptor(staticAddress: pointer.pointee.descriptor))
    }
  }

  /// The type of a message field, or nil.
  public var message: MessageDescriptor? {
    if case .message(let descriptor) = kind { descriptor } else { nil }
  }

  /// Whether this is a `map<>`: repeated entries whose field 1 is the key and field 2 the value.
  ///
  /// protobuf-c does not record it, so it is told by the entry's name, which proto reserves:
  /// `map<…> some_labels` makes the nested message `SomeLabelsEntry`. A `DescriptorPool` does record it.
  public var isMap: Bool {
    let marks = pointer.pointee.reserved_flags
    guard marks & Self.isDynamic == 0 else { return marks & Self.isMapEntry != 0 }
    guard isRepeated, let entry = message, entry.fields.count == 2 else { return false }
    let words = name.split(separator: "_", omittingEmptySubsequences: true)
    let expected = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Entry"
    return entry.shortName == expected
      && entry.field(named: "key")?.number == 1 && entry.field(named: "value")?.number == 2
  }

  /// Marks in `reserved_flags` of fields that a `DescriptorPool` made.
  static let isDynamic: UInt32 = 1
  static let isMapEntry: UInt32 = 2

  public var isRequired: Bool { pointer.pointee.label == PROTOBUF_C_LABEL_REQUIRED }

  public var description: String { name }

  private func has(_ flag: ProtobufCFieldFlag) -> Bool {
    pointer.pointee.flags & UInt32(flag.rawValue) != 0
  }

  /// The lowerCamelCase that protoc makes of a proto name: each `_x` becomes `X`.
  static func jsonName(of name: String) -> String {
    var result = ""
    var raise = false
    for character in name.unicodeScalars {
      if character == "_" {
        raise = true
      } else if raise {
        result += String(character).uppercased()
        raise = false
      } else {
        result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
