/// Steps through the fields of one message in a larger buffer; all places are places in that buffer.
struct WireCursor {
  struct Field {
    let number: UInt32
    let wireType: WireType
    /// Where the tag begins, and where it ends.
    let start: Int
    let tagEnd: Int
    /// The value: without its length where it has one, with the end tag where it is a group.
    let value: Range<Int>
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position: Int
  private let end: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field, or nil at the end.
  mutating func next() throws(DecodingError) -> Field? {
    guard position < end else { return nil }
    let start = position
    let (number, code) = try tag()
    guard let wireType = WireType(rawValue: code) else { throw Self.broken }
    let tagEnd = position
    if wireType == .lengthDelimited {
      let length = try varint()
      guard length <= UInt64(end - position) else { throw Self.broken }
      let value = position..<position + Int(length)
      position = value.upperBound
      return Field(
        number: number, wireType: wireType, start: start, tagEnd: tagEnd, value: value)
    }
    if wireType == .group { try skipGroup() } else { try skip(code) }
    return Field(
      number: number, wireType: wireType, start: start, tagEnd: tagEnd, value: tagEnd..<position)
  }

  /// Past the end of the group that has just begun, with all groups in it.
  private mutating func skipGroup() throws(DecodingError) {
    var open = 1
    while open > 0 {
      let code = try tag().code
      switch code {
      case 3: open += 1
      case 4: open -= 1
      default: try skip(code)
      }
    }
  }

  private mutating func skip(_ code: UInt8) throws(DecodingError) {
    switch code {
    case 0: _ = try varint()
    case 1: try advance(8)
    case 2: try advance(varint())
    case 5: try advance(4)
    default: throw Self.broken
    }
  }

  private mutating func advance(_ count: UInt64) throws(DecodingError) {
    guard count <= UInt64(end - position) else { throw Self.broken }
    position += Int(count)
  }

  private mutating func tag() throws(DecodingError) -> (number: UInt32, code: UInt8) {
    let tag = try varint()
    guard tag <= UInt64(UInt32.max) else { throw Self.broken }
    return (UInt32(tag >> 3), UInt8(tag & 7))
  }

  private mutating func varint() throws(DecodingError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { throw Self.broken }
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw Self.broken
  }

  private static let broken = DecodingError.malformed("the bytes end inside a field")
}
