import Testing

@testable import protogen

@Suite("What does not generate")
struct RefusalTests {
  @Test("R-135 an rpc with both rules generates")
  func inOrder() throws {
    let text = ProtoSource.service(options: ProtoSource.access + ProtoSource.http)
    #expect(try ProtoSource.failures(text) == [])
  }

  @Test("R-135 an rpc without an access rule is refused, with file, service and method")
  func noAccessRule() throws {
    let failures = try ProtoSource.failures(ProtoSource.service(options: ProtoSource.http))
    #expect(failures.count == 1)
    #expect(failures.first?.hasPrefix("trial.proto: portico.trial.v1.Things.GetThing: ") == true)
    #expect(failures.first?.contains("no access rule") == true)
  }

  @Test("R-135 gRPC's public definitions carry no rule of ours and are open to anyone")
  func publicDefinitions() throws {
    let text = ProtoSource.service(options: "", package: "grpc.trial.v1")
    #expect(try ProtoSource.failures(text) == [])
    let index = try ProtoSource.index(text)
    let methods = index.files.first { $0.path == "trial.proto" }?.services.flatMap(\.methods) ?? []
    #expect(methods.map(\.access?.callers) == [.anyone])
    let lookalike = ProtoSource.service(options: ProtoSource.http, package: "grpcish.trial.v1")
    #expect(try ProtoSource.failures(lookalike).contains { $0.contains("no access rule") })
  }

  @Test(
    "R-135 an access rule that names nobody is refused",
    arguments: [
      "{}", "{ anyone: false }", "{ services_only: true }",
      "{ permission: PERMISSION_UNSPECIFIED }",
    ])
  func emptyAccessRule(rule: String) throws {
    let options = "option (portico.access.v1.rule) = \(rule);" + ProtoSource.http
    let error = #expect(throws: GenerationError.self) {
      try ProtoSource.index(ProtoSource.service(options: options))
    }
    #expect(error?.element == "portico.trial.v1.Things.GetThing")
  }

  @Test(
    "An rpc without an HTTP rule is refused, except of grpc.*, opentelemetry.* and portico.testing.*"
  )
  func noHTTPRule() throws {
    let failures = try ProtoSource.failures(ProtoSource.service(options: ProtoSource.access))
    #expect(failures.count == 1 && failures[0].contains("no HTTP rule"))
    for package in ["grpc.trial.v1", "opentelemetry.trial.v1", "portico.testing.v2"] {
      let text = ProtoSource.service(options: ProtoSource.access, package: package)
      #expect(try ProtoSource.failures(text).filter { $0.contains("HTTP rule") } == [])
    }
  }

  @Test("A route that no person may take is refused")
  func routeForServices() throws {
    let rule = #"option (portico.access.v1.rule) = { services_only: true services: "gateway" };"#
    let failures = try ProtoSource.failures(ProtoSource.service(options: rule + ProtoSource.http))
    #expect(failures.contains { $0.contains("no person may call it") }, "\(failures)")
    let without = try ProtoSource.failures(ProtoSource.service(options: rule))
    #expect(!without.contains { $0.contains("HTTP rule") }, "\(without)")
  }

  @Test(
    "R-167 a GET that does not say that it has no side effects is refused; so is an idempotent one")
  func impureGet() throws {
    let get = ProtoSource.access + #"option (google.api.http) = { get: "/v1/{name=things/*}" };"#
    for options in [get, get + "option idempotency_level = IDEMPOTENT;"] {
      let failures = try ProtoSource.failures(ProtoSource.service(options: options))
      #expect(failures.count == 1 && failures[0].contains("NO_SIDE_EFFECTS"))
    }
  }

  @Test(
    "A route that binds or sends what the request lacks is refused",
    arguments: [
      #"{ get: "/v1/{nme=things/*}" }"#, #"{ post: "/v1/things" body: "thing" }"#,
      #"{ get: "/v1/{name=things/*" }"#, #"{ get: "/v1//things" }"#,
      #"{ get: "/v1/things" response_body: "x" }"#, #"{ get: "/v1/{name.x=things/*}" }"#,
    ])
  func wrongRoute(rule: String) throws {
    let options = ProtoSource.access + ProtoSource.pure + "option (google.api.http) = \(rule);"
    #expect(try ProtoSource.failures(ProtoSource.service(options: options)).count == 1)
  }

  @Test("A map in our protos is refused")
  func map() throws {
    let text = ProtoSource.service(
      options: ProtoSource.access + ProtoSource.http,
      fields: "string name = 1; map<string, string> labels = 2;")
    let failures = try ProtoSource.failures(text)
    #expect(failures.count == 1)
    #expect(failures.first?.contains("GetThingRequest.labels: map<>") == true)
  }

  @Test("R-133 two fields with one Swift name, and a namespace that hides a module, are refused")
  func names() throws {
    let twice = ProtoSource.service(
      options: ProtoSource.access + ProtoSource.http,
      fields: "string name = 1; string theThing = 2; oneof the_thing { string other = 3; }")
    #expect(try ProtoSource.failures(twice).contains { $0.contains("same Swift name") })
    let hidden = ProtoSource.service(
      options: ProtoSource.access + ProtoSource.http, package: "portico.store.v1")
    #expect(try ProtoSource.failures(hidden).contains { $0.contains("swift_prefix") })
  }

  @Test("An explicit json_name is refused: the JSON codec derives names")
  func jsonName() throws {
    let text = ProtoSource.service(
      options: ProtoSource.access + ProtoSource.http,
      fields: "string name = 1; string size = 2 [json_name = \"big\"];")
    #expect(try ProtoSource.failures(text).contains { $0.contains("json_name") })
  }

  @Test("Two methods with one route are refused")
  func duplicateRoute() throws {
    let text = ProtoSource.service(options: ProtoSource.access + ProtoSource.http)
      .replacing(
        "service Things {",
        with: "service Things { rpc Again(GetThingRequest) returns (Thing) { "
          + ProtoSource.access + ProtoSource.http + " }")
    let error = #expect(throws: GenerationError.self) {
      _ = try OpenAPI(index: try ProtoSource.index(text)).document()
    }
    #expect(error?.reason.contains("GET /v1/things/{thing}") == true)
  }
}
