/// Bytes that a JSON string of ours does not hold as they are: controls, quotes, backslashes, `<` and `>`.
enum JSONEscapes {
  /// The place of the first one, nil when there is none. Eight bytes are looked at together: hardly a text has any.
  static func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var index = start
    while index &+ 8 <= bytes.count {
      if mayHold(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)),
        let found = (index..<index &+ 8).first(where: { isOne(bytes[$0]) })
      {
        return found
      }
      index &+= 8
    }
    return (index..<bytes.count).first { isOne(bytes[$0]) }
  }

  @inline(__always)
  private static func isOne(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == 0x22 || byte == 0x5C || byte == 0x3C || byte == 0x3E
  }

  @inline(__always)
  private static func mayHold(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // A byte below 0x20 borrows into its highest bit.
    var found = (word &- ones &* 0x20) & ~word
    found |= zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C))
    found |= zeros(word ^ (ones &* 0x7F))
    // `<` and `>` differ in one bit.
    found |= zeros((word | ones &* 0x02) ^ (ones &* 0x3E))
    return found & (ones &* 0x80) != 0
  }

  /// Has the highest bit of a byte set where the byte is zero; of others it may say so only above such a one.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word
  }
}
