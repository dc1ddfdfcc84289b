import PorticoAPI
import Testing

@testable import RPC

@Suite struct CompressionTests {
  private func inflate(_ bytes: [UInt8], limit: Int = 4 << 20) throws -> [UInt8] {
    try Decompressor(limit: limit, maximumRatio: 1032, budget: InflationBudget(limit: .max))
      .inflate(bytes)
  }

  @Test("R-010 what gzip of another maker says", arguments: [false, true])
  func foreign(twoMembers: Bool) throws {
    let hello = GzipBytes.hello
    #expect(try inflate(hello + (twoMembers ? hello : [])).count == (twoMembers ? 14 : 7))
    #expect(try inflate(hello) == [0x12, 5] + Array("hello".utf8))
  }

  @Test("R-011 a message survives the way there and back", arguments: [2, 100, 65_536, 3_000_000])
  func roundTrip(size: Int) throws {
    let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
    guard let short = Deflater.deflate(message) else {
      return #expect(size < 100, "text that repeats must become shorter")
    }
    #expect(short.count < message.count)
    #expect(try inflate(short) == message)
  }

  @Test("R-011 what gzip would make longer goes as it is")
  func incompressible() {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<10_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    #expect(Deflater.deflate(noise) == nil)
    #expect(Deflater.deflate([]) == nil)
    #expect(Deflater.deflate([1]) == nil)
  }

  @Test("R-010 every cut of a gzip is INTERNAL", arguments: 0..<GzipBytes.hello.count)
  func cut(count: Int) {
    let error = #expect(throws: Status.self) { try inflate(Array(GzipBytes.hello.prefix(count))) }
    #expect(error?.code == .internal)
  }

  @Test("R-010 gzip with a wrong sum, with bytes behind it and other formats are INTERNAL")
  func corrupt() {
    var wrongSum = GzipBytes.hello
    wrongSum[wrongSum.count - 6] ^= 1
    let zlib: [UInt8] = [0x78, 0x9C, 0x4B, 0x04, 0, 0, 0x62, 0, 0x62]
    for bytes in [wrongSum, GzipBytes.hello + [0], zlib, Array("plain text".utf8)] {
      #expect(throws: Status(.internal, "a compressed message is not whole gzip")) {
        try inflate(bytes)
      }
    }
    // The state that is kept for the next message has nothing of a failed one in it.
    #expect(throws: Never.self) { try inflate(GzipBytes.hello) }
  }

  @Test("R-012 X-20 a bomb of 1 GiB is inflated to the limit and one piece, not further")
  func bomb() {
    let bomb = GzipBytes.zeros(mebibytes: 1024)
    #expect(bomb.count < 2 << 20)
    var inflated = 0
    let error = #expect(throws: Status.self) {
      try Inflater.shared.use { inflater throws(Status) in
        try inflater.inflate(bomb) { size throws(Status) in
          inflated += size
          if inflated > 4 << 20 { throw Status(.resourceExhausted, "limit") }
        }
      }
    }
    #expect(error?.code == .resourceExhausted)
    #expect(inflated <= 4 << 20 + 64 * 1024)
    let over = #expect(throws: Status.self) { try inflate(bomb) }
    #expect(over?.code == .resourceExhausted)
  }

  @Test("R-012 the limit itself is allowed, one byte more is not")
  func limit() throws {
    let message = try #require(Deflater.deflate([UInt8](repeating: 7, count: 1000)))
    #expect(try inflate(message, limit: 1000).count == 1000)
    let error = #expect(throws: Status.self) { try inflate(message, limit: 999) }
    #expect(error?.code == .resourceExhausted)
  }

  @Test("R-217 the ratio has a cap of its own")
  func ratio() throws {
    let message = try #require(Deflater.deflate([UInt8](repeating: 7, count: 100_000)))
    let budget = InflationBudget(limit: .max)
    let strict = Decompressor(limit: 4 << 20, maximumRatio: 50, budget: budget)
    let error = #expect(throws: Status.self) { try strict.inflate(message) }
    #expect(error?.code == .resourceExhausted)
    let loose = Decompressor(limit: 4 << 20, maximumRatio: 1032, budget: budget)
    #expect(try loose.inflate(message).count == 100_000)
  }

  @Test("R-012 what all calls have inflated at a time is bounded, and given back")
  func budget() throws {
    let message = try #require(Deflater.deflate([UInt8](repeating: 7, count: 1000)))
    let budget = InflationBudget(limit: 2500)
    func decompressor() -> Decompressor {
      Decompressor(limit: 4096, maximumRatio: 1032, budget: budget)
    }
    do {
      let calls = (0..<3).map { _ in decompressor() }
      _ = try calls[0].inflate(message)
      _ = try calls[1].inflate(message)
      let error = #expect(throws: Status.self) { try calls[2].inflate(message) }
      #expect(error?.code == .resourceExhausted)
      // The next message of a call takes the place of the one before.
      _ = try calls[1].inflate(message)
      #expect(budget.inUse == 2000)
    }
    #expect(budget.inUse == 0)
  }

  @Test("R-024 compressed messages wait compressed")
  func inbox() throws {
    let budget = InflationBudget(limit: .max)
    var inbox = Inbox(
      limit: 1 << 20,
      decompressor: Decompressor(limit: 1 << 20, maximumRatio: 1032, budget: budget))
    let short = try #require(Deflater.deflate([UInt8](repeating: 7, count: 100_000)))
    let one = GzipBytes.frame(short)
    _ = try (one + one + [0, 0, 0, 0, 1, 9]).withUnsafeBytes { try inbox.append($0) }
    #expect(inbox.count == 3)
    #expect(budget.inUse == 0)
    let first = try #require(try inbox.take())
    #expect(first.message.count == 100_000)
    #expect(first.consumed == one.count)
    #expect(inbox.tookCompressed)
    #expect(budget.inUse == 100_000)
    _ = try inbox.take()
    #expect(try inbox.take()?.message == [9])
    #expect(!inbox.tookCompressed)
  }

  @Test(
    "R-011 grpc-accept-encoding is a list",
    arguments: [
      ("gzip", true), ("identity,gzip", true), ("identity, gzip ,br", true), ("", false),
      ("gzip2", false), ("GZIP", false), ("identity", false), (",,gzip", true),
    ])
  func accepted(list: String, expected: Bool) {
    #expect(Compression.gzip.isAccepted(in: Array(list.utf8)) == expected)
  }
}
