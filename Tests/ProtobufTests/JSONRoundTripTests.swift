import PorticoAPI
import Protobuf
import Testing

/// A seeded generator: a failure names its seed and happens again.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("JSON round trips")
struct JSONRoundTripTests {
  private static let texts = [
    "", "a", "é😀", "\"\\\u{7}\n<script>", "\u{2028}", String(repeating: "x", count: 300),
  ]

  private func lists(_ random: inout Seeded) -> PorticoTesting.Lists {
    func some<T>(_ make: () -> T) -> [T] {
      (0..<Int.random(in: 0...4, using: &random)).map { _ in make() }
    }
    var numbers = random
    defer { random = numbers }
    return PorticoTesting.Lists(
      doubleValue: some { Double(bitPattern: numbers.next()) }.map { $0.isNaN ? 0.5 : $0 },
      floatValue: some { Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next())) }
        .map { $0.isNaN ? 0.5 : $0 },
      int32Value: some { Int32(truncatingIfNeeded: numbers.next()) },
      int64Value: some { Int64(bitPattern: numbers.next()) },
      uint32Value: some { UInt32(truncatingIfNeeded: numbers.next()) },
      uint64Value: some { numbers.next() },
      sint32Value: some { Int32(truncatingIfNeeded: numbers.next()) },
      sint64Value: some { Int64(bitPattern: numbers.next()) },
      fixed64Value: some { numbers.next() }, boolValue: some { numbers.next() & 1 == 0 },
      stringValue: some { Self.texts[Int(numbers.next() % UInt64(Self.texts.count))] },
      bytesValue: some { (0..<Int(numbers.next() % 7)).map { UInt8(truncatingIfNeeded: $0 * 41) } },
      nodeValue: some { PorticoTesting.Node(text: "n\(numbers.next())") })
  }

  @Test("R-157 R-158 500 random messages come back from JSON as they were", arguments: 0..<10)
  func roundTrip(seed: UInt64) throws {
    var random = Seeded(state: seed)
    for _ in 0..<50 {
      let message = lists(&random)
      let json = try PorticoTesting.Lists.descriptor.json(fromSerialized: try message.serialized())
      let back = try PorticoTesting.Lists(
        serialized: PorticoTesting.Lists.descriptor.serialized(fromJSON: json))
      #expect(back == message)
    }
  }

  @Test(
    "V-12 20000 mutations of a JSON text are read or refused, and what is read is a message",
    arguments: 0..<4)
  func mutations(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let original = Array(
      #"{"int32Value":[1,-2,3e2],"stringValue":["a\u00e9\ud83d\ude00",""],"nodeValue":[{"children":[{"text":"x"}]}],"doubleValue":["NaN",1.5e-3],"bytesValue":["AQI="]}"#
        .utf8)
    var read = 0
    for _ in 0..<5000 {
      var json = original
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<json.count, using: &random)
        switch random.next() % 3 {
        case 0: json[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: json.remove(at: at)
        default: json.insert(contentsOf: json[at..<min(json.count, at + 9)], at: at)
        }
      }
      do {
        let bytes = try PorticoTesting.Lists.descriptor.serialized(fromJSON: json)
        _ = try PorticoTesting.Lists(serialized: bytes)
        read += 1
      } catch is JSONError {}
    }
    #expect(read > 0 && read < 5000)
  }
}
