/// Quoted-printable (RFC 2045 §6.7): lines of at most 76 columns, CRLF line ends, ASCII.
enum QuotedPrintable {
  static func encode(_ text: String) -> String {
    var output: [UInt8] = []
    var column = 0
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 0x0d || byte == 0x0a {
        // CR, LF and CRLF all are one line end.
        if byte == 0x0d, index < bytes.count, bytes[index] == 0x0a { index += 1 }
        output += [0x0d, 0x0a]
        column = 0
        continue
      }
      let endsLine = index == bytes.count || bytes[index] == 0x0d || bytes[index] == 0x0a
      let encoded = encode(byte, endsLine: endsLine, startsLine: column == 0)
      if column + encoded.count > (endsLine ? 76 : 75) {
        output += [UInt8(ascii: "="), 0x0d, 0x0a]
        column = 0
      }
      output += encoded
      column += encoded.count
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  /// A blank at a line's end would be lost, a dot at its start is SMTP's own.
  private static func encode(_ byte: UInt8, endsLine: Bool, startsLine: Bool) -> [UInt8] {
    let isLiteral =
      switch byte {
      case 0x20, 0x09: !endsLine
      case UInt8(ascii: "."): !startsLine
      case UInt8(ascii: "="): false
      default: (0x21...0x7e).contains(byte)
      }
    return isLiteral ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
