import CProtobufC

/// Fields whose numbers the reader did not know, in the order in which they arrived.
public struct UnknownFields: Sendable, Hashable {
  public struct Field: Sendable, Hashable {
    public var number: UInt32
    public var wireType: WireType
    /// The bytes after the tag: a varint, 4 or 8 bytes, a length with what it counts, or for a group what is in it
    /// and the tag that ends it.
    public var bytes: [UInt8]

    public init(number: UInt32, wireType: WireType, bytes: [UInt8]) {
      self.number = number
      self.wireType = wireType
      self.bytes = bytes
    }
  }

  public var fields: [Field]

  @inlinable public init(_ fields: [Field] = []) { self.fields = fields }

  @inlinable public var isEmpty: Bool { fields.isEmpty }

  /// Copies those of a decoded C structure. For generated code.
  public init(reading structure: UnsafeRawPointer) {
    let message = structure.assumingMemoryBound(to: ProtobufCMessage.self)
    let count = Int(message.pointee.n_unknown_fields)
    guard count > 0, let unknown = message.pointee.unknown_fields else {
      fields = []
      return
    }
    fields = UnsafeBufferPointer(start: unknown, count: count).map(Field.init(reading:))
  }

  /// Puts them into a C structure. `extra` are fields that the C library would drop by itself.
  /// For generated code.
  public func write(
    to structure: UnsafeMutableRawPointer, in arena: borrowing Arena, extra: [Field] = []
  ) throws(EncodingError) {
    let count = fields.count + extra.count
    guard count > 0 else { return }
    let array = try arena.array(of: ProtobufCMessageUnknownField.self, count: count)
    var index = 0
    for field in extra {
      array[index] = try field.structure(in: arena)
      index += 1
    }
    for field in fields {
      array[index] = try field.structure(in: arena)
      index += 1
    }
    let message = structure.assumingMemoryBound(to: ProtobufCMessage.self)
    message.pointee.unknown_fields = array
    message.pointee.n_unknown_fields = UInt32(truncatingIfNeeded: count)
  }
}

extension UnknownFields.Field {
  /// -0.0 in a field without presence: not the default, yet libprotobuf-c takes it for zero.
  public static func negativeZero(double number: UInt32) -> Self {
    Self(number: number, wireType: .fixed64, bytes: [0, 0, 0, 0, 0, 0, 0, 0x80])
  }

  /// See `negativeZero(double:)`.
  public static func negativeZero(float number: UInt32) -> Self {
    Self(number: number, wireType: .fixed32, bytes: [0, 0, 0, 0x80])
  }

  fileprivate init(reading field: ProtobufCMessageUnknownField) {
    let bytes = UnsafeBufferPointer(start: field.data, count: Int(field.len))
    let number = field.tag & WireRewrite.largestNumber
    if field.tag & WireRewrite.groupMark != 0 {
      let prefix = (bytes.firstIndex { $0 < 0x80 } ?? -1) + 1
      self.init(number: number, wireType: .group, bytes: Array(bytes[prefix...]))
    } else {
      self.init(number: number, wireType: WireType(field.wire_type), bytes: Array(bytes))
    }
  }

  fileprivate func structure(
    in arena: borrowing Arena
  ) throws(EncodingError) -> ProtobufCMessageUnknownField {
    let data = try arena.bytes(bytes)
    return ProtobufCMessageUnknownField(
      tag: number, wire_type: wireType.code, len: data.count, data: data.start)
  }
}

/// How the bytes of a field are delimited.
public enum WireType: UInt8, Sendable, Hashable {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  /// By a tag that ends it; proto2's groups, which we keep without looking inside.
  case group = 3
  case fixed32 = 5

  init(_ code: ProtobufCWireType) {
    switch code {
    case PROTOBUF_C_WIRE_TYPE_VARINT: self = .varint
    case PROTOBUF_C_WIRE_TYPE_64BIT: self = .fixed64
    case PROTOBUF_C_WIRE_TYPE_32BIT: self = .fixed32
    default: self = .lengthDelimited
    }
  }

  var code: ProtobufCWireType {
    switch self {
    case .varint: PROTOBUF_C_WIRE_TYPE_VARINT
    case .fixed64: PROTOBUF_C_WIRE_TYPE_64BIT
    case .lengthDelimited: PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
    case .group: ProtobufCWireType(rawValue: 3)
    case .fixed32: PROTOBUF_C_WIRE_TYPE_32BIT
    }
  }
}
