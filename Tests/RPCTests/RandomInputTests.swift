import HTTP2
import Testing

@testable import RPC

/// What a peer may send is read whatever it is: a trap would end every call of the process.
@Suite struct RandomInputTests {
  /// The same numbers in every run (SplitMix64).
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  /// Bytes that look a little like what is expected.
  private func bytes(_ generator: inout Generator, alphabet: String, upTo count: Int) -> [UInt8] {
    let likely = Array(alphabet.utf8)
    return (0..<Int.random(in: 0...count, using: &generator)).map { _ in
      Int.random(in: 0..<8, using: &generator) == 0
        ? UInt8.random(in: .min ... .max, using: &generator)
        : likely.randomElement(using: &generator) ?? 0
    }
  }

  @Test("R-223 timeouts: a value or none, never negative", arguments: 0..<4)
  func timeouts(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<5000 {
      let text = bytes(&generator, alphabet: "0123456789HMSmun", upTo: 12)
      guard let timeout = Timeout.parse(text) else { continue }
      #expect(timeout >= .zero)
      #expect(Deadline.after(timeout, from: 7).uptimeNanoseconds >= 7)
    }
  }

  @Test("R-223 percent encoding: what was decoded can be said again", arguments: 0..<4)
  func percent(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<5000 {
      let text = String(
        decoding: bytes(&generator, alphabet: "%0123456789ABCDEFabcdef ", upTo: 40),
        as: UTF8.self)
      let decoded = PercentEncoding.decode(text)
      #expect(PercentEncoding.decode(PercentEncoding.encode(decoded)) == decoded)
    }
  }

  @Test("R-223 base64 metadata: what was read is read the same when written", arguments: 0..<4)
  func base64(seed: UInt64) throws {
    var generator = Generator(state: seed)
    var count = 0
    for _ in 0..<5000 {
      let text = bytes(&generator, alphabet: "ABCDabcd0123+/=,", upTo: 24)
      if let decoded = Base64.decode(text) {
        #expect(Base64.decode(Base64.encode(decoded).utf8) == decoded)
        count += 1
      }
      let fields = HeaderFields(["x-bin": String(decoding: text, as: UTF8.self)])
      let metadata = Metadata(received: fields)
      let values = metadata.values(binary: "x-bin")
      #expect(metadata[binary: "x-bin"] == nil || metadata[binary: "x-bin"] == values.first)
      let isOne = values.count == 1 && !text.contains(UInt8(ascii: ","))
      #expect(metadata.only(binary: "x-bin") == (isOne ? values[0] : nil))
      let twice = Metadata(received: HeaderFields(["x-bin": "AA", "x-bin": "AA"]))
      #expect(twice.only(binary: "x-bin") == nil)
    }
    #expect(count > 100, "some must be valid, or nothing is tested")
  }

  @Test("R-223 message frames, compressed ones too: messages or a status", arguments: 0..<8)
  func frames(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<500 {
      var inbox = Inbox(
        limit: 1000,
        decompressor: Decompressor(
          limit: 1000, maximumRatio: 1032, budget: InflationBudget(limit: .max)))
      var stream = GzipBytes.frame(GzipBytes.hello) + [0, 0, 0, 0, 3, 1, 2, 3]
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let place = Int.random(in: 0..<stream.count, using: &generator)
        stream[place] = UInt8.random(in: .min ... .max, using: &generator)
      }
      var consumed = 0
      var index = 0
      do {
        while index < stream.count {
          let size = Int.random(in: 1...20, using: &generator)
          let piece = stream[index..<min(stream.count, index + size)]
          consumed += try piece.withUnsafeBytes { try inbox.append($0) }
          index += piece.count
          while let (message, bytes) = try inbox.take() {
            #expect(message.count <= 1000)
            consumed += bytes
          }
          #expect(inbox.kept >= 0)
        }
        #expect(consumed <= stream.count)
      } catch {
        let code = (error as? Status)?.code
        #expect(code == .internal || code == .resourceExhausted)
      }
    }
  }

  @Test("R-223 traceparent, grpc-encoding, grpc-accept-encoding, request ids", arguments: 0..<4)
  func headers(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<3000 {
      let text = bytes(&generator, alphabet: "00-0123456789abcdef-gzip,identity ", upTo: 60)
      if let trace = TraceContext(traceparent: text) {
        #expect(TraceContext(traceparent: trace.traceparent.utf8)?.spanID == trace.spanID)
      }
      let encoding = Compression(named: text)
      #expect(encoding == nil || encoding?.isAccepted(in: text) == true)
      let id = RequestID.accepted(String(decoding: text, as: UTF8.self))
      #expect(id == nil || id?.utf8.count == text.count)
    }
  }

  @Test("R-223 status trailers of any content", arguments: 0..<4)
  func statuses(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<2000 {
      func text(_ alphabet: String) -> String {
        String(decoding: bytes(&generator, alphabet: alphabet, upTo: 20), as: UTF8.self)
      }
      let fields = HeaderFields([
        "grpc-status": text("0123456789"), "grpc-message": text("abc%20"),
        "grpc-status-details-bin": text("CAUSBGhlbGxv"),
      ])
      let status = Status(fields: fields)
      #expect(status != nil)
    }
  }
}
