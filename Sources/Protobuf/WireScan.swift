import CProtobufC

/// One pass over the wire bytes before libprotobuf-c sees them, led by the descriptor.
///
/// libprotobuf-c has no recursion limit, cuts strings at NUL, takes invalid UTF-8 and merges a
/// message field that arrives in two parts wrongly. What passes here it decodes faithfully:
/// - nesting is within the limit, counted along message fields of the descriptor only;
/// - the number of fields, nested ones included, is within the limit;
/// - every length lies within its message, tags and varints are at most 5 and 10 bytes;
/// - strings are UTF-8 without NUL;
/// - each known field has its declared wire type (a repeated number may be packed or not);
/// - no singular message field occurs twice: the specification would merge the parts, no encoder in
///   use writes them, and we refuse;
/// - there is no group.
struct WireScan {
  private let limits: DecodingLimits
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var fieldsLeft: Int

  /// Throws unless `bytes` are safe to unpack as `descriptor`.
  static func check(
    _ bytes: UnsafeBufferPointer<UInt8>, as descriptor: MessageDescriptor, limits: DecodingLimits
  ) throws(DecodingError) {
    guard bytes.count <= Int(Int32.max) else { throw .resourceExhausted("longer than 2 GiB") }
    var scan = WireScan(limits: limits, bytes: bytes, fieldsLeft: limits.fields)
    try scan.message(descriptor.pointer, end: bytes.count, depth: 1)
  }

  private init(limits: DecodingLimits, bytes: UnsafeBufferPointer<UInt8>, fieldsLeft: Int) {
    self.limits = limits
    self.bytes = bytes
    self.fieldsLeft = fieldsLeft
  }

  private mutating func message(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, end: Int, depth: Int
  ) throws(DecodingError) {
    guard depth <= limits.depth else {
      throw .malformed("nested deeper than \(limits.depth) messages")
    }
    var seen = FieldSet(count: Int(descriptor.pointee.n_fields))
    while position < end {
      guard fieldsLeft > 0 else { throw .resourceExhausted("more than \(limits.fields) fields") }
      fieldsLeft -= 1
      let tag = try tag(end: end)
      guard let field = protobuf_c_message_descriptor_get_field(descriptor, tag.number) else {
        try skip(tag.wireType, end: end)
        continue
      }
      if tag.wireType == .lengthDelimited {
        try value(of: field, length: length(end: end), depth: depth)
      } else {
        guard field.pointee.wireType == tag.wireType else { throw wrongWireType(field) }
        try skip(tag.wireType, end: end)
      }
      if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE,
        field.pointee.label != PROTOBUF_C_LABEL_REPEATED,
        !seen.insert(field - descriptor.pointee.fields)
      {
        throw .malformed("\(name(field)) occurs twice")
      }
    }
  }

  /// Checks the `length` bytes at `position` and moves past them.
  private mutating func value(
    of field: UnsafePointer<ProtobufCFieldDescriptor>, length: Int, depth: Int
  ) throws(DecodingError) {
    let end = position + length
    switch field.pointee.type {
    case PROTOBUF_C_TYPE_MESSAGE:
      try message(
        field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
        end: end, depth: depth + 1)
    case PROTOBUF_C_TYPE_STRING:
      guard UTF8Check.isTextWithoutNUL(UnsafeBufferPointer(rebasing: bytes[position..<end])) else {
        throw .malformed("\(name(field)) is not UTF-8 text without U+0000")
      }
    case PROTOBUF_C_TYPE_BYTES:
      break
    default:
      guard field.pointee.label == PROTOBUF_C_LABEL_REPEATED else { throw wrongWireType(field) }
      try packed(field.pointee.wireType, field, end: end)
    }
    position = end
  }

  private mutating func packed(
    _ element: WireType, _ field: UnsafePointer<ProtobufCFieldDescriptor>, end: Int
  ) throws(DecodingError) {
    switch element {
    case .fixed32:
      guard (end - position) % 4 == 0 else { throw .malformed("\(name(field)) is cut short") }
    case .fixed64:
      guard (end - position) % 8 == 0 else { throw .malformed("\(name(field)) is cut short") }
    case .varint:
      while position < end { _ = try varint(end: end) }
    case .lengthDelimited:
      throw wrongWireType(field)
    }
  }

  private mutating func tag(
    end: Int
  ) throws(DecodingError) -> (number: UInt32, wireType: WireType) {
    let start = position
    let value = try varint(end: end)
    guard position - start <= 5, value <= UInt64(UInt32.max), value >> 3 > 0 else {
      throw .malformed("a tag is out of range")
    }
    guard let wireType = WireType(rawValue: UInt8(value & 7)) else {
      throw .malformed("a field has the wire type \(value & 7), which is not supported")
    }
    return (UInt32(value >> 3), wireType)
  }

  private mutating func length(end: Int) throws(DecodingError) -> Int {
    let start = position
    let value = try varint(end: end)
    guard position - start <= 5, value <= UInt64(end - position) else { throw Self.truncated }
    return Int(value)
  }

  private mutating func skip(_ wireType: WireType, end: Int) throws(DecodingError) {
    switch wireType {
    case .varint: _ = try varint(end: end)
    case .fixed64: try advance(8, end: end)
    case .fixed32: try advance(4, end: end)
    case .lengthDelimited: try advance(length(end: end), end: end)
    }
  }

  private mutating func advance(_ count: Int, end: Int) throws(DecodingError) {
    guard count <= end - position else { throw Self.truncated }
    position += count
  }

  private mutating func varint(end: Int) throws(DecodingError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { throw .malformed("a varint is longer than 10 bytes") }
    }
    throw Self.truncated
  }

  private static let truncated = DecodingError.malformed("the bytes end inside a field")

  private func wrongWireType(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> DecodingError {
    .malformed("\(name(field)) does not have its wire type")
  }

  private func name(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> String {
    "field '\(String(cString: field.pointee.name))'"
  }
}

/// Which fields of a message have been seen, by index; only a wide message costs an allocation.
private struct FieldSet {
  private var low: UInt64 = 0
  private var high: [UInt64]

  init(count: Int) {
    high = count > 64 ? Array(repeating: 0, count: (count - 1) / 64) : []
  }

  /// Whether `index` was not in the set before.
  mutating func insert(_ index: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(index & 63)
    if index < 64 {
      defer { low |= bit }
      return low & bit == 0
    }
    defer { high[index / 64 - 1] |= bit }
    return high[index / 64 - 1] & bit == 0
  }
}

extension ProtobufCFieldDescriptor {
  /// How one value of this field is delimited when it is not packed.
  fileprivate var wireType: WireType {
    switch type {
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .lengthDelimited
    default: .varint
    }
  }
}
