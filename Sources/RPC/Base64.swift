/// Base64 as gRPC uses it in metadata: written without padding, read with or without.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
    return table
  }()

  package static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count * 4 + 2) / 3)
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = (pending << 8 | UInt32(byte)) & 0xFFFF
      bits += 8
      while bits >= 6 {
        bits -= 6
        out.append(alphabet[Int(pending >> UInt32(bits)) & 63])
      }
    }
    if bits > 0 { out.append(alphabet[Int(pending << UInt32(6 - bits)) & 63]) }
    return String(decoding: out, as: UTF8.self)
  }

  /// What a character stands for; nil outside the alphabet.
  static func value(_ character: UInt8) -> UInt8? {
    let value = values[Int(character)]
    return value == 0xFF ? nil : value
  }

  /// Nil when a byte is outside the alphabet or the length is impossible.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.underestimatedCount / 4 * 3 + 3)
    var pending: UInt32 = 0
    var bits = 0
    var digits = 0
    var padding = 0
    for byte in text {
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let value = value(byte) else { return nil }
      digits += 1
      pending = (pending << 6 | UInt32(value)) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    guard digits % 4 != 1, padding <= 2 else { return nil }
    return out
  }
}
