/// Wire bytes written by hand, so that the decoder is not tested against our own encoder only.
struct WireBytes {
  private(set) var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var result: [UInt8] = []
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  mutating func varint(_ number: Int, _ value: UInt64) {
    bytes += Self.varint(UInt64(number) << 3) + Self.varint(value)
  }

  mutating func data(_ number: Int, _ value: [UInt8]) {
    bytes += Self.varint(UInt64(number) << 3 | 2) + Self.varint(UInt64(value.count)) + value
  }

  mutating func fixed32(_ number: Int, _ value: UInt32) {
    bytes += Self.varint(UInt64(number) << 3 | 5)
    bytes += withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  mutating func fixed64(_ number: Int, _ value: UInt64) {
    bytes += Self.varint(UInt64(number) << 3 | 1)
    bytes += withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  /// `depth` messages in each other through field `number`.
  static func nested(_ depth: Int, through number: Int) -> [UInt8] {
    // Built from the inside; prepending to one array would cost the square of the depth.
    var heads: [[UInt8]] = []
    var size = 0
    for _ in 1..<max(depth, 1) {
      let head = varint(UInt64(number) << 3 | 2) + varint(UInt64(size))
      heads.append(head)
      size += head.count
    }
    return heads.reversed().flatMap { $0 }
  }
}
