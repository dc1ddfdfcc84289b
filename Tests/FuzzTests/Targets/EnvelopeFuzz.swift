@testable import RPC

/// Request bodies of gRPC-Web and Connect.
enum EnvelopeFuzz {
  private static let limit = 1 << 14
  private static let inflation = Inflation(bytesInAll: 4 * limit, maximumRatio: 100)

  /// The first byte is the largest piece; of the second, bit 0 says that messages may be gzip, bit 1 that the body is text.
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    guard input.count >= 2 else { return }
    let bytes = Array(input[2...])
    let isGzip = input[1] & 1 == 1
    let isText = input[1] & 2 == 2
    let whole = try read(bytes, piece: max(1, bytes.count), isGzip, isText)
    let parts = try read(bytes, piece: max(1, Int(input[0])), isGzip, isText)
    // An error may hide messages before it that came in the same piece, and never shows others.
    if whole.failed || parts.failed {
      try expect(whole.failed == parts.failed, "the pieces decide whether it is an error")
    } else {
      try expect(whole.messages == parts.messages, "the pieces change the messages")
      try expect(whole.isOpen == parts.isOpen, "the pieces change whether the end is clean")
    }
    var chunks = Base64Chunks()
    let again = Base64Chunks.encode(bytes).withUnsafeBytes { chunks.decode($0) }
    try expect(again == bytes && !chunks.isInsideGroup, "text is read otherwise than written")
  }

  private static func read(
    _ bytes: [UInt8], piece: Int, _ isGzip: Bool, _ isText: Bool
  ) throws(FuzzTarget.Violation) -> (messages: [[UInt8]], failed: Bool, isOpen: Bool) {
    var reader = EnvelopeReader(limit: limit, inflation: isGzip ? inflation : nil)
    var chunks = Base64Chunks()
    var messages: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      var part = Array(bytes[start..<min(start + piece, bytes.count)])
      if isText {
        guard let decoded = part.withUnsafeBytes({ chunks.decode($0) }) else {
          return (messages, true, true)
        }
        part = decoded
      }
      guard take(part, &reader, &messages) else { return (messages, true, true) }
    }
    for message in messages {
      try expect(message.count <= limit, "a message of \(message.count) bytes is over the limit")
    }
    return (messages, false, reader.isInsideMessage || chunks.isInsideGroup)
  }

  /// Whether the bytes were read without an error.
  private static func take(
    _ part: [UInt8], _ reader: inout EnvelopeReader, _ messages: inout [[UInt8]]
  ) -> Bool {
    do {
      try part.withUnsafeBytes { try reader.append($0) }
      while let message = try reader.take() { messages.append(message) }
      return true
    } catch { return false }
  }
}
