import Testing

@testable import RPC

@Suite("Envelopes of bodies over plain HTTP")
struct EnvelopeTests {
  private static let inflation = Inflation(bytesInAll: 1 << 20, maximumRatio: 100)

  /// Feeds `bytes` in pieces of `size` and takes what there is after each.
  private func read(
    _ bytes: [UInt8], size: Int, limit: Int = 1000, inflation: Inflation? = nil
  ) throws -> (messages: [[UInt8]], isInside: Bool) {
    var reader = EnvelopeReader(limit: limit, inflation: inflation)
    var messages: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      try piece.withUnsafeBytes { try reader.append($0) }
      while let message = try reader.take() { messages.append(message) }
    }
    return (messages, reader.isInsideMessage)
  }

  @Test(
    "R-166 R-167 the pieces in which a body arrives mean nothing", arguments: [1, 2, 5, 6, 999])
  func pieces(size: Int) throws {
    let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 9, count: 300)]
    let found = try read(messages.flatMap { Envelope.bytes($0) }, size: size)
    #expect(found.messages == messages && !found.isInside)
    #expect(try read([0, 0, 0, 0, 2, 7], size: size).isInside)
  }

  @Test("R-166 R-167 flags that a request may not have, and lengths over the limit, are refused")
  func faults() {
    for (bytes, code) in [
      ([2, 0, 0, 0, 0], .internal), ([0x80, 0, 0, 0, 0], .internal), ([1, 0, 0, 0, 1], .internal),
      ([0, 0, 0, 4, 0], .resourceExhausted), ([0, 255, 255, 255, 255], .resourceExhausted),
    ] as [([UInt8], Status.Code)] {
      let error = #expect(throws: Status.self) { try read(bytes, size: 1) }
      #expect(error?.code == code, "\(bytes)")
    }
  }

  @Test("R-217 what is compressed is inflated under the limit, the ratio and the common budget")
  func inflation() throws {
    let text = Array(repeating: UInt8(ascii: "a"), count: 900)
    let frame = Envelope.compressed(text)
    #expect(frame[0] == 1 && frame.count < 100)
    let found = try read(frame, size: 7, inflation: Self.inflation)
    #expect(found.messages == [text])
    for (limit, inflation) in [
      (899, Self.inflation), (1000, Inflation(bytesInAll: 899, maximumRatio: 100)),
      (1000, Inflation(bytesInAll: 1 << 20, maximumRatio: 2)),
    ] {
      let error = #expect(throws: Status.self) {
        try read(frame, size: 64, limit: limit, inflation: inflation)
      }
      #expect(error?.code == .resourceExhausted)
    }
    let corrupt = #expect(throws: Status.self) { try Self.inflation.inflate([1, 2, 3], limit: 10) }
    #expect(corrupt?.code == .internal)
  }

  @Test("R-167 what gzip does not shorten goes as it is")
  func incompressible() {
    #expect(Envelope.compressed([1, 2], flags: 2) == [2, 0, 0, 0, 2, 1, 2])
    #expect(Envelope.gzip([1, 2]) == nil)
  }

  @Test("R-166 base64 in pieces: padding may end any of them", arguments: [1, 2, 3, 4, 5, 100])
  func text(size: Int) {
    var chunks = Base64Chunks()
    let parts: [[UInt8]] = [[1], [2, 3], [4, 5, 6], [], Array(0...255)]
    let text = parts.flatMap { Base64Chunks.encode($0) }
    var read: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: size) {
      let piece = Array(text[start..<min(text.count, start + size)])
      guard let bytes = piece.withUnsafeBytes({ chunks.decode($0) }) else {
        Issue.record("refused")
        return
      }
      read += bytes
    }
    #expect(read == parts.flatMap(\.self) && !chunks.isInsideGroup)
  }

  @Test(
    "R-166 what is not base64 is refused",
    arguments: ["A===", "=", "AA=A", "AB==", "AAB=", "A A=", "A-_A", "AAA\n", "====", "é"])
  func noText(text: String) {
    var chunks = Base64Chunks()
    #expect(Array(text.utf8).withUnsafeBytes { chunks.decode($0) } == nil)
  }

  @Test("R-166 text that ends inside a group is not whole")
  func openGroup() {
    var chunks = Base64Chunks()
    #expect(Array("AAAAA".utf8).withUnsafeBytes { chunks.decode($0) } == [0, 0, 0])
    #expect(chunks.isInsideGroup)
  }
}
