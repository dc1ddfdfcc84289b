import CProtobufC

/// One pass over the wire bytes before libprotobuf-c sees them, led by the descriptor.
///
/// libprotobuf-c has no recursion limit, cuts strings at NUL, takes invalid UTF-8 and lets memory grow to a
/// hundred times of what came. What passes here is a message of the type, within the limits:
/// - nesting is counted along message fields of the descriptor, and along groups;
/// - the number of fields, nested ones included, and the memory that they will take are counted;
/// - every length lies within its message, tags are at most 5 bytes, varints at most 10;
/// - strings are UTF-8 without NUL.
///
/// What is valid but beyond the library is only noted: a singular message field in several parts, a known
/// field with a foreign wire type, a group. Such bytes go through `WireRewrite` first.
struct WireScan {
  /// Below this many bytes, memory is bounded well enough by the arena.
  static let countsMemoryFrom = 2048

  private let limits: DecodingLimits
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var fieldsLeft: Int
  private var isPlain = true
  private let countsMemory: Bool
  /// Bytes that the C structures and the Swift values will take, from above.
  private var memory = 0
  private var footprints = MessageFootprint.Memo()

  /// Throws unless `bytes` are a message of `descriptor` within the limits. True when the library reads them
  /// as they are, false when they have to be rewritten first.
  static func check(
    _ bytes: UnsafeBufferPointer<UInt8>, as descriptor: MessageDescriptor, limits: DecodingLimits
  ) throws(DecodingError) -> Bool {
    guard bytes.count <= Int(Int32.max) else { throw .resourceExhausted("longer than 2 GiB") }
    var scan = WireScan(limits: limits, bytes: bytes)
    try scan.message(descriptor.pointer, end: bytes.count, depth: 1)
    // A copy with longer tags, and parts of it while it is made.
    if !scan.isPlain { scan.memory += 4 * bytes.count }
    // The slack is for what does not grow with the bytes: a run of one-byte numbers of 64 bits takes 16 times its size.
    let budget = limits.budget(forWireSize: bytes.count)
    guard !scan.countsMemory || scan.memory <= budget &+ 4096 else {
      throw .resourceExhausted("\(bytes.count) bytes need more memory than a message may take")
    }
    return scan.isPlain
  }

  private init(limits: DecodingLimits, bytes: UnsafeBufferPointer<UInt8>) {
    self.limits = limits
    self.bytes = bytes
    fieldsLeft = limits.fields
    countsMemory = bytes.count > Self.countsMemoryFrom
  }

  private mutating func message(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, end: Int, depth: Int
  ) throws(DecodingError) {
    guard depth <= limits.depth else { throw tooDeep }
    if countsMemory { memory += footprints.bytes(of: descriptor) }
    let fieldsBefore = fieldsLeft
    var seen = FieldSet(count: Int(descriptor.pointee.n_fields))
    while position < end {
      let tag = try tag(end: end)
      guard let field = protobuf_c_message_descriptor_get_field(descriptor, tag.number),
        field.pointee.accepts(tag.wireType)
      else {
        try unknown(tag, end: end, depth: depth)
        // A number of the message with a foreign wire type counts as unknown, which the library does not know.
        if isPlain, protobuf_c_message_descriptor_get_field(descriptor, tag.number) != nil {
          isPlain = false
        }
        continue
      }
      guard tag.wireType == .lengthDelimited else {
        memory += 16
        try skip(tag, end: end, depth: depth)
        continue
      }
      try value(of: field, length: length(end: end), depth: depth)
      if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE,
        field.pointee.label != PROTOBUF_C_LABEL_REPEATED,
        !seen.insert(field - descriptor.pointee.fields)
      {
        isPlain = false
      }
    }
    // Beyond what fits its stack, the library notes every field it sees.
    let fields = fieldsBefore - fieldsLeft
    if fields > 16 { memory += fields * 64 }
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
      memory += MessageFootprint.bytes(ofText: length)
    case PROTOBUF_C_TYPE_BYTES:
      memory += MessageFootprint.bytes(ofData: length)
    default:
      try packed(field.pointee.wireType, field, end: end)
    }
    position = end
  }

  /// Moves past a field that the type does not have.
  private mutating func unknown(
    _ tag: Tag, end: Int, depth: Int
  ) throws(DecodingError) {
    let start = position
    if tag.wireType == .group { isPlain = false }
    try skip(tag, end: end, depth: depth)
    memory += MessageFootprint.bytes(ofUnknown: position - start)
  }

  private mutating func packed(
    _ element: WireType, _ field: UnsafePointer<ProtobufCFieldDescriptor>, end: Int
  ) throws(DecodingError) {
    let start = position
    switch element {
    case .fixed32:
      guard (end - position) % 4 == 0 else { throw .malformed("\(name(field)) is cut short") }
    case .fixed64:
      guard (end - position) % 8 == 0 else { throw .malformed("\(name(field)) is cut short") }
    default:
      let width = field.pointee.runFootprint
      while position < end {
        _ = try varint(end: end)
        memory += width
      }
      memory += 48
      return
    }
    memory += 2 * (end - start) + 48
  }

  private typealias Tag = (number: UInt32, wireType: WireType)

  private mutating func tag(end: Int) throws(DecodingError) -> Tag {
    guard fieldsLeft > 0 else { throw .resourceExhausted("more than \(limits.fields) fields") }
    fieldsLeft -= 1
    let start = position
    let value = try varint(end: end)
    guard position - start <= 5, value <= UInt64(UInt32.max), value >> 3 > 0 else {
      throw .malformed("a tag is out of range")
    }
    guard let wireType = WireType(rawValue: UInt8(value & 7)) else {
      throw .malformed("a field has the wire type \(value & 7), which does not begin one")
    }
    return (UInt32(value >> 3), wireType)
  }

  private mutating func length(end: Int) throws(DecodingError) -> Int {
    let start = position
    let value = try varint(end: end)
    guard position - start <= 5, value <= UInt64(end - position) else { throw Self.truncated }
    return Int(value)
  }

  private mutating func skip(_ tag: Tag, end: Int, depth: Int) throws(DecodingError) {
    switch tag.wireType {
    case .varint: _ = try varint(end: end)
    case .fixed64: try advance(8, end: end)
    case .fixed32: try advance(4, end: end)
    case .lengthDelimited: try advance(length(end: end), end: end)
    case .group: try skipGroup(tag.number, end: end, depth: depth + 1)
    }
  }

  /// Moves past the end of a group whose start has been read.
  private mutating func skipGroup(
    _ number: UInt32, end: Int, depth: Int
  ) throws(DecodingError) {
    guard depth <= limits.depth else { throw tooDeep }
    while true {
      guard position < end else { throw Self.truncated }
      let start = position
      let value = try varint(end: end)
      if value & 7 == 4 {
        guard position - start <= 5, value >> 3 == UInt64(number) else {
          throw .malformed("a group does not end where it should")
        }
        return
      }
      position = start
      try skip(tag(end: end), end: end, depth: depth)
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

  private var tooDeep: DecodingError {
    .malformed("nested deeper than \(limits.depth) messages")
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
  var wireType: WireType {
    switch type {
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .lengthDelimited
    default: .varint
    }
  }

  /// Bytes that one number of a run of varints takes in C and in Swift.
  fileprivate var runFootprint: Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_SINT64: 16
    case PROTOBUF_C_TYPE_ENUM: 12
    default: 8
    }
  }

  /// Whether a value may come this way: as declared, or a run of a repeated number.
  func accepts(_ wireType: WireType) -> Bool {
    let declared = self.wireType
    if wireType == declared { return true }
    return wireType == .lengthDelimited && label == PROTOBUF_C_LABEL_REPEATED
  }
}
