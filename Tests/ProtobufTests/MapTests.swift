import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("Maps")
struct MapTests {
  typealias Maps = PorticoTesting.Maps

  static var full: Maps {
    Maps(
      int32Keys: [.min: "", 0: "zero", .max: "ü"], int64Keys: [.min: [0, 1], 0: []],
      uint32Keys: [.max: true, 0: false], uint64Keys: [.max: .max, 0: 0],
      sint32Keys: [-1: .min, .max: 0], sint64Keys: [.min: .min, 0: 1], fixed32Keys: [.max: .max],
      fixed64Keys: [.max: 0], sfixed32Keys: [-5: -0.0, 0: .infinity],
      sfixed64Keys: [-5: -0.0, 1: 1e-300], boolKeys: [false: .red, true: .unrecognized(99)],
      stringKeys: ["": .init(), "a": .init(text: "x", children: [.init()])],
      times: ["t": .init(seconds: 1)], inner: ["i": Maps(int32Keys: [1: "deep"])],
      labels: [.init(key: "k", value: "v")])
  }

  @Test("R-125 every type of key, every shape of value, there and back by wire and by JSON")
  func roundTrip() throws {
    let bytes = try Self.full.serialized()
    let again = try Maps(serialized: bytes)
    #expect(again == Self.full)
    #expect(again.sfixed64Keys[-5]?.sign == .minus && again.sfixed32Keys[-5]?.sign == .minus)
    let json = try Maps.descriptor.json(fromSerialized: bytes)
    let fromJSON = try Maps(serialized: try Maps.descriptor.serialized(fromJSON: json))
    #expect(fromJSON == Self.full)
    // Made at run time, the type is the same.
    let dynamic = try #require(
      try DescriptorPoolTests.compiledIn().message(named: Maps.descriptor.name))
    #expect(try dynamic.json(fromSerialized: bytes) == json)
    #expect(dynamic.field(named: "labels")?.isMap == false)
    #expect(dynamic.field(named: "inner")?.isMap == true)
  }

  @Test("R-125 of entries with the same key the last one counts, in Swift and in JSON")
  func lastWins() throws {
    var bytes = WireBytes()
    for text in ["first", "last"] {
      var entry = WireBytes()
      entry.varint(1, 7)
      entry.data(2, Array(text.utf8))
      bytes.data(1, entry.bytes)
    }
    #expect(try Maps(serialized: bytes.bytes).int32Keys == [7: "last"])
    let json = try Maps.descriptor.json(
      fromSerialized: bytes.bytes, options: JSONOptions(omitsDefaults: true))
    #expect(String(decoding: json, as: UTF8.self) == #"{"int32Keys":{"7":"last"}}"#)
    #expect(throws: JSONError.self) {
      try Maps.descriptor.serialized(fromJSON: Array(#"{"int32Keys":{"7":"a","7":"b"}}"#.utf8))
    }
  }

  @Test("R-125 an entry without key or value has the default of its type")
  func missingParts() throws {
    var bytes = WireBytes()
    for number in [1, 2, 3, 9, 11, 12, 13, 14] { bytes.data(number, []) }
    let maps = try Maps(serialized: bytes.bytes)
    #expect(maps.int32Keys == [0: ""] && maps.int64Keys == [0: []] && maps.uint32Keys == [0: false])
    #expect(maps.sfixed32Keys == [0: 0] && maps.boolKeys == [false: .unspecified])
    #expect(maps.stringKeys == ["": .init()] && maps.times == ["": .init()])
    #expect(maps.inner == ["": Maps()])
    let json = try Maps.descriptor.json(
      fromSerialized: bytes.bytes, options: JSONOptions(omitsDefaults: true))
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"{"int32Keys":{"0":""},"int64Keys":{"0":""},"uint32Keys":{"0":false},"sfixed32Keys":{"0":0},"#
        + #""boolKeys":{"false":"COLOR_UNSPECIFIED"},"stringKeys":{"":{}},"#
        + #""times":{"":"1970-01-01T00:00:00Z"},"inner":{"":{}}}"#)
  }

  @Test("R-125 equal maps are equal bytes, by ascending keys; JSON is sorted when asked")
  func sorted() throws {
    var forwards = Maps()
    var backwards = Maps()
    for number: Int32 in 0..<200 { forwards.int32Keys[number] = "\(number)" }
    for number: Int32 in (0..<200).reversed() { backwards.int32Keys[number] = "\(number)" }
    #expect(try forwards.serialized() == backwards.serialized())
    var bytes = WireBytes()
    for key in ["b", "a", "c"] {
      var entry = WireBytes()
      entry.data(1, Array(key.utf8))
      bytes.data(13, entry.bytes)
    }
    func keys(_ options: JSONOptions) throws -> String {
      let json = try Maps.descriptor.json(fromSerialized: bytes.bytes, options: options)
      return String(decoding: json, as: UTF8.self).filter { "abc".contains($0) }
    }
    #expect(try keys(JSONOptions(omitsDefaults: true)).prefix(3) == "bac")
    #expect(try keys(JSONOptions(omitsDefaults: true, sortsMapKeys: true)).prefix(3) == "abc")
  }

  @Test("R-123, R-124 text in maps is checked as any other")
  func badText() {
    for text: [UInt8] in [[0xFF], [0x61, 0, 0x62]] {
      var entry = WireBytes()
      entry.data(1, text)
      var bytes = WireBytes()
      bytes.data(12, entry.bytes)
      #expect(throws: DecodingError.self) { try Maps(serialized: bytes.bytes) }
    }
    #expect(throws: EncodingError.nulInString) {
      try Maps(stringKeys: ["\0": .init()]).serialized()
    }
  }
}
