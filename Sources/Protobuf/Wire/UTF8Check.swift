/// Whether bytes are text that a C string can hold.
enum UTF8Check {
  /// Whether `bytes` are well-formed UTF-8 (Unicode 15, table 3-7) and hold no U+0000.
  static func isTextWithoutNUL(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
      while count - index >= 8, isPlainASCII(bytes, at: index) { index += 8 }
      guard index < count else { break }
      let byte = bytes[index]
      if byte < 0x80 {
        if byte == 0 { return false }
        index += 1
        continue
      }
      guard let length = sequenceLength(bytes, at: index) else { return false }
      index += length
    }
    return true
  }

  /// Whether the eight bytes at `index` are ASCII and none of them is zero: most text, at a stride.
  private static func isPlainASCII(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    let word = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
    let zeros = (word &- 0x0101_0101_0101_0101) & ~word
    return (word | zeros) & 0x8080_8080_8080_8080 == 0
  }

  /// The length of the well-formed multi-byte sequence at `index`, or nil.
  private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
    let lead = bytes[index]
    let length: Int
    // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    let second: ClosedRange<UInt8>
    switch lead {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return nil }
    for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return nil }
    return length
  }
}
