/// A byte stream as base64 in pieces: whoever writes may end a piece with padding wherever it flushes, so that the whole is
/// no base64 by itself (gRPC-Web's text mode, R-166).
package struct Base64Chunks {
  private var group: (bits: UInt32, digits: Int, padding: Int) = (0, 0, 0)

  package init() {}

  /// Digits of a group that is not complete: the text must not end here.
  package var isInsideGroup: Bool { group.digits > 0 }

  /// The bytes that these characters complete; nil for what is not base64. Groups of four may lie across calls.
  package mutating func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.count / 4 * 3 + 3)
    for byte in text {
      if byte == UInt8(ascii: "=") {
        guard group.digits >= 2 else { return nil }
        group.padding += 1
      } else {
        guard group.padding == 0, let value = Base64.value(byte) else { return nil }
        group.bits = group.bits << 6 | UInt32(value)
      }
      group.digits += 1
      guard group.digits == 4 else { continue }
      guard let bytes = takeGroup() else { return nil }
      out += bytes
    }
    return out
  }

  /// The one to three bytes of a group of four characters; nil when bits are set that belong to no byte.
  private mutating func takeGroup() -> ArraySlice<UInt8>? {
    let whole = group.bits << UInt32(6 * group.padding)
    let bytes = [16, 8, 0].map { UInt8(truncatingIfNeeded: whole >> UInt32($0)) }
    let kept = 3 - group.padding
    group = (0, 0, 0)
    guard bytes[kept...].allSatisfy({ $0 == 0 }) else { return nil }
    return bytes[..<kept]
  }

  /// One piece, padded.
  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var out = Array(Base64.encode(bytes).utf8)
    while !out.count.isMultiple(of: 4) { out.append(UInt8(ascii: "=")) }
    return out
  }
}
