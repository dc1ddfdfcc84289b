import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("Hostile bytes")
struct HostileBytesTests {
  typealias Node = PorticoTesting.Node

  private func isMalformed<M: Message>(_ bytes: [UInt8], as type: M.Type) -> Bool {
    do {
      _ = try M(serialized: bytes)
      return false
    } catch {
      if case .malformed = error { return true }
      return false
    }
  }

  private func isOverLimit<M: Message>(_ bytes: [UInt8], as type: M.Type) -> Bool {
    do {
      _ = try M(serialized: bytes)
      return false
    } catch {
      if case .resourceExhausted = error { return true }
      return false
    }
  }

  @Test("R-121 a message 10,000 deep is refused, by each way into recursion")
  func depthBomb() {
    #expect(isMalformed(WireBytes.nested(10_000, through: 1), as: Node.self))
    #expect(isMalformed(WireBytes.nested(10_000, through: 3), as: Node.self))
    #expect(isMalformed(WireBytes.nested(10_000, through: 1), as: PorticoTesting.Left.self))
    #expect(isMalformed(WireBytes.nested(10_000, through: 2), as: PorticoTesting.Left.self))
  }

  @Test("R-121 google.protobuf.Value, ListValue and Struct are bounded as well")
  func depthBombInWellKnownTypes() {
    // Value.list_value = 6, ListValue.values = 1.
    var bytes: [UInt8] = []
    for index in 0..<400 {
      var outer = WireBytes()
      outer.data(index.isMultiple(of: 2) ? 6 : 1, bytes)
      bytes = outer.bytes
    }
    #expect(isMalformed(bytes, as: GoogleProtobuf.ListValue.self))
  }

  @Test("R-121 exactly 100 messages pass, 101 do not")
  func depthBoundary() throws {
    var node = try Node(serialized: WireBytes.nested(100, through: 1))
    var depth = 1
    while let child = node.child {
      node = child
      depth += 1
    }
    #expect(depth == 100)
    #expect(isMalformed(WireBytes.nested(101, through: 1), as: Node.self))
  }

  @Test("R-121 bytes that only look nested do not count: a string is not followed")
  func depthFollowsTheDescriptor() throws {
    var bytes = WireBytes()
    // Every byte is a valid tag and length in turn, ASCII throughout.
    bytes.data(2, Array(repeating: 0x0A, count: 5_000))
    let node = try Node(serialized: bytes.bytes)
    #expect(node.text.utf8.count == 5_000)
  }

  @Test("R-122 4 MiB of unknown two-byte fields is over a limit")
  func unknownFieldBomb() {
    let field = WireBytes.varint(15 << 3) + [0]
    let bytes = Array(repeatElement(field, count: (4 << 20) / field.count).joined())
    #expect(isOverLimit(bytes, as: Node.self))
  }

  @Test("R-122 4 MiB of empty sub-messages is over a limit")
  func emptyMessageBomb() {
    let field: [UInt8] = [3 << 3 | 2, 0]
    let bytes = Array(repeatElement(field, count: (4 << 20) / field.count).joined())
    #expect(isOverLimit(bytes, as: Node.self))
  }

  @Test("R-122 memory is bounded even where the number of fields is not")
  func memoryBudget() {
    let field: [UInt8] = [3 << 3 | 2, 0]
    let bytes = Array(repeatElement(field, count: 200_000).joined())
    #expect(throws: DecodingError.self) {
      try Node(serialized: bytes, limits: DecodingLimits(fields: .max))
    }
    #expect(throws: Never.self) {
      try Node(
        serialized: bytes,
        limits: DecodingLimits(fields: .max, memoryFactor: 4_096, memoryCap: 1 << 30))
    }
  }

  @Test(
    "R-122 every budget too small for a message is survived", arguments: [0, 1, 8, 64, 100, 200])
  func tinyBudgets(budget: Int) throws {
    var node = Node(text: String(repeating: "x", count: 100))
    node.children = Array(repeating: node, count: 15)
    let bytes = try node.serialized()
    let limits = DecodingLimits(memoryFactor: 0, memoryFloor: budget)
    #expect(throws: DecodingError.self) { try Node(serialized: bytes, limits: limits) }
  }

  @Test("R-122 a list of 500 small rows is no attack")
  func honestLists() throws {
    let rows = Node(children: (0..<500).map { Node(text: "\($0)") })
    #expect(try Node(serialized: try rows.serialized()) == rows)
  }

  @Test("R-122 nor is the longest page of tickets with everything that a ticket has")
  func honestPage() throws {
    let choice = Ticketing.Choice(name: "catalogEntries/some-choice", displayName: "Choice")
    let ticket = Ticketing.Ticket(
      name: "accounts/larkspur/tickets/1200", title: String(repeating: "t", count: 60),
      details: String(repeating: "d", count: 200), category: choice, type: choice, priority: choice,
      issueType: choice, subIssueType: choice, createTime: .init(seconds: 1))
    let page = Ticketing.ListTicketsResponse(tickets: Array(repeating: ticket, count: 100))
    let bytes = try page.serialized()
    #expect(try Ticketing.ListTicketsResponse(serialized: bytes) == page)
    #expect(throws: Never.self) {
      try Ticketing.ListTicketsResponse.descriptor.json(fromSerialized: bytes)
    }
  }

  @Test("R-122 one scalar repeated on the wire: the last one counts, and the number is bounded")
  func repeatedScalar() throws {
    let few = Array(repeatElement([3 << 3, 7] as [UInt8], count: 100).joined()) + [3 << 3, 9]
    #expect(try PorticoTesting.Scalars(serialized: few).int32Value == 9)
    let many = Array(repeatElement([3 << 3, 7] as [UInt8], count: 2 << 20).joined())
    #expect(isOverLimit(many, as: PorticoTesting.Scalars.self))
  }

  @Test(
    "R-123 text that is not UTF-8 is refused",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE2, 0x82],
      [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xFF], [0x41, 0xFE, 0x42], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98, 0x28],
    ] as [[UInt8]])
  func invalidUTF8(text: [UInt8]) {
    var bytes = WireBytes()
    bytes.data(2, text)
    #expect(isMalformed(bytes.bytes, as: Node.self))
    var choice = WireBytes()
    choice.data(4, text)
    #expect(isMalformed(choice.bytes, as: PorticoTesting.Choice.self))
    var list = WireBytes()
    list.data(14, text)
    #expect(isMalformed(list.bytes, as: PorticoTesting.Lists.self))
  }

  @Test(
    "R-123 the edges of well-formed UTF-8 pass",
    arguments: [
      "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}",
      "\u{10FFFF}", "naïve 😀 e\u{301}",
    ])
  func validUTF8(text: String) throws {
    var bytes = WireBytes()
    bytes.data(2, Array(text.utf8))
    let read = try Node(serialized: bytes.bytes).text
    #expect(Array(read.utf8) == Array(text.utf8))
  }

  @Test("R-124 NUL in a string is refused at parse and on build, and kept in bytes")
  func nul() throws {
    var bytes = WireBytes()
    bytes.data(2, Array("ad\0x".utf8))
    #expect(isMalformed(bytes.bytes, as: Node.self))
    #expect(throws: EncodingError.nulInString) { try Node(text: "ad\0x").serialized() }
    #expect(throws: EncodingError.nulInString) { try Node(text: "\0").serialized() }
    #expect(throws: EncodingError.nulInString) {
      try PorticoTesting.Choice(value: .stringValue("x\0")).serialized()
    }
    let scalars = PorticoTesting.Scalars(bytesValue: [1, 0, 2, 0])
    #expect(try PorticoTesting.Scalars(serialized: scalars.serialized()) == scalars)
  }

  @Test("R-123, R-124 a bad byte is found at every place of a long text", arguments: 0..<40)
  func badByteAnywhere(place: Int) {
    for bad: UInt8 in [0x00, 0x80, 0xFF] {
      var text = Array(repeating: UInt8(ascii: "a"), count: 40)
      text[place] = bad
      var bytes = WireBytes()
      bytes.data(2, text)
      #expect(isMalformed(bytes.bytes, as: Node.self))
    }
  }

  @Test("Truncated anywhere, a message is refused or is a shorter message, and never crashes")
  func truncation() throws {
    let whole = try PorticoTesting.Lists(
      int32Value: [1, -2], sint64Value: [3], boolValue: [true], stringValue: ["abc", "é"],
      bytesValue: [[1, 2, 3]], nodeValue: [Node(child: Node(text: "t"))]
    ).serialized()
    for count in 0..<whole.count {
      if let shorter = try? PorticoTesting.Lists(serialized: whole[..<count]) {
        #expect(try shorter.serialized() == Array(whole[..<count]))
      }
    }
  }

  @Test(
    "Malformed tags, lengths and groups are refused, and overlong ones",
    arguments: [
      [0x00], [0x07], [0x80], [0x12, 0x05, 0x41], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
      [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], [0x0B, 0x14], [0x7B], [0x0C],
      [0x7B, 0x0A, 0x7C], [0x7B, 0x7B, 0x7C],
      [0x78, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0x79, 0x01], [0x7D, 0x01],
      [0xF8, 0xFF, 0xFF, 0xFF, 0x7F, 0x00],
    ] as [[UInt8]])
  func malformed(bytes: [UInt8]) {
    #expect(isMalformed(bytes, as: Node.self))
  }

  @Test("A run of fixed numbers that is cut short is refused")
  func cutRun() {
    #expect(isMalformed([9 << 3 | 2, 3, 1, 1, 1], as: PorticoTesting.Lists.self))
    #expect(isMalformed([10 << 3 | 2, 4, 1, 1, 1, 1], as: PorticoTesting.Lists.self))
    #expect(isMalformed([3 << 3 | 2, 1, 0x80], as: PorticoTesting.Lists.self))
  }

  @Test("R-130 random bytes never crash, and what decodes survives a round trip")
  func randomBytes() throws {
    var generator = SeededGenerator(state: 0x5EED)
    var decoded = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<40, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...80, using: &generator) }
      guard let lists = try? PorticoTesting.Lists(serialized: bytes) else { continue }
      decoded += 1
      #expect(try PorticoTesting.Lists(serialized: lists.serialized()) == lists)
    }
    #expect(decoded > 100)
  }
}

/// SplitMix64: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
