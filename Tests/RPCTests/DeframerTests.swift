import Testing

@testable import RPC

@Suite struct DeframerTests {
  /// Feeds `bytes` in pieces of `size`; the messages found.
  private func feed(_ bytes: [UInt8], size: Int, limit: Int = 1 << 20) throws -> (
    messages: [[UInt8]], isInside: Bool
  ) {
    var deframer = Deframer(limit: limit)
    var messages: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      try bytes[start..<min(bytes.count, start + size)].withUnsafeBytes {
        try deframer.append($0) { messages.append($0.bytes) }
      }
    }
    return (messages, deframer.isInsideMessage)
  }

  private func frame(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    let count = UInt32(message.count)
    return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + message
  }

  @Test("R-009 DATA boundaries mean nothing", arguments: [1, 2, 3, 5, 6, 7, 64, 100_000])
  func boundaries(size: Int) throws {
    let messages = [[], [1], Array(repeating: 7, count: 300), [], Array(0..<200)] as [[UInt8]]
    let found = try feed(messages.flatMap { frame($0) }, size: size)
    #expect(found.messages == messages)
    #expect(!found.isInside)
  }

  @Test("R-013 four declared gigabytes are refused on the prefix")
  func oversize() {
    let error = #expect(throws: Status.self) {
      try feed([0, 0xFF, 0xFF, 0xFF, 0xFF], size: 1, limit: 4 << 20)
    }
    #expect(error?.code == .resourceExhausted)
  }

  @Test("R-013 the limit itself is allowed, one more is not")
  func limit() throws {
    #expect(try feed(frame(Array(repeating: 1, count: 10)), size: 4, limit: 10).messages.count == 1)
    #expect(throws: Status.self) {
      try feed(frame(Array(repeating: 1, count: 11)), size: 4, limit: 10)
    }
  }

  @Test("R-010 flag bits", arguments: [1, 2, 128, 255])
  func flags(flag: Int) {
    let error = #expect(throws: Status.self) {
      try feed(frame([1], flag: UInt8(flag)), size: 100)
    }
    #expect(error?.code == .internal)
  }

  @Test("R-014 a cut message is known as one", arguments: 1..<9)
  func truncated(count: Int) throws {
    #expect(try feed(Array(frame([1, 2, 3, 4]).prefix(count)), size: 3).isInside)
  }

  @Test("R-216 what is kept beyond the window is known")
  func kept() throws {
    var inbox = Inbox(limit: 1000)
    let one = frame(Array(repeating: 7, count: 100))
    _ = try one[..<60].withUnsafeBytes { try inbox.append($0) }
    #expect(inbox.kept == 60)
    _ = try (Array(one[60...]) + one).withUnsafeBytes { try inbox.append($0) }
    #expect((60...200).contains(inbox.kept))
    _ = try inbox.take()
    #expect(inbox.kept <= 60)
    _ = try inbox.take()
    #expect(inbox.kept == 0)
    _ = try one[..<3].withUnsafeBytes { try inbox.append($0) }
    inbox.clear()
    #expect(inbox.kept == 0)
  }

  @Test("R-216 many small messages count for the memory they take, and not for their bytes")
  func small() throws {
    var inbox = Inbox(limit: 1000)
    let many = [UInt8](repeating: 0, count: 5 * 10_000)
    _ = try many.withUnsafeBytes { try inbox.append($0) }
    let cost = inbox.kept + many.count
    #expect(cost > 10_000 * (MemoryLayout<Deframer.Message>.stride + 32))
    while try inbox.take() != nil {}
    #expect(inbox.kept == 0)
  }

  @Test("R-024 the window opens as messages are taken")
  func consumption() throws {
    var inbox = Inbox(limit: 1000)
    let one = frame([1, 2, 3])
    // The first piece belongs to no whole message: it may not block the rest of its own message.
    #expect(try one[..<4].withUnsafeBytes { try inbox.append($0) } == 4)
    #expect(try one[4...].withUnsafeBytes { try inbox.append($0) } == 0)
    #expect(try (one + one).withUnsafeBytes { try inbox.append($0) } == 0)
    #expect(inbox.count == 3)
    var consumed = 4
    while let (message, count) = try inbox.take() {
      #expect(message == [1, 2, 3])
      consumed += count
    }
    #expect(consumed == 3 * one.count)
  }
}
