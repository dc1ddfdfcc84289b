import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("R-157 messages as JSON")
struct JSONWritingTests {
  private func json(_ message: some Message, _ options: JSONOptions = JSONOptions()) throws
    -> String
  {
    let bytes = try type(of: message).descriptor.json(
      fromSerialized: try message.serialized(), options: options)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("R-157 every scalar, in lowerCamelCase, with defaults, 64 bits as strings")
  func scalars() throws {
    let message = PorticoTesting.Scalars(
      doubleValue: 1.5, floatValue: 0.1, int32Value: -1, int64Value: .min, uint32Value: .max,
      uint64Value: .max, sint32Value: .min, sint64Value: -5, fixed32Value: 7, fixed64Value: 8,
      sfixed32Value: -9, sfixed64Value: -10, boolValue: true, stringValue: "a\"\\\n<é",
      bytesValue: [0xFB, 0xFF, 0x01, 0x02], colorValue: .darkBlue)
    #expect(
      try json(message) == #"""
        {"doubleValue":1.5,"floatValue":0.1,"int32Value":-1,"int64Value":"-9223372036854775808",\#
        "uint32Value":4294967295,"uint64Value":"18446744073709551615","sint32Value":-2147483648,\#
        "sint64Value":"-5","fixed32Value":7,"fixed64Value":"8","sfixed32Value":-9,"sfixed64Value":"-10",\#
        "boolValue":true,"stringValue":"a\"\\\n\u003cé","bytesValue":"+/8BAg==","colorValue":"COLOR_DARK_BLUE"}
        """#)
  }

  @Test("R-159 defaults are written, or left out on demand; proto names and enum numbers on demand")
  func options() throws {
    let message = PorticoTesting.Scalars(int32Value: 3, colorValue: .red)
    #expect(try json(message).contains(#""stringValue":"","bytesValue":"""#))
    #expect(
      try json(
        message, JSONOptions(omitsDefaults: true, enumsAsNumbers: true, usesProtoNames: true))
        == #"{"int32_value":3,"color_value":1}"#)
  }

  @Test("R-157 what has presence and is absent is not written; present zero is")
  func presence() throws {
    #expect(try json(PorticoTesting.Optionals()) == "{}")
    #expect(
      try json(PorticoTesting.Optionals(int32Value: 0, stringValue: "", nodeValue: .init()))
        == #"{"int32Value":0,"stringValue":"","nodeValue":{"text":"","children":[]}}"#)
  }

  @Test("R-157 NaN and infinities are strings; numbers are the shortest exact ones")
  func doubles() throws {
    let list = PorticoTesting.Lists(
      doubleValue: [.nan, .infinity, -.infinity, -0.0, 1, 1e300, .leastNonzeroMagnitude, 0.1],
      floatValue: [.nan, 16_777_216, 3.4028235e38])
    let text = try json(list, JSONOptions(omitsDefaults: true))
    #expect(
      text == #"""
        {"doubleValue":["NaN","Infinity","-Infinity",-0.0,1,1e+300,5e-324,0.1],\#
        "floatValue":["NaN",16777216,3.4028235e+38]}
        """#)
  }

  @Test("R-129 an enum number that nobody knows is written as the number")
  func openEnum() throws {
    let message = PorticoTesting.Scalars(colorValue: .unrecognized(99))
    #expect(try json(message, JSONOptions(omitsDefaults: true)) == #"{"colorValue":99}"#)
  }

  @Test(
    "R-157 Timestamp in UTC with 0, 3, 6 or 9 digits",
    arguments: [
      (0, 0, "1970-01-01T00:00:00Z"), (1_772_357_400, 500_000_000, "2026-03-01T09:30:00.500Z"),
      (1_772_357_400, 1000, "2026-03-01T09:30:00.000001Z"),
      (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
      (-62_135_596_800, 0, "0001-01-01T00:00:00Z"), (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
      (951_782_400, 0, "2000-02-29T00:00:00Z"),
    ])
  func timestamps(seconds: Int64, nanos: Int32, text: String) throws {
    let stamp = GoogleProtobuf.Timestamp(seconds: seconds, nanos: nanos)
    #expect(try json(stamp) == "\"\(text)\"")
    let back = try GoogleProtobuf.Timestamp(
      serialized: GoogleProtobuf.Timestamp.descriptor.serialized(
        fromJSON: Array("\"\(text)\"".utf8)))
    #expect(back == stamp)
  }

  @Test("R-157 a Timestamp without a JSON form is an error, not a wrong text")
  func timestampOutOfRange() {
    #expect(throws: JSONError.self) {
      try json(GoogleProtobuf.Timestamp(seconds: 253_402_300_800, nanos: 0))
    }
  }

  @Test(
    "R-157 Duration",
    arguments: [
      (0, 0, "0s"), (1, 500_000_000, "1.500s"), (-1, -500_000_000, "-1.500s"),
      (0, -1000, "-0.000001s"),
      (315_576_000_000, 0, "315576000000s"),
    ])
  func durations(seconds: Int64, nanos: Int32, text: String) throws {
    let value = GoogleProtobuf.Duration(seconds: seconds, nanos: nanos)
    #expect(try json(value) == "\"\(text)\"")
    let back = try GoogleProtobuf.Duration(
      serialized: GoogleProtobuf.Duration.descriptor.serialized(fromJSON: Array("\"\(text)\"".utf8))
    )
    #expect(back == value)
  }

  @Test("R-157 FieldMask, Empty, Any and wrappers are natural")
  func wellKnown() throws {
    #expect(
      try json(GoogleProtobuf.FieldMask(paths: ["display_name", "ticket.due_time"]))
        == #""displayName,ticket.dueTime""#)
    #expect(try json(GoogleProtobuf.Empty()) == "{}")
    #expect(try json(GoogleProtobuf.Int64Value(value: 5)) == "\"5\"")
    #expect(try json(GoogleProtobuf.BoolValue(value: false)) == "false")
    let reason = GoogleRpc.ErrorInfo(reason: "GONE", domain: "ticketing")
    let any = GoogleProtobuf.Any_(
      typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: try reason.serialized())
    let types = TypeRegistry([GoogleRpc.ErrorInfo.descriptor])
    #expect(
      try json(any, JSONOptions(omitsDefaults: true, types: types))
        == #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"GONE","domain":"ticketing"}"#
    )
    #expect(
      try json(any).hasPrefix(#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","value":""#))
  }

  @Test("R-157 Struct, Value and ListValue keep their JSON")
  func structs() throws {
    let text = #"{"a":null,"b":[1,"x",true,{}],"c":{"d":-0.5}}"#
    let type = GoogleProtobuf.Struct.descriptor
    let bytes = try type.serialized(fromJSON: Array(text.utf8))
    #expect(String(decoding: try type.json(fromSerialized: bytes), as: UTF8.self) == text)
  }
}
