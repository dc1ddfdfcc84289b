import CPorticoProto
import Foundation
import PorticoAPI
import RPC
import Testing

@testable import protogen

@Suite("What is generated")
struct OutputTests {
  @Test("R-131 the same descriptor set gives the same text, comments carried over")
  func deterministic() throws {
    let text = ProtoSource.service(options: ProtoSource.access + ProtoSource.http)
    let (first, second) = (try ProtoSource.index(text), try ProtoSource.index(text))
    #expect(SwiftFiles(index: first).api() == SwiftFiles(index: second).api())
    #expect(SwiftFiles(index: first).wellKnown() == SwiftFiles(index: second).wellKnown())
    #expect(try OpenAPI(index: first).document() == OpenAPI(index: second).document())
    let swift = try ProtoSource.swift(text)
    #expect(swift.contains("/// What is asked.\npublic struct GetThingRequest: Protobuf.Message {"))
    #expect(swift.contains("/// Gets it.\nfunc getThing("))
    #expect(swift.contains(#"http: [HTTPRule("GET", "/v1/{name=things/*}")]"#))
  }

  @Test("R-132 method tables say the kind, the rule and what is deprecated")
  func methods() {
    #expect(
      Methods.Streams.all.map(\.streaming) == [
        .unary, .serverStreaming, .clientStreaming, .bidirectional,
      ])
    #expect(Methods.Streams.collect.access.callers == .permission(.ticketsWrite))
    #expect(Methods.Streams.collect.access.services == ["ticketing"])
    #expect(Methods.Streams.chat.access.callers == .servicesOnly)
    #expect(Methods.Streams.chat.isDeprecated && !Methods.Streams.unary.isDeprecated)
    #expect(Methods.Nesting.echo.path == "/portico.testing.v1.Nesting/Echo")
    #expect(Methods.Nesting.echo.idempotency == .noSideEffects)
    #expect(Methods.Nesting.echo.input.name == "portico.testing.v1.Node")
    #expect(Methods.Nesting.echo.documentation == "Answers with the request.")
    #expect(Set(Methods.all.map(\.path)).count == Methods.all.count)
    #expect(Methods.Health.check.access.callers == .anyone)
  }

  @Test("A permission constant for each value of the enum")
  func permissions() {
    #expect(
      Permission.all.map(\.rawValue)
        == PorticoAccess.Permission.allCases.dropFirst().map { $0.protoName })
    #expect(Permission.ticketsWrite.rawValue == "TICKETS_WRITE")
  }

  @Test("R-132 the file descriptors are complete and each comes after what it imports")
  func fileDescriptors() throws {
    var seen: Set<String> = []
    for file in FileDescriptors.all {
      let bytes = [UInt8](try #require(Data(base64Encoded: file.base64)))
      let proto = try #require(
        google__protobuf__file_descriptor_proto__unpack(nil, bytes.count, bytes))
      defer { google__protobuf__file_descriptor_proto__free_unpacked(proto, nil) }
      #expect(String(cString: proto.pointee.name) == file.path)
      for dependency in items(proto.pointee.n_dependency, proto.pointee.dependency) {
        #expect(seen.contains(String(cString: dependency)), "\(file.path)")
      }
      #expect(proto.pointee.source_code_info == nil)
      seen.insert(file.path)
    }
    #expect(seen.contains("portico/testing/v1/testing.proto"))
  }

  @Test("R-131 the C plugin takes out comments and announces proto3 optional")
  func plugin() throws {
    // file_to_generate = "a.proto", proto_file = { name: "a.proto", source_code_info: {} }.
    let name = [0x0A, 7] + Array("a.proto".utf8)
    let file = name + [0x4A, 0]
    let request = name + [0x7A, UInt8(file.count)] + file
    #expect(try PluginC.messagesOnly(of: request) == name + [0x7A, UInt8(name.count)] + name)
    #expect(PluginC.supportsOptional == [2 << 3, 1])
  }

  @Test(
    "R-132 options of a message are merged from their parts; lists of numbers come in both forms")
  func optionParts() throws {
    let text = ProtoSource.service(
      options: ProtoSource.http
        + "option (portico.access.v1.rule).permission = TICKETS_READ;"
        + "option (portico.access.v1.rule).services = \"billing\";")
    let index = try ProtoSource.index(text)
    let access = index.files.last?.services[0].methods[0].access
    #expect(access?.callers == .permission(4) && access?.services == ["billing"])
  }
}

@Suite("OpenAPI")
struct OpenAPITests {
  private func document() throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(openAPI))
    return try #require(json as? [String: Any])
  }

  private func at(_ root: Any, _ path: String...) throws -> Any {
    try path.reduce(root) { value, key in
      try #require((value as? [String: Any])?[key], "no \(key) in \(path)")
    }
  }

  @Test("R-176 every HTTP rule of portico.* is a path with its access rule")
  func complete() throws {
    let root = try document()
    let paths = try #require(try at(root, "paths") as? [String: [String: Any]])
    let operations = paths.values.flatMap(\.values).compactMap { $0 as? [String: Any] }
    let rules = Methods.all.filter {
      $0.service.hasPrefix("portico.") && !$0.service.hasPrefix("portico.testing.")
    }.flatMap(\.http)
    #expect(operations.count == rules.count && !rules.isEmpty)
    #expect(operations.allSatisfy { $0["x-portico-access"] != nil })
    #expect(Set(operations.compactMap { $0["operationId"] as? String }).count == operations.count)
    for (path, item) in paths {
      let names = Set(path.matches(of: /\{(\w+)\}/).map { String($0.1) })
      for case let operation as [String: Any] in item.values {
        let parameters = operation["parameters"] as? [[String: Any]] ?? []
        let bound = parameters.filter { $0["in"] as? String == "path" }.compactMap {
          $0["name"] as? String
        }
        #expect(Set(bound) == names, "\(path)")
      }
    }
  }

  @Test("R-176 every reference leads somewhere")
  func references() throws {
    let root = try document()
    func walk(_ value: Any) throws {
      if let object = value as? [String: Any] {
        if let reference = object["$ref"] as? String {
          let parts = reference.dropFirst(2).split(separator: "/").map(String.init)
          _ = try parts.reduce(root as Any) { try at($0, $1) }
        }
        for member in object.values { try walk(member) }
      } else if let array = value as? [Any] {
        for element in array { try walk(element) }
      }
    }
    try walk(root)
  }

  @Test("R-176 behaviours, int64, enums, path-bound fields and oneofs")
  func schemas() throws {
    let text = ProtoSource.service(
      options: ProtoSource.access
        + #"option (google.api.http) = { post: "/v1/{thing.name=things/*}:try" body: "*" };"#,
      fields: """
        Sub thing = 1; int64 size = 2 [(google.api.field_behavior) = REQUIRED];
        string made = 3 [(google.api.field_behavior) = OUTPUT_ONLY];
        string secret = 4 [(google.api.field_behavior) = INPUT_ONLY];
        Kind kind = 5; oneof pick { string a_b = 6; bytes c = 7; } optional bool maybe = 8;
        message Sub { string name = 1; string title = 2; }
        enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1; }
        """
    ).replacing(
      "import \"google/api/annotations.proto\";",
      with: "import \"google/api/annotations.proto\"; import \"google/api/field_behavior.proto\";")
    let json = try OpenAPI(index: try ProtoSource.index(text)).document()
    let root = try JSONSerialization.jsonObject(with: Data(json.utf8))
    let schema = try at(
      root, "paths", "/v1/things/{thing}:try", "post", "requestBody", "content", "application/json",
      "schema")
    let properties = try at(schema, "properties")
    #expect(try at(properties, "size", "type") as? String == "string")
    #expect(try at(properties, "made", "readOnly") as? Bool == true)
    #expect(try at(properties, "secret", "writeOnly") as? Bool == true)
    #expect(try at(schema, "required") as? [String] == ["size"])
    let thing = try #require(try at(properties, "thing", "properties") as? [String: Any])
    #expect(Array(thing.keys) == ["title"])
    #expect((try at(schema, "allOf") as? [Any])?.count == 1)
    let kind = try at(
      root, "components", "schemas", "portico.trial.v1.GetThingRequest.Kind", "enum")
    #expect(kind as? [String] == ["KIND_UNSPECIFIED", "KIND_BIG"])
    let access = try at(root, "paths", "/v1/things/{thing}:try", "post", "x-portico-access")
    #expect(try at(access, "callers") as? String == "signed_in")
  }
}
