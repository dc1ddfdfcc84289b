import PorticoAPI
import Protobuf
import Testing

@Suite("R-122 memory of hostile messages")
struct MemoryTests {
  typealias Node = PorticoTesting.Node

  private static let size = 4 << 20

  private static func repeated(_ field: [UInt8], upTo size: Int = size) -> [UInt8] {
    Array(repeatElement(field, count: size / field.count).joined())
  }

  private func refusal<M: Message>(
    _ bytes: [UInt8], as type: M.Type, _ limits: DecodingLimits = .default
  ) -> DecodingError? {
    do {
      _ = try M(serialized: bytes, limits: limits)
      return nil
    } catch { return error }
  }

  private func isExhausted(_ error: DecodingError?) -> Bool {
    if case .resourceExhausted? = error { true } else { false }
  }

  @Test("R-122 X-20 4 MiB of each kind of amplification is RESOURCE_EXHAUSTED")
  func amplification() {
    #expect(isExhausted(refusal(Self.repeated([0x78, 0]), as: Node.self)))
    #expect(isExhausted(refusal(Self.repeated([0x1A, 0]), as: Node.self)))
    #expect(isExhausted(refusal(Self.repeated([0x18, 7]), as: PorticoTesting.Scalars.self)))
    #expect(isExhausted(refusal(Self.repeated([0x7A, 0]), as: PorticoTesting.Lists.self)))
    #expect(isExhausted(refusal(Self.repeated([0x7B, 0x7C]), as: Node.self)))
    #expect(isExhausted(refusal(Self.repeated([0x10, 0]), as: Node.self)))
  }

  @Test("R-122 the sum of C structures and Swift values is bounded, not the number of fields alone")
  func sum() {
    // Within the number of fields, padded so that the budget grows, and still too much.
    let limits = DecodingLimits(fields: .max)
    for field: [UInt8] in [[0x78, 0], [0x1A, 0], [0x10, 0]] {
      #expect(isExhausted(refusal(Self.repeated(field, upTo: 256 << 10), as: Node.self, limits)))
    }
    // Wide rows: one of two bytes is hundreds in Swift, where its messages lie inside.
    let rows = Self.repeated([0x7A, 0], upTo: 8 << 10)
    #expect(
      isExhausted(refusal(rows, as: PorticoTesting.Maps.self, DecodingLimits(memoryFloor: 0))))
  }

  @Test("R-122 long runs of packed numbers and long texts are what they are")
  func honest() throws {
    let lists = PorticoTesting.Lists(
      int32Value: Array(repeating: 1, count: 200_000),
      int64Value: Array(repeating: 1, count: 200_000),
      bytesValue: [Array(repeating: 7, count: 1 << 20)])
    #expect(try PorticoTesting.Lists(serialized: lists.serialized()) == lists)
    let rows = Node(
      children: (0..<20_000).map { Node(text: "a row of an honest list, number \($0)") })
    #expect(try Node(serialized: rows.serialized()) == rows)
  }
}
