import HTTP2
import Testing

@Suite struct HeaderFieldsTests {
  @Test("fields keep their order and their duplicates")
  func order() {
    var fields = HeaderFields(["a": "1", "b": "2"])
    fields.append("a", "3")
    #expect(fields.map(\.name) == ["a", "b", "a"])
    #expect(fields.values("a") == ["1", "3"])
    #expect(fields["b"] == "2")
    #expect(fields["c"] == nil)
    #expect(fields.listSize == 6 + 3 * 32)
    fields.remove("a")
    #expect(fields.map(\.name) == ["b"])
    #expect(fields["b"] == "2")
  }

  @Test("static comparison needs the whole name and the whole value")
  func comparison() {
    let fields = HeaderFields(["content-type": "application/grpc"])
    #expect(fields.first("content-type", is: "application/grpc"))
    #expect(!fields.first("content-type", is: "application/grp"))
    #expect(!fields.first("content-typ", is: "application/grpc"))
  }

  @Test("append of another block")
  func joined() {
    var fields = HeaderFields(["a": "1"])
    fields.append(contentsOf: HeaderFields(["b": "2", "c": ""]))
    #expect(fields.map(\.value) == ["1", "2", ""])
  }
}
