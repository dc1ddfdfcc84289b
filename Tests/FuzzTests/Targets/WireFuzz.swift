@testable import RPC

enum DeframerFuzz {
  /// The first byte is the largest piece, the second says whether messages may be compressed.
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    guard input.count >= 2 else { return }
    let piece = max(1, Int(input[0]))
    let bytes = Array(input[2...])
    let (whole, wholeFailed) = messages(bytes, piece: max(1, bytes.count))
    let (parts, partsFailed) = messages(bytes, piece: piece)
    try expect(wholeFailed == partsFailed, "the size of the pieces decides whether it is an error")
    try expect(whole == parts, "the size of the pieces changes the messages")
    try inbox(bytes, piece: piece, isCompressed: input[1] & 1 == 1)
  }

  private static let limit = 1 << 16

  private static func messages(
    _ bytes: [UInt8], piece: Int
  ) -> (messages: [[UInt8]], failed: Bool) {
    var deframer = Deframer(limit: limit, acceptsCompressed: true)
    var found: [[UInt8]] = []
    var failed = false
    bytes.withUnsafeBytes { buffer in
      for start in stride(from: 0, to: buffer.count, by: piece) {
        let part = buffer[start..<min(start + piece, buffer.count)]
        do {
          try deframer.append(UnsafeRawBufferPointer(rebasing: part)) { found.append($0.bytes) }
        } catch {
          failed = true
          return
        }
      }
    }
    return (found, failed)
  }

  /// No more is given back to the sender's window than came, and nothing grows over its limit.
  private static func inbox(
    _ bytes: [UInt8], piece: Int, isCompressed: Bool
  ) throws(FuzzTarget.Violation) {
    let budget = InflationBudget(limit: 4 * limit)
    let decompressor = Decompressor(limit: limit, maximumRatio: 100, budget: budget)
    var inbox = Inbox(limit: limit, decompressor: isCompressed ? decompressor : nil)
    var came = 0
    var consumed = 0
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let part = Array(bytes[start..<min(start + piece, bytes.count)])
      came += part.count
      do {
        consumed += try part.withUnsafeBytes { buffer throws(Status) in try inbox.append(buffer) }
        while let (message, given) = try inbox.take() {
          consumed += given
          try expect(message.count <= limit, "a message is over the limit")
        }
      } catch let violation as FuzzTarget.Violation {
        throw violation
      } catch { return }
      try expect(consumed <= came, "\(consumed) bytes are given back of \(came)")
    }
  }
}

enum PercentFuzz {
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    let text = String(decoding: input, as: UTF8.self)
    let encoded = PercentEncoding.encode(text)
    let isPlain = encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    try expect(isPlain, "what is written is not printable")
    let read = PercentEncoding.decode(encoded)
    try expect(Array(read.utf8) == Array(text.utf8), "what is written is read otherwise")
    try expect(
      PercentEncoding.decode(text).utf8.count <= 3 * text.utf8.count,
      "what is read is longer than what came")
  }
}

enum Base64Fuzz {
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    try expect(
      Base64.decode(Base64.encode(input).utf8) == input, "what is written is read otherwise")
    if let bytes = Base64.decode(input) {
      try expect(bytes.count <= input.count * 3 / 4 + 1, "what is read is longer than what came")
      try expect(
        Base64.decode(Base64.encode(bytes).utf8) == bytes, "what was read cannot be written")
    }
    if let timeout = Timeout.parse(input) {
      try expect(timeout >= .zero, "a timeout is negative")
      let again = Timeout.parse(Timeout.format(timeout).utf8)
      try expect(again.map { $0 <= timeout } == true, "a timeout grows when it is passed on")
    }
  }
}
