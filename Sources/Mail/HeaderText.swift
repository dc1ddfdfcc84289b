import Foundation

/// Text in header fields: RFC 2047 encoded words and RFC 2231 parameters.
enum HeaderText {
  /// The value as it is when it is short printable ASCII, and as encoded words folded to 76 columns otherwise.
  /// - Parameter column: how many columns of the first line are taken.
  static func encoded(_ text: String, after column: Int) -> String {
    let plain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    if plain, column + text.utf8.count <= 76, !text.contains("=?"), !text.hasPrefix(" "),
      !text.hasSuffix(" ")
    {
      return text
    }
    var words: [String] = []
    var chunk: [UInt8] = []
    var room = 76 - column
    // An encoded word holds whole characters only, at most 75 columns of which 12 are its frame.
    for character in text.unicodeScalars {
      let bytes = Array(String(character).utf8)
      if (chunk.count + bytes.count + 2) / 3 * 4 + 12 > min(room, 75) {
        if !chunk.isEmpty { words.append(word(chunk)) }
        chunk = []
        room = 75
      }
      chunk += bytes
    }
    if !chunk.isEmpty { words.append(word(chunk)) }
    return words.joined(separator: "\r\n ")
  }

  static func mailbox(_ mailbox: MailAddress) -> String {
    guard !mailbox.name.isEmpty else { return mailbox.address }
    let isPlain =
      mailbox.name.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !mailbox.name.contains("=?")
    guard isPlain, mailbox.name.utf8.count <= 60 else {
      return encoded(mailbox.name, after: 12) + "\r\n <\(mailbox.address)>"
    }
    let quoted = mailbox.name.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    return "\"\(quoted)\" <\(mailbox.address)>"
  }

  /// `filename="a.pdf"`, or the extended form of RFC 2231 with its ASCII likeness beside it.
  static func parameter(_ name: String, _ value: String) -> String {
    let isSafe: (UInt8) -> Bool = { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
    if value.utf8.count <= 60, value.utf8.allSatisfy(isSafe) { return "\(name)=\"\(value)\"" }
    // Each percent-encoded scalar is at most 12 columns; continuations (RFC 2231 §3) keep every line short.
    var pieces: [String] = [""]
    for scalar in value.unicodeScalars {
      let encoded = String(scalar).utf8.map { byte in
        isUnreserved(byte) ? String(UnicodeScalar(byte)) : "%" + hex(byte)
      }.joined()
      if pieces[pieces.count - 1].count + encoded.count > 50 { pieces.append("") }
      pieces[pieces.count - 1] += encoded
    }
    if pieces.count == 1 { return "\(name)*=utf-8''\(pieces[0])" }
    return pieces.enumerated().map { index, piece in
      "\(name)*\(index)*=\(index == 0 ? "utf-8''" : "")\(piece)"
    }.joined(separator: ";\r\n ")
  }

  private static func word(_ bytes: [UInt8]) -> String {
    "=?utf-8?B?\(Data(bytes).base64EncodedString())?="
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: "-._".utf8.contains(byte)
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
