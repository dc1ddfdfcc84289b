/// Reads the fields of one message from its wire bytes, without a descriptor. Groups are stepped over.
struct WireReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
    case group
  }

  /// The bytes are no message.
  struct Malformed: Error {}

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The next field, or nil at the end.
  mutating func next() throws(Malformed) -> (number: Int, value: Value)? {
    guard position < bytes.endIndex else { return nil }
    let (number, wireType) = try tag()
    return (number, try value(wireType, of: number))
  }

  private mutating func tag() throws(Malformed) -> (number: Int, wireType: UInt64) {
    let tag = try varint()
    guard tag <= UInt64(UInt32.max), tag >> 3 > 0 else { throw Malformed() }
    return (Int(tag >> 3), tag & 7)
  }

  private mutating func value(_ wireType: UInt64, of number: Int) throws(Malformed) -> Value {
    switch wireType {
    case 0: return .varint(try varint())
    case 1: return .fixed64(try fixed(8))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.endIndex - position) else { throw Malformed() }
      return .bytes(try take(Int(length)))
    case 3:
      try skipGroup(number)
      return .group
    case 5: return .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    default: throw Malformed()
    }
  }

  /// Steps past the end of a group whose start has been read; no recursion, however it nests.
  private mutating func skipGroup(_ number: Int) throws(Malformed) {
    var open = [number]
    while let innermost = open.last {
      let (number, wireType) = try tag()
      switch wireType {
      case 3:
        guard open.count < 100 else { throw Malformed() }
        open.append(number)
      case 4:
        guard number == innermost else { throw Malformed() }
        open.removeLast()
      default: _ = try value(wireType, of: number)
      }
    }
  }

  private mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - position else { throw Malformed() }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func fixed(_ count: Int) throws(Malformed) -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.endIndex else { throw Malformed() }
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw Malformed()
  }
}

extension WireReader.Value {
  /// A varint as the int32 or enum that it stands for.
  var int32: Int32? {
    if case .varint(let value) = self { Int32(truncatingIfNeeded: value) } else { nil }
  }

  var bool: Bool? {
    if case .varint(let value) = self { value != 0 } else { nil }
  }

  var data: ArraySlice<UInt8>? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// Bytes that are UTF-8 without NUL, as text.
  var text: String? {
    guard let data, !data.contains(0) else { return nil }
    return String(validating: data, as: UTF8.self)
  }
}
