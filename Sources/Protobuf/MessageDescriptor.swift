import CProtobufC

/// What a message type looks like: its name and its fields, as protoc-gen-c laid them out.
///
/// A thin view of static, immutable data that lives as long as the process, hence `Sendable`. Two
/// descriptors are equal when their full names are.
public struct MessageDescriptor: @unchecked Sendable, Hashable, CustomStringConvertible {
  @usableFromInline let pointer: UnsafePointer<ProtobufCMessageDescriptor>

  init(_ pointer: UnsafePointer<ProtobufCMessageDescriptor>) {
    self.pointer = pointer
  }

  /// Wraps the address of a `ProtobufCMessageDescriptor` with static lifetime. For generated code.
  @inlinable
  public init(staticAddress: UnsafeRawPointer) {
    pointer = staticAddress.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  /// The full name, `portico.ticketing.v1.Ticket`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// The name without its package or enclosing message, `Ticket`.
  public var shortName: String { String(cString: pointer.pointee.short_name) }

  /// The fields in ascending order of their numbers.
  public var fields: Fields { Fields(message: pointer) }

  /// Bytes that one C structure of this type takes.
  public var structureSize: Int { pointer.pointee.sizeof_message }

  /// The field with this number, or nil.
  public func field(number: Int) -> FieldDescriptor? {
    guard let number = UInt32(exactly: number),
      let field = protobuf_c_message_descriptor_get_field(pointer, number)
    else { return nil }
    return FieldDescriptor(field)
  }

  /// The field that proto calls `name` (`create_time`), or nil.
  public func field(named name: String) -> FieldDescriptor? {
    protobuf_c_message_descriptor_get_field_by_name(pointer, name).map(FieldDescriptor.init)
  }

  public var description: String { name }

  public static func == (a: MessageDescriptor, b: MessageDescriptor) -> Bool {
    a.pointer == b.pointer || a.name == b.name
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// The fields of a message, ascending by number; makes no copy.
  public struct Fields: RandomAccessCollection, @unchecked Sendable {
    let message: UnsafePointer<ProtobufCMessageDescriptor>

    public var startIndex: Int { 0 }
    public var endIndex: Int { Int(message.pointee.n_fields) }
    public subscript(position: Int) -> FieldDescriptor {
      precondition(position >= 0 && position < endIndex, "no such field")
      return FieldDescriptor(message.pointee.fields + position)
    }
  }
}

/// What an enum type looks like: its name and its values.
public struct EnumDescriptor: @unchecked Sendable, Hashable, CustomStringConvertible {
  let pointer: UnsafePointer<ProtobufCEnumDescriptor>

  init(_ pointer: UnsafePointer<ProtobufCEnumDescriptor>) {
    self.pointer = pointer
  }

  /// Wraps the address of a `ProtobufCEnumDescriptor` with static lifetime. For generated code.
  public init(staticAddress: UnsafeRawPointer) {
    pointer = staticAddress.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
  }

  /// The full name, `portico.ticketing.v1.TicketState`.
  public var name: String { String(cString: pointer.pointee.name) }

  /// Names and numbers in ascending order of the numbers; an alias is listed once, under its first name.
  public var values: [(name: String, number: Int32)] {
    (0..<Int(pointer.pointee.n_values)).map {
      let value = pointer.pointee.values[$0]
      return (String(cString: value.name), value.value)
    }
  }

  /// The number of the value that proto calls `name` (`TICKET_STATE_OPEN`), or nil.
  public func number(named name: String) -> Int32? {
    protobuf_c_enum_descriptor_get_value_by_name(pointer, name)?.pointee.value
  }

  /// The name of the value with this number, or nil for one that this build does not know.
  public func name(of number: Int32) -> String? {
    protobuf_c_enum_descriptor_get_value(pointer, number).map { String(cString: $0.pointee.name) }
  }

  /// The same as C has it, to be copied at once; static like the descriptor.
  func characters(ofName number: Int32) -> UnsafePointer<CChar>? {
    protobuf_c_enum_descriptor_get_value(pointer, number)?.pointee.name
  }

  public var description: String { name }

  public static func == (a: EnumDescriptor, b: EnumDescriptor) -> Bool {
    a.pointer == b.pointer || a.name == b.name
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
