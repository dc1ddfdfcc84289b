import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("R-158 JSON as messages")
struct JSONReadingTests {
  private func scalars(_ json: String) throws -> PorticoTesting.Scalars {
    try PorticoTesting.Scalars(
      serialized: PorticoTesting.Scalars.descriptor.serialized(fromJSON: Array(json.utf8)))
  }

  @Test("R-158 exponents of any size are refused, not computed")
  func hugeExponents() {
    for number in ["1E-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999"] {
      #expect(throws: JSONError.self) {
        try PorticoTesting.Scalars.descriptor.serialized(
          fromJSON: Array(#"{"int64Value":\#(number)}"#.utf8))
      }
    }
  }

  @Test(
    "R-158 accepted spellings",
    arguments: [
      (#"{"int32Value":1}"#, PorticoTesting.Scalars(int32Value: 1)),
      (#"{"int32_value":1}"#, PorticoTesting.Scalars(int32Value: 1)),
      (#"{"int32Value":"1"}"#, PorticoTesting.Scalars(int32Value: 1)),
      (#"{"int32Value":1e3}"#, PorticoTesting.Scalars(int32Value: 1000)),
      (#"{"int32Value":1.50e1}"#, PorticoTesting.Scalars(int32Value: 15)),
      (#"{"int32Value":-2147483648}"#, PorticoTesting.Scalars(int32Value: .min)),
      (#"{"int64Value":9223372036854775807}"#, PorticoTesting.Scalars(int64Value: .max)),
      (#"{"int64Value":"-9223372036854775808"}"#, PorticoTesting.Scalars(int64Value: .min)),
      (#"{"uint64Value":18446744073709551615}"#, PorticoTesting.Scalars(uint64Value: .max)),
      (
        #"{"sint32Value":-3,"sint64Value":"-4"}"#,
        PorticoTesting.Scalars(sint32Value: -3, sint64Value: -4)
      ),
      (
        #"{"fixed32Value":4294967295,"sfixed64Value":-1}"#,
        PorticoTesting.Scalars(fixed32Value: .max, sfixed64Value: -1)
      ),
      (#"{"doubleValue":"-Infinity"}"#, PorticoTesting.Scalars(doubleValue: -.infinity)),
      (
        #"{"doubleValue":"1.25","floatValue":2}"#,
        PorticoTesting.Scalars(doubleValue: 1.25, floatValue: 2)
      ),
      (#"{"bytesValue":"+/8="}"#, PorticoTesting.Scalars(bytesValue: [0xFB, 0xFF])),
      (#"{"bytesValue":"-_8"}"#, PorticoTesting.Scalars(bytesValue: [0xFB, 0xFF])),
      (#"{"colorValue":"COLOR_INFRARED"}"#, PorticoTesting.Scalars(colorValue: .infrared)),
      (#"{"colorValue":2}"#, PorticoTesting.Scalars(colorValue: .darkBlue)),
      (#"{"stringValue":"\ud83d\ude00\u00e9\/"}"#, PorticoTesting.Scalars(stringValue: "😀é/")),
      (#"{"stringValue":null,"boolValue":null}"#, PorticoTesting.Scalars()),
      (" {\t\"boolValue\" :\r\n true } ", PorticoTesting.Scalars(boolValue: true)),
    ])
  func accepted(json: String, message: PorticoTesting.Scalars) throws {
    #expect(try scalars(json) == message)
  }

  @Test(
    "R-158 refused, with the field that is wrong",
    arguments: [
      (#"{"int32Value":2147483648}"#, "int32Value"), (#"{"int32Value":1.5}"#, "int32Value"),
      (#"{"int32Value":1e999999999}"#, "int32Value"), (#"{"int32Value":""}"#, "int32Value"),
      (#"{"int32Value":" 1"}"#, "int32Value"), (#"{"int32Value":true}"#, "int32Value"),
      (#"{"uint32Value":-1}"#, "uint32Value"),
      (#"{"uint64Value":18446744073709551616}"#, "uint64Value"),
      (#"{"boolValue":"true"}"#, "boolValue"), (#"{"boolValue":1}"#, "boolValue"),
      (#"{"stringValue":5}"#, "stringValue"), (#"{"stringValue":"a\u0000b"}"#, "stringValue"),
      (#"{"bytesValue":"a"}"#, "bytesValue"), (#"{"bytesValue":"a b="}"#, "bytesValue"),
      (#"{"colorValue":"COLOR_GREEN"}"#, "colorValue"), (#"{"doubleValue":1e400}"#, "doubleValue"),
      (#"{"floatValue":1e39}"#, "floatValue"), (#"{"doubleValue":"nan"}"#, "doubleValue"),
      (#"{"nothing":1}"#, "nothing"), (#"{"int32Value":1,"int32Value":2}"#, "int32Value"),
      (#"{"int32Value":1,"int32_value":2}"#, "int32Value"), (#"{"stringValue":{}}"#, "stringValue"),
    ])
  func refused(json: String, field: String) {
    #expect {
      try scalars(json)
    } throws: { error in
      (error as? JSONError)?.field == field
    }
  }

  @Test(
    "R-158 what is not JSON is refused",
    arguments: [
      "", "{", "{}x", "[]", "{'a':1}", #"{"a":1,}"#, #"{"boolValue":true"#, #"{"boolValue":tru}"#,
      #"{"int32Value":01}"#, #"{"int32Value":+1}"#, #"{"int32Value":.5}"#, #"{"int32Value":1.}"#,
      #"{"int32Value":1e}"#, #"{"int32Value":-}"#, #"{"stringValue":"\ud800"}"#,
      #"{"stringValue":"\udc00\ud800"}"#, #"{"stringValue":"\x"}"#, "{\"stringValue\":\"\u{1}\"}",
      #"{"stringValue":"\u12"}"#, "\u{FEFF}{}", "{} {}", #"{"stringValue":"abc}"#,
      #"{"int32Value": 1 "boolValue": true}"#, "nul", "NaN",
    ])
  func malformed(json: String) {
    #expect(throws: JSONError.self) { try scalars(json) }
  }

  @Test("R-158 invalid UTF-8 is refused")
  func invalidUTF8() {
    let json = Array(#"{"stringValue":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
    #expect(throws: JSONError.self) {
      try PorticoTesting.Scalars.descriptor.serialized(fromJSON: json)
    }
  }

  @Test(
    "R-121 R-158 depth 100 passes, 101 is refused, 100000 is no crash",
    arguments: [100, 101, 100_000])
  func depth(levels: Int) throws {
    let json =
      String(repeating: #"{"child":"#, count: levels - 1) + "{}"
      + String(repeating: "}", count: levels - 1)
    let type = PorticoTesting.Node.descriptor
    if levels <= 100 {
      #expect(try !type.serialized(fromJSON: Array(json.utf8)).isEmpty)
    } else {
      #expect(throws: JSONError.self) { try type.serialized(fromJSON: Array(json.utf8)) }
      let unknown = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
      #expect(throws: JSONError.self) {
        try type.serialized(fromJSON: Array(#"{"x":\#(unknown)}"#.utf8), ignoringUnknown: true)
      }
    }
  }

  @Test("R-173 the number of values is bounded")
  func nodes() {
    let json = Array(("{\"int32Value\":[" + String(repeating: "1,", count: 200_000) + "1]}").utf8)
    #expect(throws: JSONError("more than 131072 values").inList) {
      try PorticoTesting.Lists.descriptor.serialized(fromJSON: json)
    }
  }

  @Test("R-158 errors deep inside carry the whole path")
  func paths() {
    let json = #"{"children":[{},{"child":{"text":5}}]}"#
    #expect(throws: JSONError(field: "children[1].child.text", "must be a string")) {
      try PorticoTesting.Node.descriptor.serialized(fromJSON: Array(json.utf8))
    }
  }

  @Test("R-158 two members of one oneof exclude each other; null is none")
  func oneofs() throws {
    let type = PorticoTesting.Left.descriptor
    #expect(throws: JSONError.self) {
      try type.serialized(fromJSON: Array(#"{"left":{},"leaf":"x"}"#.utf8))
    }
    let bytes = try type.serialized(fromJSON: Array(#"{"left":null,"leaf":"x"}"#.utf8))
    #expect(try PorticoTesting.Left(serialized: bytes).choice == .leaf("x"))
  }

  @Test(
    "R-158 times that are none are refused",
    arguments: [
      "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
      "0000-01-01T00:00:00Z",
      "2026-01-01T00:00:00.1234567891Z", "10000-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00", "",
    ])
  func badTimes(text: String) {
    #expect(throws: JSONError.self) {
      try GoogleProtobuf.Timestamp.descriptor.serialized(fromJSON: Array("\"\(text)\"".utf8))
    }
  }

  @Test("R-158 an offset is counted in")
  func offset() throws {
    let bytes = try GoogleProtobuf.Timestamp.descriptor.serialized(
      fromJSON: Array(#""2026-03-01T10:30:00.25+01:00""#.utf8))
    #expect(
      try GoogleProtobuf.Timestamp(serialized: bytes)
        == GoogleProtobuf.Timestamp(seconds: 1_772_357_400, nanos: 250_000_000))
  }

  @Test("R-158 Any is read by its type, wherever @type stands")
  func any() throws {
    let types = TypeRegistry([GoogleRpc.ErrorInfo.descriptor])
    let bytes = try GoogleProtobuf.Any_.descriptor.serialized(
      fromJSON: Array(#"{"reason":"X","@type":"type.googleapis.com/google.rpc.ErrorInfo"}"#.utf8),
      types: types)
    let any = try GoogleProtobuf.Any_(serialized: bytes)
    #expect(try GoogleRpc.ErrorInfo(serialized: any.value).reason == "X")
    #expect(throws: JSONError(field: "@type", "is not a known type")) {
      try GoogleProtobuf.Any_.descriptor.serialized(fromJSON: Array(#"{"@type":"a/b.C"}"#.utf8))
    }
  }
}

extension JSONError {
  /// The same, as it comes out of a list's reader: the count is of the whole text, the place is where it ran out.
  fileprivate var inList: JSONError { JSONError(field: "int32Value[131069]", reason) }
}
