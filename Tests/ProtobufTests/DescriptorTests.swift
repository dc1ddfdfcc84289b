import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("Descriptors")
struct DescriptorTests {
  @Test("Fields by name and number, with kinds and presence")
  func fields() throws {
    let optionals = PorticoTesting.Optionals.descriptor
    #expect(optionals.name == "portico.testing.v1.Optionals")
    #expect(optionals.fields.map(\.number) == Array(1...17))
    let sint = try #require(optionals.field(named: "sint32_value"))
    #expect(sint.jsonName == "sint32Value" && sint.kind == .sint32 && sint.presence == .oneof)
    #expect(optionals.field(number: 99) == nil && optionals.field(named: "x") == nil)
    let scalars = PorticoTesting.Scalars.descriptor
    #expect(scalars.field(number: 14)?.presence == .implicit)
    #expect(scalars.field(number: 16)?.kind == .enumeration(PorticoTesting.Color.descriptor))
    let node = PorticoTesting.Node.descriptor
    #expect(node.field(number: 1)?.message == node && node.field(number: 1)?.presence == .explicit)
    #expect(node.field(number: 3)?.isRepeated == true)
    #expect(PorticoTesting.Lists.descriptor.field(number: 3)?.isPacked == true)
    #expect(PorticoTesting.Lists.descriptor.field(number: 18)?.isPacked == false)
  }

  @Test("Members of one oneof share it; a map is told from a list")
  func oneofsAndMaps() {
    let choice = PorticoTesting.Choice.descriptor
    #expect(choice.field(number: 1)?.oneof == choice.field(number: 8)?.oneof)
    #expect(choice.field(number: 1)?.oneof != choice.field(number: 9)?.oneof)
    #expect(GoogleProtobuf.Struct.descriptor.field(named: "fields")?.isMap == true)
    #expect(
      GoogleRpc.QuotaFailure.Violation.descriptor.field(named: "quota_dimensions")?.isMap == true)
    #expect(PorticoTesting.Node.descriptor.field(named: "children")?.isMap == false)
  }

  @Test("Enum values by name and number")
  func enums() {
    let color = PorticoTesting.Color.descriptor
    #expect(color.values.map(\.number) == [-1, 0, 1, 2])
    #expect(color.number(named: "COLOR_RED") == 1 && color.name(of: 7) == nil)
  }
}
