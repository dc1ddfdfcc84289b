import Access
import RPC
import Testing

@testable import Gateway

@Suite("R-172 which headers pass", .timeLimit(.minutes(2)))
struct HeaderListTests {
  private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  /// What a client says to be somebody else, to steer the call, or for no reason.
  private static let forged: [(name: String, value: String)] = [
    ("grpc-metadata-x-user", "users/root"), ("x-user-id", "users/root"), ("x-user-roles", "admin"),
    ("x-internal-tenant", "rival"), ("portico-principal-bin", "AAAA"),
    ("portico-request-id", "forged"), ("portico-client-address", "203.0.113.9"),
    ("portico-http-range", "bytes=0-0"), ("portico-http-method", "HEAD"),
    ("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"),
    ("x-request-id", "forged"), ("via", "1.1 evil"), ("grpc-previous-rpc-attempts", "3"),
    ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip"), ("grpc-trace-bin", "AAAA"),
    ("grpc-tags-bin", "AAAA"), ("x-real-ip", "203.0.113.9"), ("x-http-method-override", "DELETE"),
    ("x-original-url", "/v1/users"), ("referer", "http://evil.example/"), ("origin-agent", "x"),
    ("x-other", "1"), ("x-other-bin", "AAAA"), ("range", "bytes=0-0"), ("if-match", "x"),
    ("baggage", "user=root"), ("tracestate", "a=b"), ("traceparent", trace),
  ]

  /// Everything that a service may find beside a call: put there by the gateway, or on the list.
  private static let known: Set<String> = [
    "portico-principal-bin", "portico-request-id", "traceparent", "tracestate", "user-agent",
  ]

  private struct Language {
    let name: String
    let path: String
    let headers: [String: String]
    let body: [UInt8]
  }

  private static let languages: [Language] = {
    let call = "/portico.testing.v1.Transcoding/GetParcel"
    return [
      Language(name: "JSON", path: "/v1/testing/parcels", headers: [:], body: []),
      Language(
        name: "Connect", path: call, headers: ["Content-Type": "application/json"],
        body: Array("{}".utf8)),
      Language(
        name: "gRPC-Web", path: call, headers: ["Content-Type": "application/grpc-web+proto"],
        body: [0, 0, 0, 0, 0]),
    ]
  }()

  private func ask(
    _ language: Language, _ stage: TranscodingStage, _ more: [(name: String, value: String)] = []
  ) async throws -> BinaryAnswer {
    var headers = stage.headers.merging(language.headers) { $1 }
    for (name, value) in more { headers[name] = value }
    guard language.name == "JSON" else {
      return try await stage.edge.call(language.path, headers, body: language.body)
    }
    return try await stage.edge.call(
      "GET", "/v1/testing/shelves/a/parcels/b", headers, body: [])
  }

  @Test("What a browser sends reaches a service by a list alone, and nothing of it is believed")
  func inbound() async throws {
    try await TranscodingStage.run { stage in
      for language in Self.languages {
        let plain = try await ask(language, stage)
        #expect(plain.status == 200, "\(language.name)")
        // Each by itself too: a name that a combination refuses would hide what it does alone.
        for group in [Self.forged] + Self.forged.map({ [$0] }) {
          let answer = try await ask(language, stage, group)
          let names = group.map(\.name).joined(separator: ", ")
          #expect([200, 400, 415, 501].contains(answer.status), "\(language.name): \(names)")
        }
      }
      let seen = stage.service.record.withLock { $0.metadata }
      #expect(seen.count >= 3 * Self.forged.count - 6)
      let keys = Set(seen.flatMap { $0.entries.map(\.key) })
      #expect(keys.subtracting(Self.known).isEmpty, "\(keys.subtracting(Self.known))")
      #expect(keys.isSuperset(of: ["portico-principal-bin", "portico-request-id", "traceparent"]))
      for metadata in seen {
        #expect(metadata.values("portico-request-id").count == 1)
        #expect(metadata["portico-request-id"] != "forged")
        #expect(metadata.values("portico-principal-bin").count == 1)
        #expect(metadata["portico-principal-bin"] != "AAAA")
        #expect(metadata["user-agent"]?.contains("evil") != true)
      }
    }
  }

  @Test("A trace is passed on whole where it is one, and values with other bytes are left out")
  func trace() async throws {
    try await TranscodingStage.run { stage in
      for language in Self.languages {
        _ = try await ask(
          language, stage, [("traceparent", Self.trace), ("tracestate", "a=\u{E9}")])
      }
      let seen = stage.service.record.withLock { $0.metadata }
      #expect(seen.count == 3)
      for metadata in seen {
        let parent = metadata["traceparent"]?.split(separator: "-").map(String.init) ?? []
        #expect(parent.count == 4 && parent[1] == "0af7651916cd43dd8448eb211c80319c")
        #expect(metadata["tracestate"] == nil)
      }
    }
  }

  /// What a service might send that means something to browsers, caches, proxies or to us.
  private static let owned = [
    "set-cookie", "location", "refresh", "content-security-policy",
    "content-disposition", "content-encoding", "cache-control", "etag-not", "link", "vary",
    "server",
    "access-control-allow-origin", "access-control-allow-credentials", "strict-transport-security",
    "clear-site-data", "x-frame-options", "x-content-type-options", "www-authenticate",
    "proxy-authenticate", "sourcemap", "alt-svc", "x-request-id", "portico-inner",
    "portico-principal-bin", "cross-origin-opener-policy", "permissions-policy", "trailer-x",
    "connect-protocol-version", "sec-websocket-accept", "x-cost", "x-key-bin",
  ]

  @Test("Of a service's metadata nothing comes back that a browser, a cache or a proxy acts upon")
  func outbound() async throws {
    var metadata = Metadata()
    for name in Self.owned {
      if name.hasSuffix("-bin") {
        try metadata.append(name, binary: [1, 2])
      } else {
        try metadata.append(name, "forged")
      }
    }
    try await TranscodingStage.run(service: TestTranscoding(answering: metadata)) { stage in
      for language in Self.languages {
        let answer = try await ask(language, stage)
        #expect(answer.status == 200, "\(language.name)")
        let forged = answer.head.headers.filter { $0.value.contains("forged") }.map(\.name)
        // Our JSON has no place for metadata; the languages of RPC clients have, under names that mean nothing else.
        let allowed = language.name == "JSON" ? [] : ["x-cost", "etag-not"]
        let rest = forged.filter { !allowed.contains($0) && !$0.hasPrefix("trailer-") }
        #expect(rest.isEmpty, "\(language.name): \(rest)")
        #expect(forged.contains("x-cost") == (language.name != "JSON"))
        #expect(!answer.head.headers.contains { $0.name.contains("portico-") })
        #expect(answer.head.headers.filter { $0.name == "content-type" }.count == 1)
      }
    }
  }
}
