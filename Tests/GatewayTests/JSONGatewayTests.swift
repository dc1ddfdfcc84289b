import PorticoAPI
import Protobuf
import RPC
import Testing
import WellKnown

@testable import Gateway

@Suite("R-151 the JSON API", .timeLimit(.minutes(2)))
struct JSONGatewayTests {
  /// The request message that an HTTP request becomes.
  private func translate<M: Message>(
    _ method: RPC.Method, _ verb: String, _ path: String, _ body: String = "",
    as type: M.Type = M.self
  ) throws -> M {
    let target: Gateway.Target = try .init(path)
    guard case .found(let match) = try JSONRouter([method]).match(verb, target) else {
      throw Status(.notFound, "no route")
    }
    let translation = RequestTranslation(
      route: match.value, bindings: match.bindings, query: target.query, limits: JSONLimits(),
      types: TypeRegistry())
    return try M(serialized: translation.message(body: Array(body.utf8)))
  }

  @Test("R-152 every method of the contract has a route that parses, and none conflict")
  func contract() throws {
    #expect(throws: Never.self) { try JSONRouter(Methods.all) }
  }

  @Test("R-156 PATCH fills the mask from the body, without the name and the etag")
  func patch() throws {
    let request: Identity.UpdateContactRequest = try translate(
      Methods.Contacts.updateContact, "PATCH", "/v1/accounts/acme/contacts/7",
      #"{"firstName":"Ada","lastName":null,"etag":"e1"}"#)
    #expect(request.contact?.name == "accounts/acme/contacts/7")
    #expect(request.contact?.firstName == "Ada")
    #expect(request.contact?.etag == "e1")
    #expect(Set(request.updateMask?.paths ?? []) == ["first_name", "last_name"])
    let explicit: Identity.UpdateContactRequest = try translate(
      Methods.Contacts.updateContact, "PATCH",
      "/v1/accounts/acme/contacts/7?updateMask=firstName,last_name",
      #"{"firstName":"Ada"}"#)
    #expect(explicit.updateMask?.paths == ["first_name", "last_name"])
  }

  @Test(
    "R-154 the path decides: the body may repeat it, not contradict it; the query may do neither")
  func pathBound() throws {
    let method = Methods.Contacts.updateContact
    #expect(throws: Never.self) {
      let _: Identity.UpdateContactRequest = try translate(
        method, "PATCH", "/v1/accounts/a/contacts/7", #"{"name":"accounts/a/contacts/7"}"#)
    }
    for (path, body) in [
      ("/v1/accounts/a/contacts/7", #"{"name":"accounts/b/contacts/7"}"#),
      ("/v1/accounts/a/contacts/7?contact.name=x", "{}"),
      ("/v1/accounts/a/contacts/7?contact.firstName=x", "{}"),
      ("/v1/accounts/a/contacts/7?contact=x", "{}"), ("/v1/accounts/a/contacts/7?nothing=1", "{}"),
      ("/v1/accounts/a/contacts/7", ""),
    ] {
      #expect(throws: JSONError.self, "\(path) \(body)") {
        let _: Identity.UpdateContactRequest = try translate(method, "PATCH", path, body)
      }
    }
  }

  @Test("R-154 query parameters: both spellings, numbers, booleans, enums, nesting, `+`")
  func query() throws {
    let method = RPC.Method(
      service: "test.Test", name: "Get", input: PorticoTesting.Scalars.descriptor,
      output: PorticoTesting.Node.descriptor, http: [HTTPRule("GET", "/v1/{string_value}")],
      access: AccessRule(.anyone))
    let request: PorticoTesting.Scalars = try translate(
      method, "GET",
      "/v1/x?int64Value=9&bool_value=true&colorValue=COLOR_RED&doubleValue=1.5&bytesValue=AQI")
    #expect(
      request
        == .init(
          doubleValue: 1.5, int64Value: 9, boolValue: true, stringValue: "x", bytesValue: [1, 2],
          colorValue: .red))
    for bad in [
      "int64Value=x", "boolValue=1", "colorValue=NOPE", "stringValue=y",
      "int64Value=1&int64Value=2",
    ] {
      #expect(throws: JSONError.self, "\(bad)") {
        let _: PorticoTesting.Scalars = try translate(method, "GET", "/v1/x?\(bad)")
      }
    }
    let lists = RPC.Method(
      service: "test.Test", name: "List", input: PorticoTesting.Lists.descriptor,
      output: PorticoTesting.Node.descriptor, http: [HTTPRule("GET", "/v1/lists")],
      access: AccessRule(.anyone))
    let list: PorticoTesting.Lists = try translate(
      lists, "GET", "/v1/lists?stringValue=a+b&stringValue=%2B&int32_value=1")
    #expect(list == .init(int32Value: [1], stringValue: ["a b", "+"]))
    #expect(throws: JSONError.self) {
      let _: PorticoTesting.Lists = try translate(lists, "GET", "/v1/lists?nodeValue=x")
    }
    let widget = RPC.Method(
      service: "test.Test", name: "Widget", input: PorticoTesting.Widget.descriptor,
      output: PorticoTesting.Node.descriptor, http: [HTTPRule("GET", "/v1/widgets")],
      access: AccessRule(.anyone))
    let found: PorticoTesting.Widget = try translate(
      widget, "GET",
      "/v1/widgets?price.units=5&price.currencyCode=EUR&createTime=2026-03-01T09:30:00Z&wait=1.5s")
    #expect(found.price?.units == 5 && found.price?.currencyCode == "EUR")
    #expect(found.createTime?.seconds == 1_772_357_400 && found.wait?.nanos == 500_000_000)
  }

  @Test("R-151 rules that no request could meet stop the gateway at start")
  func badRules() {
    for rule in [
      HTTPRule("GET", "/v1/{nothing}"), HTTPRule("GET", "/v1/{child}"),
      HTTPRule("POST", "/v1/x", body: .field("nope")),
      HTTPRule("GET", "/v1/x", body: .whole), HTTPRule("GET", "/v1/x", responseBody: "nope"),
      HTTPRule("GET", "/v1/{"),
    ] {
      #expect(throws: (any Error).self, "\(rule.template)") {
        try JSONRouter([
          RPC.Method(
            service: "t.T", name: "M", input: PorticoTesting.Node.descriptor,
            output: PorticoTesting.Node.descriptor,
            http: [rule], access: AccessRule(.anyone))
        ])
      }
    }
  }

  private static let json = ["Content-Type": "application/json"]

  @Test("R-157 R-160 answers and errors over the wire")
  func overTheWire() async throws {
    try await EdgeStage.run { stage in
      let portal = try await stage.send("GET", "/v1/portal?tenant=northwind")
      #expect(portal.status == 200 && portal["content-type"] == "application/json")
      #expect(
        portal.body.contains(
          #""tenant":"northwind","displayName":"Northwind","active":true,"signUpAllowed":false"#))
      let missing = try await stage.send("GET", "/v1/portal?tenant=none")
      #expect(missing.status == 404 && missing["content-type"] == "application/problem+json")
      #expect(
        missing.body.contains(
          #""title":"Not Found","status":404,"detail":"there is no such portal","code":"NOT_FOUND""#
        ))
      #expect(missing.body.contains(missing["x-request-id"] ?? "none"))
      let leaky = try await stage.send("GET", "/v1/portal?tenant=leaky")
      #expect(leaky.status == 500 && leaky.body.contains("internal error"))
      #expect(!leaky.body.contains("SELECT") && !leaky.body.contains("stack"))
      let busy = try await stage.send("GET", "/v1/portal?tenant=busy")
      #expect(busy.status == 429 && busy["retry-after"] == "7")
      let anonymous = try await stage.send("GET", "/v1/sessions")
      #expect(anonymous.status == 401 && anonymous["www-authenticate"] != nil)
      let down = try await stage.send("GET", "/v1/accounts/acme/tickets")
      #expect([401, 503].contains(down.status))
    }
  }

  @Test("R-161 field violations, and gateway errors in the same shape")
  func problems() async throws {
    try await EdgeStage.run { stage in
      let invalid = try await stage.send("POST", "/v1/links:redeem", Self.json, body: "{}")
      #expect(invalid.status == 400)
      #expect(
        invalid.body.contains(
          #""violations":[{"field":"new_password","description":"needs 12 characters"}]"#))
      #expect(invalid.body.contains(#""@type":"type.googleapis.com/google.rpc.BadRequest""#))
      let unknown = try await stage.send(
        "POST", "/v1/links:redeem", Self.json, body: #"{"nope":1}"#)
      #expect(unknown.status == 400 && unknown.body.contains(#""field":"nope""#))
      let broken = try await stage.send("POST", "/v1/links:redeem", Self.json, body: #"{"token":"#)
      #expect(broken.status == 400)
      let method = try await stage.send("PUT", "/v1/sessions")
      #expect(method.status == 405 && method["allow"] == "GET, HEAD, POST")
      #expect(
        try await stage.send("POST", "/v1/links:redeem", ["Content-Type": "text/plain"], body: "{}")
          .status == 415)
      #expect(try await stage.send("GET", "/v1/nowhere").status == 404)
      #expect(try await stage.send("GET", "/v1/a//b").status == 400)
      #expect(try await stage.send("GET", "/v1/portal", Self.json, body: "{}").status == 400)
      for answer in [unknown, broken, method] {
        #expect(
          answer["content-type"] == "application/problem+json"
            && answer.body.hasPrefix(#"{"type":"about:blank""#))
      }
    }
  }

  @Test("R-171 R-172 the gate stands before the call; no header of the client becomes identity")
  func gate() async throws {
    try await EdgeStage.run { stage in
      let token = stage.identity.open()
      let cookie = ["Cookie": "portico=\(token)", "Sec-Fetch-Site": "same-origin"]
      let own = try await stage.send("GET", "/v1/sessions", cookie)
      #expect(own.status == 200)
      // For services only: not for people, whoever they are; there is no such route.
      let refresh = #"{"tenant":"northwind","token":"\#(token)"}"#
      for path in ["/v1/sessions:refreshPrincipal", "/v1/tenants", "/v1/sessions:delete"] {
        let person = try await stage.send(
          "POST", path, cookie.merging(Self.json) { $1 }, body: refresh)
        #expect(person.status == 404)
        let nobody = try await stage.send("POST", path, Self.json, body: refresh)
        #expect(nobody.status == 404)
      }
      let forged = try await stage.send(
        "GET", "/v1/sessions",
        [
          "portico-principal-bin": "AAAA", "grpc-metadata-portico-principal-bin": "AAAA",
          "x-user": "users/admin",
        ])
      #expect(forged.status == 401)
    }
  }
}
