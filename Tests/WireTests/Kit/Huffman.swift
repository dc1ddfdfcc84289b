/// The code of RFC 7541 Appendix B. It is canonical: the lengths alone give it.
enum Huffman {
  /// Bits of the code of each byte, and of the end (256).
  static let lengths: [UInt8] =
    [
      13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
      28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
      6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
      5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
      13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
      7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
      15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
      6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
      20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
      24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
      22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
      21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
      26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
      19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
      20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
      26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
      30,
    ]

  private struct Code: Hashable {
    var bits: UInt32
    var length: UInt8
  }

  private static let symbols: [Code: Int] = {
    var table: [Code: Int] = [:]
    var bits: UInt32 = 0
    for length in UInt8(1)...30 {
      bits <<= 1
      for symbol in lengths.indices where lengths[symbol] == length {
        table[Code(bits: bits, length: length)] = symbol
        bits += 1
      }
    }
    return table
  }()

  static func decode(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
    var text: [UInt8] = []
    var code = Code(bits: 0, length: 0)
    for byte in bytes {
      for shift in (0..<8).reversed() {
        code.bits = code.bits << 1 | UInt32(byte >> UInt8(shift) & 1)
        code.length += 1
        guard let symbol = symbols[code] else {
          guard code.length < 30 else { throw WireError.unexpected("no Huffman code") }
          continue
        }
        guard symbol < 256 else { throw WireError.unexpected("the end inside a text") }
        text.append(UInt8(symbol))
        code = Code(bits: 0, length: 0)
      }
    }
    guard code.length < 8, code.bits == (1 << UInt32(code.length)) - 1 else {
      throw WireError.unexpected("bad Huffman padding")
    }
    return text
  }
}
