import Bootstrap
import RPC
import TestSupport
import Testing

@testable import Gateway

@Suite("R-169 pages of other sites", .timeLimit(.minutes(5)))
struct CORSTests {
  private static let site = "https://app.example"
  private static let path = "/v1/testing/query"

  @Test("R-169 a listed origin may ask and read, exactly; another one gets nothing")
  func shared() async throws {
    try await TranscodingStage.run(api: APIOptions(origins: [Self.site])) { stage in
      let answer = try await stage.send(
        "GET", Self.path, ["Origin": Self.site, "Sec-Fetch-Site": "cross-site"])
      #expect(answer.status == 200 && answer["access-control-allow-origin"] == Self.site)
      #expect(answer["access-control-allow-credentials"] == "true")
      #expect(answer["access-control-expose-headers"]?.contains("grpc-status-details-bin") == true)
      #expect(answer.headers.contains { $0.name == "vary" && $0.value == "Origin" })
      let failed = try await stage.send("GET", "/v1/nowhere", ["Origin": Self.site])
      #expect(failed.status == 404 && failed["access-control-allow-origin"] == Self.site)
      for other in [
        "https://app.example.evil", "https://evil.app.example", "http://app.example",
        "https://app.example:8443", "null", "HTTPS://APP.EXAMPLE",
      ] {
        let answer = try await stage.send("GET", Self.path, ["Origin": other])
        #expect(answer["access-control-allow-origin"] == nil)
        #expect(answer.headers.contains { $0.name == "vary" && $0.value == "Origin" })
        let write = try await stage.send(
          "POST", "/v1/testing/parcels", ["Origin": other, "Sec-Fetch-Site": "cross-site"],
          body: "{}")
        #expect(write.status == 403, "\(other)")
      }
      let write = try await stage.send(
        "POST", "/v1/testing/parcels", ["Origin": Self.site, "Sec-Fetch-Site": "cross-site"],
        body: "{}")
      #expect(write.status == 200)
      let page = try await stage.send("GET", "/", ["Origin": Self.site])
      #expect(page["access-control-allow-origin"] == nil)
    }
  }

  @Test("R-169 who asks first is told the verbs of the path and the headers, and may remember it")
  func preflight() async throws {
    try await TranscodingStage.run(api: APIOptions(origins: [Self.site])) { stage in
      func ask(_ path: String, _ origin: String = Self.site) async throws -> Answer {
        try await stage.edge.send(
          "OPTIONS", path,
          [
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Sec-Fetch-Site": "cross-site",
          ])
      }
      let answer = try await ask("/v1/testing/shelves/1/parcels/2")
      #expect(answer.status == 204 && answer.body.isEmpty)
      #expect(answer["access-control-allow-methods"] == "DELETE, GET, HEAD, PATCH, PUT")
      #expect(answer["access-control-allow-headers"]?.contains("authorization") == true)
      #expect(
        answer["access-control-max-age"] == "7200" && answer["vary"]?.hasPrefix("Origin") == true)
      let rpc = try await ask("/portico.testing.v1.Transcoding/GetParcel")
      #expect(rpc.status == 204 && rpc["access-control-allow-methods"] == "GET, POST")
      let other = try await ask(Self.path, "https://evil.example")
      #expect(other["access-control-allow-origin"] == nil)
      #expect(try await ask("/v1/nowhere").status == 404)
      #expect(try await ask("/login")["access-control-allow-origin"] == nil)
    }
  }

  @Test(
    "R-169 origins are exact ones, or the gateway does not start",
    arguments: [
      "*", "null", "app.example", "https://*.app.example", "https://app.example/",
      "https://App.example", "https://",
    ])
  func settings(origin: String) throws {
    #expect(!APIOptions.isOrigin(origin))
    #expect(APIOptions.isOrigin(Self.site) && APIOptions.isOrigin("http://localhost:5173"))
  }
}
