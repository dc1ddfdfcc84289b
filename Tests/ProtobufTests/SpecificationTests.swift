import PorticoAPI
import Protobuf
import Testing
import WellKnown

/// What the specification asks of a parser and libprotobuf-c does not do.
@Suite("Bytes that no encoder in use writes")
struct SpecificationTests {
  typealias Node = PorticoTesting.Node

  private func node(_ number: Int, _ fill: (inout WireBytes) -> Void) -> [UInt8] {
    var inner = WireBytes()
    fill(&inner)
    var outer = WireBytes()
    outer.data(number, inner.bytes)
    return outer.bytes
  }

  @Test("R-126 the parts of a singular message are merged, on every level")
  func merge() throws {
    let first = node(1) {
      $0.data(2, Array("a".utf8))
      $0.data(3, [])
    }
    let second = node(1) {
      $0.data(1, [0x12, 1, 0x78])
      $0.data(3, [0x12, 1, 0x79])
    }
    let third = node(1) { $0.data(1, [0x1A, 0]) }
    let merged = try Node(serialized: first + second + third)
    let child = try #require(merged.child)
    #expect(child.text == "a")
    #expect(child.children == [Node(), Node(text: "y")])
    #expect(child.child == Node(text: "x", children: [Node()]))
  }

  @Test("R-126 a scalar of an earlier part stays unless the later one sets it")
  func mergeScalars() throws {
    // Optionals.node_value = 17; Node.text = 2.
    let parts = node(17) { $0.data(2, Array("kept".utf8)) } + node(17) { $0.data(3, []) }
    let value = try PorticoTesting.Optionals(serialized: parts).nodeValue
    #expect(value == Node(text: "kept", children: [Node()]))
  }

  @Test("R-126 in a oneof, parts merge unless another member came between them")
  func mergeInOneof() throws {
    let text = node(7) { $0.data(2, Array("t".utf8)) }
    let child = node(7) { $0.data(1, []) }
    var number = WireBytes()
    number.varint(2, 5)
    func value(_ bytes: [UInt8]) throws -> PorticoTesting.Choice.Value? {
      try PorticoTesting.Choice(serialized: bytes).value
    }
    #expect(try value(text + child) == .nodeValue(Node(child: Node(), text: "t")))
    #expect(try value(text + number.bytes + child) == .nodeValue(Node(child: Node())))
    #expect(try value(text + child + number.bytes) == .int64Value(5))
    #expect(try value(number.bytes + text + child) == .nodeValue(Node(child: Node(), text: "t")))
    // The other oneof is another matter.
    var other = WireBytes()
    other.data(9, Array("o".utf8))
    let both = try PorticoTesting.Choice(serialized: text + other.bytes + child)
    #expect(both.value == .nodeValue(Node(child: Node(), text: "t")))
    #expect(both.secondValue == .none_("o"))
  }

  @Test("R-128 a known field with another wire type is an unknown field, and survives")
  func foreignWireType() throws {
    for bytes: [UInt8] in [[2 << 3, 1], [1 << 3, 1], [3 << 3 | 5, 1, 2, 3, 4]] {
      let node = try Node(serialized: bytes)
      #expect(node.text == "" && node.child == nil && node.children.isEmpty)
      #expect(node.unknownFields.fields.map(\.number) == [UInt32(bytes[0] >> 3)])
      #expect(try node.serialized() == bytes)
    }
    // A run where one number belongs, and a number where a run does not help.
    for bytes: [UInt8] in [[13 << 3 | 2, 2, 1, 1], [0x48, 1], [0x49, 1, 2, 3, 4, 5, 6, 7, 8]] {
      let scalars = try PorticoTesting.Scalars(serialized: bytes)
      #expect(!scalars.boolValue && scalars.fixed32Value == 0)
      #expect(try scalars.serialized() == bytes)
    }
  }

  @Test("R-128 groups are stepped over and kept, whatever is in them")
  func groups() throws {
    // Number 15 is unknown, 1 and 2 are known; inside: fields, a group, bytes that look like an end.
    let inside: [UInt8] = [0x08, 0x96, 0x01, 0x5B, 0x12, 1, 0x7C, 0x5C, 0x12, 2, 0x7C, 0x7C]
    for number: UInt8 in [15, 1, 2] {
      let group = [number << 3 | 3] + inside + [number << 3 | 4]
      let bytes = [0x12, 1, 0x61] + group
      let node = try Node(serialized: bytes)
      #expect(node.text == "a" && node.child == nil)
      #expect(node.unknownFields.fields.map(\.wireType) == [.group])
      #expect(try node.serialized() == bytes)
    }
  }

  @Test("R-128 a type without fields keeps groups as well")
  func groupsInEmptyMessages() throws {
    let bytes: [UInt8] = [0x7B, 0x08, 0x01, 0x7C]
    let empty = try GoogleProtobuf.Empty(serialized: bytes)
    #expect(try empty.serialized() == bytes)
  }

  @Test("R-121 groups count towards the depth")
  func deepGroups() throws {
    func groups(_ depth: Int) -> [UInt8] {
      Array(repeating: 0x7B, count: depth) + Array(repeating: 0x7C, count: depth)
    }
    #expect(throws: Never.self) { try Node(serialized: groups(99)) }
    #expect(throws: DecodingError.self) { try Node(serialized: groups(100)) }
    #expect(throws: DecodingError.self) { try Node(serialized: groups(100_000)) }
  }

  @Test("Overlong tags, lengths and numbers are read as long as the specification has them")
  func overlong() throws {
    #expect(try Node(serialized: [0x92, 0x00, 0x81, 0x00, 0x61]).text == "a")
    #expect(try Node(serialized: [0x92, 0x80, 0x80, 0x80, 0x00, 1, 0x61]).text == "a")
    #expect(try Node(serialized: [0x12, 0x81, 0x80, 0x80, 0x80, 0x00, 0x61]).text == "a")
    let number: [UInt8] = [3 << 3, 0x87, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]
    #expect(try PorticoTesting.Scalars(serialized: number).int32Value == 7)
    // 32-bit fields take the low bits of what is longer.
    let long: [UInt8] = [3 << 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
    #expect(try PorticoTesting.Scalars(serialized: long).int32Value == -1)
  }

  @Test("R-129 numbers of no name are kept: open enums, singular, repeated and in a oneof")
  func openEnums() throws {
    let bytes: [UInt8] = [16 << 3 & 0x7F | 0x80, 0x01, 99]
    let scalars = try PorticoTesting.Scalars(serialized: bytes)
    #expect(scalars.colorValue == .unrecognized(99))
    #expect(try scalars.serialized() == bytes)
    let lists = PorticoTesting.Lists(colorValue: [.red, .unrecognized(.min), .unrecognized(.max)])
    #expect(try PorticoTesting.Lists(serialized: lists.serialized()) == lists)
    let choice = PorticoTesting.Choice(value: .colorValue(.unrecognized(1234)))
    #expect(try PorticoTesting.Choice(serialized: choice.serialized()) == choice)
  }
}
