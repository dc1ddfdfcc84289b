import Testing

@testable import protogen

@Suite("Names")
struct NameTests {
  @Test(
    "R-133 properties",
    arguments: [
      ("create_time", "createTime"), ("request_id", "requestID"), ("id", "id"),
      ("id_card", "idCard"),
      ("photo_url", "photoURL"), ("class", "`class`"), ("self", "self_"), ("init", "init_"),
      ("Type", "type"), ("HTTPServer", "httpServer"), ("_leading", "leading"), ("line_2", "line2"),
      ("hash_value", "hashValue_"), ("unknown_fields", "unknownFields_"), ("in", "`in`"),
      ("URL", "url"), ("__", "_"), ("_1", "_1"),
    ])
  func properties(proto: String, swift: String) {
    #expect(SwiftNames.property(proto) == swift)
  }

  @Test(
    "R-133 namespaces",
    arguments: [
      ("portico.ticketing.v1", "Ticketing"), ("google.protobuf", "GoogleProtobuf"),
      ("google.rpc", "GoogleRpc"), ("grpc.health.v1", "GrpcHealth"), ("portico.a_b.v2", "AB"),
      ("grpc.reflection.v1alpha", "GrpcReflectionV1alpha"), ("v1", "V1"),
    ])
  func namespaces(package: String, swift: String) {
    #expect(SwiftNames.namespace(package: package, swiftPrefix: "") == swift)
    #expect(SwiftNames.namespace(package: package, swiftPrefix: "Other") == "Other")
  }

  @Test(
    "R-133 a service of a version on trial has a name of its own",
    arguments: [
      ("a.v1", "Tickets", "Tickets"), ("a.v1", "TicketsService", "Tickets"),
      ("a.v1", "Service", "Service"), ("a.v1alpha", "TicketsService", "TicketsV1alpha"),
      ("a.v2beta1", "Tickets", "TicketsV2beta1"), ("", "Tickets", "Tickets"),
    ])
  func services(package: String, name: String, swift: String) {
    let fullName = package.isEmpty ? name : "\(package).\(name)"
    let service = ProtoService(name: name, fullName: fullName, comment: "", methods: [])
    #expect(SwiftServices.name(service) == swift)
  }

  @Test("R-133 enum values lose their prefix, unless that would clash or begin with a digit")
  func cases() {
    func names(_ name: String, _ values: [String]) -> [String] {
      SwiftNames.cases(
        of: ProtoEnum(
          name: name, fullName: name, comment: "",
          values: values.enumerated().map {
            .init(name: $0.element, number: Int32($0.offset), comment: "")
          }))
    }
    #expect(
      names("TicketState", ["TICKET_STATE_OPEN", "TICKET_STATE_IN_WORK"]) == ["open", "inWork"])
    #expect(names("Level", ["LEVEL_UNSPECIFIED", "LEVEL_1"]) == ["levelUnspecified", "level1"])
    #expect(
      names("Audience", ["AUDIENCE_UNSPECIFIED", "STAFF"]) == ["audienceUnspecified", "staff"])
    #expect(names("X", ["X_SELF", "X_NONE", "X_DEFAULT"]) == ["self_", "none_", "`default`"])
    #expect(names("X", ["X_A_B", "X_AB", "X_A__B"]) == ["xAB", "xAb", "xAB"])
  }

  @Test("Types that Swift or the generated code needs get an underscore")
  func types() {
    #expect(SwiftNames.type("Any") == "Any_" && SwiftNames.type("Type") == "Type_")
    #expect(
      SwiftNames.type("Message") == "Message" && SwiftNames.type("ticket_note") == "TicketNote")
  }

  @Test("C names are those of protoc-gen-c")
  func cNames() {
    #expect(CNames.structure("portico.testing.v1.Node.Sub") == "Portico__Testing__V1__Node__Sub")
    #expect(CNames.lower("google.api.HTTPRule.SubNode") == "google__api__httprule__sub_node")
    #expect(CNames.member("default") == "default_" && CNames.member("self") == "`self`")
    #expect(CNames.count("class") == "n_class_")
  }

  @Test(
    "Path templates",
    arguments: [
      ("/v1/{name=accounts/*/tickets/*}:close", "/v1/accounts/{account}/tickets/{ticket}:close"),
      ("/v1/{ticket.name=accounts/*}", "/v1/accounts/{account}"),
      ("/v1/things/{id}", "/v1/things/{id}"),
      (
        "/v1/{parent=accounts/*}/timeEntries/{entry.id}",
        "/v1/accounts/{account}/timeEntries/{entry_id}"
      ),
      ("/v1/{name=a/*/a/*}", "/v1/a/{a}/a/{a2}"),
      ("/v1/{name=properties/*}", "/v1/properties/{property}"),
      ("/v1/{name=files/**}", "/v1/files/{file}"), ("/v1/sessions:delete", "/v1/sessions:delete"),
    ])
  func templates(template: String, path: String) throws {
    #expect(OpenAPIPath(try PathTemplate(template)).text == path)
  }
}
