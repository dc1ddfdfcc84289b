import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("Round trips")
struct RoundTripTests {
  typealias Scalars = PorticoTesting.Scalars
  typealias Lists = PorticoTesting.Lists
  typealias Optionals = PorticoTesting.Optionals
  typealias Choice = PorticoTesting.Choice
  typealias Node = PorticoTesting.Node

  private func again<M: Message>(_ message: M) throws -> M {
    try M(serialized: message.serialized())
  }

  static let extremes: [Scalars] = [
    Scalars(),
    Scalars(
      doubleValue: .greatestFiniteMagnitude, floatValue: .leastNonzeroMagnitude, int32Value: .min,
      int64Value: .min, uint32Value: .max, uint64Value: .max, sint32Value: .min, sint64Value: .min,
      fixed32Value: .max, fixed64Value: .max, sfixed32Value: .min, sfixed64Value: .min,
      boolValue: true, stringValue: "é😀", bytesValue: [0, 255], colorValue: .infrared),
    Scalars(
      doubleValue: -.infinity, floatValue: .infinity, int32Value: -1, int64Value: -1,
      uint32Value: 1, uint64Value: 1, sint32Value: -1, sint64Value: .max, fixed32Value: 1,
      fixed64Value: 1, sfixed32Value: -1, sfixed64Value: .max, colorValue: .darkBlue),
  ]

  @Test("R-130 every scalar type, at its ends", arguments: extremes)
  func scalars(value: Scalars) throws {
    #expect(try again(value) == value)
  }

  @Test("The bytes are those of the specification, negative varints at ten bytes")
  func knownBytes() throws {
    #expect(try Scalars(int32Value: 150).serialized() == [0x18, 0x96, 0x01])
    let minusOne = [UInt8](repeating: 0xFF, count: 9) + [0x01]
    #expect(try Scalars(int32Value: -1).serialized() == [0x18] + minusOne)
    #expect(try Scalars(sint32Value: -1).serialized() == [0x38, 0x01])
    #expect(try Scalars(colorValue: .infrared).serialized() == [0x80, 0x01] + minusOne)
    #expect(try Scalars(fixed32Value: 1).serialized() == [0x4D, 1, 0, 0, 0])
    #expect(try Node(text: "testing").serialized() == [0x12, 0x07] + Array("testing".utf8))
    #expect(try Scalars().serialized() == [])
  }

  @Test("-0.0 is not the default and is sent; NaN keeps being NaN")
  func negativeZero() throws {
    let scalars = Scalars(doubleValue: -0.0, floatValue: -0.0)
    let bytes = try scalars.serialized()
    #expect(bytes.count == 9 + 5)
    let read = try Scalars(serialized: bytes)
    #expect(read.doubleValue.sign == .minus && read.floatValue.sign == .minus)
    #expect(read.unknownFields.isEmpty)
    #expect(try again(Optionals(doubleValue: -0.0)).doubleValue?.sign == .minus)
    #expect(try again(Scalars(doubleValue: .nan)).doubleValue.isNaN)
  }

  @Test("R-127 an optional that is present and zero is told from an absent one")
  func presence() throws {
    let zeros = Optionals(
      doubleValue: 0, floatValue: 0, int32Value: 0, int64Value: 0, uint32Value: 0, uint64Value: 0,
      sint32Value: 0, sint64Value: 0, fixed32Value: 0, fixed64Value: 0, sfixed32Value: 0,
      sfixed64Value: 0, boolValue: false, stringValue: "", bytesValue: [], colorValue: .unspecified,
      nodeValue: Node())
    let read = try again(zeros)
    #expect(read == zeros)
    #expect(read != Optionals())
    #expect(read.stringValue == "" && read.bytesValue == [] && read.nodeValue == Node())
    let absent = try again(Optionals())
    #expect(absent.int32Value == nil && absent.stringValue == nil && absent.nodeValue == nil)
    #expect(try Optionals(int32Value: 0).serialized() == [0x18, 0x00])
  }

  @Test("Lists of every type, and empty ones")
  func lists() throws {
    let lists = Lists(
      doubleValue: [1.5, -0.0], floatValue: [2.5], int32Value: [-1, 0, .max], int64Value: [.min],
      uint32Value: [.max], uint64Value: [.max, 0], sint32Value: [-3], sint64Value: [.min],
      fixed32Value: [7], fixed64Value: [8], sfixed32Value: [-9], sfixed64Value: [-10],
      boolValue: [true, false, true], stringValue: ["", "a", "é"], bytesValue: [[], [0]],
      colorValue: [.red, .unrecognized(77), .infrared], nodeValue: [Node(), Node(text: "x")],
      looseValue: [1, 2])
    #expect(try again(lists) == lists)
    #expect(try again(lists).doubleValue[1].sign == .minus)
    #expect(try again(Lists()) == Lists())
  }

  @Test("A repeated number may come packed or one by one, whatever the file says")
  func packing() throws {
    var packed = WireBytes()
    packed.data(18, [1, 2, 3])
    packed.data(3, [4, 5])
    #expect(try Lists(serialized: packed.bytes).looseValue == [1, 2, 3])
    var loose = WireBytes()
    loose.varint(3, 4)
    loose.data(3, [5])
    loose.varint(3, 6)
    loose.fixed32(9, 7)
    #expect(try Lists(serialized: loose.bytes).int32Value == [4, 5, 6])
    #expect(try Lists(serialized: loose.bytes).fixed32Value == [7])
    #expect(try Lists(int32Value: [4, 5]).serialized() == [0x1A, 2, 4, 5])
    #expect(try Lists(looseValue: [1, 2]).serialized() == [0x90, 1, 1, 0x90, 1, 2])
  }

  static let choices: [Choice] = [
    Choice(), Choice(value: .doubleValue(0)), Choice(value: .int64Value(0)),
    Choice(value: .boolValue(false)), Choice(value: .stringValue("")),
    Choice(value: .bytesValue([])), Choice(value: .colorValue(.unrecognized(5))),
    Choice(value: .nodeValue(Node(text: "n")), secondValue: .some_("")),
    Choice(value: .default(3), secondValue: .none_("x")),
  ]

  @Test("A oneof keeps which member is set, also when that holds its default", arguments: choices)
  func oneofs(value: Choice) throws {
    #expect(try again(value) == value)
  }

  @Test("The last member of a oneof on the wire wins")
  func lastOfOneof() throws {
    let bytes =
      try Choice(value: .int64Value(1)).serialized()
      + Choice(value: .stringValue("s")).serialized()
    #expect(try Choice(serialized: bytes).value == .stringValue("s"))
  }

  @Test("R-129 an enum number that this build does not know is kept")
  func openEnums() throws {
    let read = try again(Scalars(colorValue: .unrecognized(99)))
    #expect(read.colorValue == .unrecognized(99))
    #expect(read.colorValue.protoName == nil)
    #expect(PorticoTesting.Color(rawValue: 2) == .darkBlue)
    #expect(PorticoTesting.Color.darkBlue.protoName == "COLOR_DARK_BLUE")
    #expect(PorticoTesting.Color(protoName: "COLOR_RED") == .red)
    #expect(PorticoTesting.Color(protoName: "COLOR_MAUVE") == nil)
    #expect(PorticoTesting.Alias.primary == .first)
  }

  @Test("R-128 unknown fields of every wire type survive a read, a change and a write")
  func unknownFields() throws {
    var bytes = WireBytes()
    bytes.data(2, Array("old".utf8))
    bytes.varint(100, 300)
    bytes.data(101, [1, 2, 3])
    bytes.fixed32(102, 5)
    bytes.fixed64(536_870_911, 6)
    var node = try Node(serialized: bytes.bytes)
    #expect(node.unknownFields.fields.map(\.number) == [100, 101, 102, 536_870_911])
    node.text = "new"
    var expected = WireBytes()
    expected.data(2, Array("new".utf8))
    expected.varint(100, 300)
    expected.data(101, [1, 2, 3])
    expected.fixed32(102, 5)
    expected.fixed64(536_870_911, 6)
    #expect(try node.serialized() == expected.bytes)
    let parent = Node(child: node, children: [node])
    #expect(try again(parent) == parent)
  }

  @Test("R-130 messages are values: a copy does not change with its original")
  func values() {
    var node = Node(child: Node(text: "inner"))
    let copy = node
    node.child?.text = "changed"
    #expect(copy.child?.text == "inner")
    #expect(node.child?.text == "changed")
    #expect(Set([node, copy, copy]).count == 2)
  }

  @Test("Recursion through another message and through a oneof")
  func recursion() throws {
    let left = PorticoTesting.Left(
      right: .init(left: .init(choice: .leaf("deep"))), choice: .left(.init(choice: .leaf("leaf"))))
    #expect(try again(left) == left)
  }

  @Test("R-133 names that mean something in Swift or C")
  func keywords() throws {
    var value = PorticoTesting.Keywords(
      class: "1", self_: "2", init_: "3", type: "4", default: "5", requestID: "6", int: "7", c: "8")
    value.`protocol` = "9"
    value.own = .self_
    value.nested = .init(operator: "10")
    value.other = .init(text: "11")
    value.httpServer = "12"
    #expect(try again(value) == value)
    #expect(try again(value).self_ == "2")
  }

  @Test("R-134 well-known types, maps sorted by key")
  func wellKnown() throws {
    let value = GoogleProtobuf.Struct(fields: [
      "b": .init(kind: .numberValue(1)),
      "a": .init(kind: .listValue(.init(values: [.init(kind: .nullValue(.nullValue))]))),
      "c": .init(kind: .structValue(.init(fields: ["d": .init(kind: .boolValue(true))]))),
    ])
    #expect(try again(value) == value)
    #expect(try value.serialized() == value.serialized())
    let bytes = try value.serialized()
    #expect(Array(bytes[2..<5]) == [0x0A, 1, UInt8(ascii: "a")])
    let info = GoogleRpc.ErrorInfo(reason: "R", domain: "d", metadata: ["k": "v", "": ""])
    #expect(try again(info) == info)
    let widget = PorticoTesting.Widget(
      createTime: .init(seconds: -1, nanos: 999_999_999), wait: .init(seconds: 1),
      price: .init(currencyCode: "EUR", units: -5, nanos: -10), labels: value)
    #expect(try again(widget) == widget)
  }

  @Test("A map on the wire: the last entry of a key wins, absent key and value are defaults")
  func maps() throws {
    var bytes = WireBytes()
    bytes.data(3, [0x0A, 1, 0x6B, 0x12, 1, 0x31])
    bytes.data(3, [0x0A, 1, 0x6B, 0x12, 1, 0x32])
    bytes.data(3, [])
    #expect(try GoogleRpc.ErrorInfo(serialized: bytes.bytes).metadata == ["k": "2", "": ""])
  }

  @Test("Slices and buffers decode like arrays")
  func slices() throws {
    let bytes = [9, 9] + (try Node(text: "x").serialized()) + [9]
    #expect(try Node(serialized: bytes[2..<5]) == Node(text: "x"))
  }

  @Test("Concurrent coding shares nothing")
  func concurrency() async throws {
    let node = Node(child: Node(text: "c"), text: "t", children: [Node(), Node(text: "é")])
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 where try Node(serialized: node.serialized()) != node { return false }
          return true
        }
      }
      for try await isEqual in group { #expect(isEqual) }
    }
  }
}
