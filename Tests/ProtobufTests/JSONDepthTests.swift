import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("R-121 depth in JSON")
struct JSONDepthTests {
  typealias Node = PorticoTesting.Node

  private func chain(_ depth: Int) -> Node {
    (1..<depth).reduce(Node()) { inner, _ in Node(child: inner) }
  }

  private func json(_ node: Node) throws -> [UInt8] {
    try Node.descriptor.json(
      fromSerialized: try node.serialized(), options: JSONOptions(omitsDefaults: true))
  }

  @Test("R-121 X-20 what is written is read again, and both end at 100")
  func chains() throws {
    let deepest = try json(chain(100))
    #expect(try Node(serialized: Node.descriptor.serialized(fromJSON: deepest)) == chain(100))
    #expect(throws: DecodingError.self) { try json(chain(101)) }
    let text =
      String(repeating: #"{"child":"#, count: 100) + "{}" + String(repeating: "}", count: 100)
    #expect(throws: JSONError.self) { try Node.descriptor.serialized(fromJSON: Array(text.utf8)) }
  }

  @Test("R-121 lists count in JSON, so nothing is written that could not be read")
  func lists() throws {
    var node = Node()
    for _ in 1..<50 { node = Node(children: [node]) }
    let text = try json(node)
    #expect(try Node(serialized: Node.descriptor.serialized(fromJSON: text)) == node)
    for _ in 0..<2 { node = Node(children: [node]) }
    #expect(throws: JSONError.self) { try json(node) }
  }

  @Test("R-121 Any inside Any ends at 16, read or written")
  func anys() throws {
    let types = TypeRegistry([GoogleProtobuf.Any_.descriptor])
    let url = "type.googleapis.com/google.protobuf.Any"
    func nested(_ depth: Int) throws -> GoogleProtobuf.Any_ {
      try (1..<depth).reduce(GoogleProtobuf.Any_()) { inner, _ in
        GoogleProtobuf.Any_(typeURL: url, value: try inner.serialized())
      }
    }
    func text(_ depth: Int) -> [UInt8] {
      let open = #"{"@type":"\#(url)","value":"#
      return Array(
        (String(repeating: open, count: depth) + "{}" + String(repeating: "}", count: depth)).utf8)
    }
    let type = GoogleProtobuf.Any_.descriptor
    let options = JSONOptions(types: types)
    #expect(throws: Never.self) {
      try type.json(fromSerialized: try nested(10).serialized(), options: options)
    }
    #expect(throws: JSONError.self) {
      try type.json(fromSerialized: try nested(20).serialized(), options: options)
    }
    #expect(throws: JSONError.self) { try type.serialized(fromJSON: text(40), types: types) }
  }
}
