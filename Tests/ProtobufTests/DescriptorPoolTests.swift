import Foundation
import PorticoAPI
import Protobuf
import Testing
import WellKnown

@Suite("Descriptor pools")
struct DescriptorPoolTests {
  /// Everything that proto/ declares, made at run time.
  static func compiledIn() throws -> DescriptorPool {
    try DescriptorPool(
      files: FileDescriptors.all.map { file in
        [UInt8](try #require(Data(base64Encoded: file.base64)))
      })
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("R-132 types made at run time look like those that were compiled in")
  func sameShapes() throws {
    let pool = try Self.compiledIn()
    #expect(pool.files.count == FileDescriptors.all.count)
    for method in Methods.all {
      for type in [method.input, method.output] {
        let dynamic = try #require(pool.message(named: type.name))
        #expect(dynamic.fields.map(\.name) == type.fields.map(\.name))
        #expect(dynamic.fields.map(\.number) == type.fields.map(\.number))
        #expect(dynamic.fields.map(\.kind) == type.fields.map(\.kind))
        #expect(dynamic.fields.map(\.isMap) == type.fields.map(\.isMap))
        #expect(dynamic.fields.map(\.isPacked) == type.fields.map(\.isPacked))
        #expect(dynamic.fields.map(\.jsonName) == type.fields.map(\.jsonName))
      }
      let service = try #require(pool.service(named: method.service))
      let found = try #require(service.method(named: method.name))
      #expect(found.input == method.input && found.output == method.output)
      #expect(found.isDeprecated == method.isDeprecated)
      #expect(
        found.streamsResponses
          == [.serverStreaming, .bidirectional].contains(method.streaming))
      #expect((found.idempotency == .noSideEffects) == (method.idempotency == .noSideEffects))
    }
  }

  @Test("R-132 wire to JSON and back through types made at run time, as through compiled ones")
  func sameCoding() throws {
    let pool = try Self.compiledIn()
    let choice = PorticoTesting.Choice(
      value: .nodeValue(.init(text: "ö")), secondValue: .some_("x"))
    var optionals = PorticoTesting.Optionals(doubleValue: -0.0, int64Value: .min, stringValue: "")
    optionals.boolValue = false
    optionals.colorValue = .unrecognized(99)
    let lists = PorticoTesting.Lists(
      int32Value: [1, -1], stringValue: ["a", ""], bytesValue: [[], [0, 255]],
      colorValue: [.red, .unrecognized(-7)], nodeValue: [.init(child: .init()), .init()])
    let messages: [any Message] = [
      choice, optionals, lists,
      PorticoTesting.Scalars(
        floatValue: 1.5, uint64Value: .max, sint64Value: .min, boolValue: true),
      PorticoTesting.Widget(
        createTime: .init(seconds: 1, nanos: 500_000_000), wait: .init(seconds: -3),
        labels: .init(fields: ["a": .init(kind: .listValue(.init(values: [.init()])))])),
    ]
    for message in messages {
      let bytes = try message.serialized()
      let compiled = type(of: message).descriptor
      let dynamic = try #require(pool.message(named: compiled.name))
      let json = try dynamic.json(fromSerialized: bytes)
      #expect(text(json) == text(try compiled.json(fromSerialized: bytes)))
      #expect(try dynamic.serialized(fromJSON: json) == compiled.serialized(fromJSON: json))
    }
  }

  @Test("R-134 Any holds what the pool knows")
  func anyValues() throws {
    let pool = try Self.compiledIn()
    let status = try #require(pool.message(named: "google.rpc.Status"))
    let json =
      #"{"code":5,"message":"gone","details":[{"@type":"type.googleapis.com/portico.testing.v1.Node","text":"x","children":[]}]}"#
    let bytes = try status.serialized(fromJSON: Array(json.utf8), types: pool.types)
    var options = JSONOptions()
    options.types = pool.types
    #expect(text(try status.json(fromSerialized: bytes, options: options)) == json)
  }

  @Test("proto2: presence, required fields, groups and explicit JSON names")
  func proto2() throws {
    let pool = try Self.compiledIn()
    let file = try #require(pool.message(named: "google.protobuf.FileDescriptorProto"))
    for entry in FileDescriptors.all {
      let bytes = [UInt8](try #require(Data(base64Encoded: entry.base64)))
      let json = try file.json(fromSerialized: bytes)
      let again = try file.serialized(fromJSON: json)
      // Extensions are unknown to JSON; what has none survives whole.
      if entry.path.hasPrefix("google/") { #expect(try file.json(fromSerialized: again) == json) }
    }
    let own = try Self.pool(
      """
      {"name":"a.proto","package":"a","messageType":[{"name":"M","field":[
        {"name":"id","number":1,"label":"LABEL_REQUIRED","type":"TYPE_STRING"},
        {"name":"g","number":2,"label":"LABEL_OPTIONAL","type":"TYPE_GROUP","typeName":".a.M.G"},
        {"name":"n","number":3,"label":"LABEL_OPTIONAL","type":"TYPE_INT32","jsonName":"die Zahl"}],
        "nestedType":[{"name":"G","field":[{"name":"x","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL"}]}]}]}
      """)
    let type = try #require(own.message(named: "a.M"))
    #expect(type.fields.map(\.name) == ["id", "n"])
    let bytes = try type.serialized(fromJSON: Array(#"{"id":"","die Zahl":0}"#.utf8))
    #expect(text(try type.json(fromSerialized: bytes)) == #"{"id":"","die Zahl":0}"#)
    #expect(throws: JSONError.self) { try type.serialized(fromJSON: Array(#"{"n":1}"#.utf8)) }
    #expect(throws: DecodingError.self) { try type.json(fromSerialized: [0x18, 0x01]) }
  }

  @Test("Editions: presence, packing and delimited messages follow the features")
  func editions() throws {
    let pool = try Self.pool(
      """
      {"name":"e.proto","syntax":"editions","messageType":[{"name":"M","field":[
        {"name":"a","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_INT32"},
        {"name":"b","number":2,"label":"LABEL_REPEATED","type":"TYPE_INT32"}]}]}
      """, more: [0x70, 0xE8, 0x07])
    let type = try #require(pool.message(named: "M"))
    #expect(type.field(number: 1)?.presence == .explicit)
    #expect(type.field(number: 2)?.isPacked == true)
    #expect(text(try type.json(fromSerialized: [0x08, 0x00])) == #"{"a":0,"b":[]}"#)
  }

  @Test(
    "Hostile and broken sets are refused",
    arguments: [
      (#"{"name":"a","messageType":[{"name":"M"},{"name":"M"}]}"#, "declared twice"),
      (#"{"name":"a","messageType":[{"name":"M x"}]}"#, "is not a name"),
      (#"{"name":"a","package":"x..y","messageType":[{"name":"M"}]}"#, "package is no name"),
      (#"{"name":"a","messageType":[{"name":"M","field":[FIELD]}]}"#, "not in the set"),
      (#"{"name":"a","messageType":[{"name":"M","field":[NUMBER]}]}"#, "out of range"),
      (#"{"name":"a","messageType":[{"name":"M","field":[TWICE]}]}"#, "taken"),
      (#"{"name":"a","messageType":[{"name":"M","field":[ONEOF]}]}"#, "does not exist"),
      (#"{"name":"a","messageType":[{"name":"M","field":[KIND]}]}"#, "type name is not"),
      (#"{"name":"a","messageType":[{"name":"M","options":{"mapEntry":true}}]}"#, "entry of a map"),
      (#"{"name":"a","enumType":[{"name":"E"}]}"#, "has no values"),
      (
        #"{"name":"a","service":[{"name":"S","method":[{"name":"m","inputType":".X"}]}]}"#,
        "not in the set"
      ),
      (#"{"name":"a","dependency":["a"]}"#, "circle"),
    ])
  func refused(json: String, reason: String) throws {
    let fields = [
      "FIELD":
        #"{"name":"f","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_MESSAGE","typeName":".X"}"#,
      "NUMBER": #"{"name":"f","number":536870912,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL"}"#,
      "TWICE":
        #"{"name":"f","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL"},{"name":"g","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL"}"#,
      "ONEOF":
        #"{"name":"f","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL","oneofIndex":7}"#,
      "KIND":
        #"{"name":"f","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_ENUM","typeName":".M"}"#,
    ]
    let whole = fields.reduce(json) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    let error = #expect(throws: DescriptorError.self) { try Self.pool(whole) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("Sets over the limits are refused, and random bytes never crash")
  func limits() throws {
    var small = DescriptorLimits(elements: 10)
    #expect(throws: DescriptorError.self) { try Self.pool(Self.nested(20), limits: small) }
    small = DescriptorLimits(bytes: 10)
    #expect(throws: DescriptorError.self) { try Self.pool(Self.nested(3), limits: small) }
    #expect(throws: DescriptorError.self) { try Self.pool(Self.nested(40)) }
    #expect(throws: Never.self) { try Self.pool(Self.nested(20)) }
    var generator = SeededGenerator(state: 0xD35C)
    var refused = 0
    let whole = try #require(Data(base64Encoded: FileDescriptors.all.last?.base64 ?? ""))
    for _ in 0..<300 {
      var bytes = [UInt8](whole)
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      // Either answer will do; what counts is that what was built can be used.
      do {
        let pool = try DescriptorPool(files: [bytes])
        for type in pool.messages { #expect(!(try type.json(fromSerialized: [])).isEmpty) }
      } catch { refused += 1 }
    }
    #expect(refused > 100)
  }

  @Test("A type with a well-known name and another shape is an ordinary message")
  func impostors() throws {
    let pool = try Self.pool(
      """
      {"name":"t.proto","package":"google.protobuf","syntax":"proto3","messageType":[
        {"name":"Timestamp","field":[{"name":"seconds","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_BOOL"}]},
        {"name":"FieldMask","field":[{"name":"paths","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_STRING"}]},
        {"name":"Any","field":[{"name":"value","number":2,"label":"LABEL_REPEATED","type":"TYPE_BYTES"}]},
        {"name":"Value","field":[{"name":"a","number":1,"label":"LABEL_REPEATED","type":"TYPE_MESSAGE","typeName":"Value"}]}]}
      """)
    for (name, json) in [
      ("Timestamp", #"{"seconds":true}"#), ("FieldMask", #"{"paths":"a"}"#),
      ("Any", #"{"value":["AA=="]}"#), ("Value", #"{"a":[{"a":[]}]}"#),
    ] {
      let type = try #require(pool.message(named: "google.protobuf.\(name)"))
      let bytes = try type.serialized(fromJSON: Array(json.utf8))
      #expect(text(try type.json(fromSerialized: bytes)) == json)
    }
  }

  // MARK: Descriptors written as JSON

  private static func pool(
    _ json: String, more: [UInt8] = [], limits: DescriptorLimits = DescriptorLimits()
  ) throws -> DescriptorPool {
    let file = try #require(
      try compiledIn().message(named: "google.protobuf.FileDescriptorProto"))
    let bytes = try file.serialized(fromJSON: Array(json.utf8)) + more
    return try DescriptorPool(files: [bytes], limits: limits)
  }

  private static func nested(_ depth: Int) -> String {
    let open = (0..<depth).map { #"{"name":"M\#($0)","nestedType":["# }.joined()
    return #"{"name":"a","messageType":["# + open + String(repeating: "]}", count: depth) + "]}"
  }
}
