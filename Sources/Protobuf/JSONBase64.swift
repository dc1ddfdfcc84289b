/// Base64 as JSON needs it: out in the standard alphabet with padding, in also URL-safe and unpadded.
enum JSONBase64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
    table[Int(UInt8(ascii: "-"))] = 62
    table[Int(UInt8(ascii: "_"))] = 63
    return table
  }()

  static func append(_ bytes: UnsafeRawBufferPointer, to out: JSONOutput) {
    var at = 0
    while at < bytes.count {
      let count = min(3, bytes.count - at)
      var word = 0
      for offset in 0..<3 { word = word << 8 | (offset < count ? Int(bytes[at + offset]) : 0) }
      for place in 0..<4 {
        out.append(place <= count ? alphabet[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
      at += 3
    }
  }

  /// Nil for letters outside of both alphabets, misplaced padding and lengths that no bytes have.
  static func decode(_ text: String) -> [UInt8]? {
    var letters = Array(text.utf8)[...]
    var padding = 0
    while letters.last == UInt8(ascii: "="), padding < 2 {
      letters.removeLast()
      padding += 1
    }
    guard letters.count % 4 != 1, padding == 0 || (letters.count + padding) % 4 == 0 else {
      return nil
    }
    var out: [UInt8] = []
    out.reserveCapacity(letters.count * 3 / 4)
    var word: UInt32 = 0
    var bits = 0
    for letter in letters {
      let value = values[Int(letter)]
      guard value != 0xFF else { return nil }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return out
  }
}
