import RPC
import Testing

@testable import Gateway

@Suite("R-173 R-217 limits of calls", .timeLimit(.minutes(2)))
struct CallLimitTests {
  private static let path = "/portico.testing.v1.Transcoding/GetParcel"
  private static let proto = ["Content-Type": "application/proto"]
  private static let web = ["Content-Type": "application/grpc-web+proto"]

  /// A parcel whose name has so many bytes.
  private func parcel(_ name: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = name.count
    while rest >= 128 {
      length.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return [0x0A] + length + [UInt8(rest)] + name
  }

  private func call(
    _ stage: TranscodingStage, _ headers: [String: String], _ body: [UInt8]
  ) async throws -> BinaryAnswer {
    try await stage.edge.call(Self.path, stage.headers.merging(headers) { $1 }, body: body)
  }

  @Test("R-173 a message over the limit is RESOURCE_EXHAUSTED, one of its size is not")
  func messages() async throws {
    var limits = EdgeLimits.testing
    limits.messageBytes = 5000
    try await TranscodingStage.run(limits: limits) { stage in
      let most = parcel(Array(repeating: 0x61, count: 4997))
      #expect(most.count == 5000)
      let more = parcel(Array(repeating: 0x61, count: 4998))
      #expect(try await call(stage, Self.proto, most).status == 200)
      let refused = try await call(stage, Self.proto, more)
      #expect(refused.status == 429 && refused.head.body.isEmpty)
      #expect(String(decoding: refused.body, as: UTF8.self).contains("resource_exhausted"))
      #expect(try await call(stage, Self.web, Envelope.bytes(most))["grpc-status"] == nil)
      #expect(try await call(stage, Self.web, Envelope.bytes(more))["grpc-status"] == "8")
      // A length that is only said costs nothing.
      let declared = try await call(stage, Self.web, [0, 0xFF, 0xFF, 0xFF, 0xFF])
      #expect(declared["grpc-status"] == "8")
    }
  }

  /// Bytes that hardly shrink.
  private func noise(_ count: Int) -> [UInt8] {
    var state: UInt32 = 2_463_534_242
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(state >> 24) & 0x3F + 0x20
    }
  }

  @Test("R-217 X-20 what all compressed messages may have once inflated is bounded")
  func inflated() async throws {
    var limits = EdgeLimits.testing
    limits.inflatedBytes = 10_000
    try await TranscodingStage.run(limits: limits) { stage in
      let headers = Self.proto.merging(["Content-Encoding": "gzip"]) { $1 }
      let small = try #require(Envelope.gzip(parcel(noise(5000))))
      let large = try #require(Envelope.gzip(parcel(noise(20_000))))
      #expect(try await call(stage, headers, small).status == 200)
      #expect(try await call(stage, headers, large).status == 429)
      // What was taken has been given back.
      for _ in 0..<5 { #expect(try await call(stage, headers, small).status == 200) }
    }
  }

  @Test("R-217 X-20 what grows more than the ratio is refused, what grows less is not")
  func ratio() async throws {
    var limits = EdgeLimits.testing
    limits.inflationRatio = 20
    try await TranscodingStage.run(limits: limits) { stage in
      let headers = Self.proto.merging(["Content-Encoding": "gzip"]) { $1 }
      let flat = try #require(Envelope.gzip(parcel(Array(repeating: 0x61, count: 100_000))))
      #expect(flat.count * 20 < 100_000)
      #expect(try await call(stage, headers, flat).status == 429)
      let rough = try #require(Envelope.gzip(parcel(noise(100_000))))
      #expect(try await call(stage, headers, rough).status == 200)
    }
  }

  @Test("R-180 a portal whose face does not come in time has a plain one")
  func portal() async throws {
    var limits = EdgeLimits.testing
    limits.portalTime = .milliseconds(20)
    let never = TestPortals(held: { try await Task.sleep(for: .seconds(600)) })
    try await EdgeStage.run(limits: limits, portals: never) { stage in
      let answer = try await stage.send("GET", "/login", host: "held.localhost")
      #expect(answer.status == 200 && answer.body.contains("|held</form>"))
      #expect(!answer.body.contains("Held"))
    }
  }

  @Test(
    "X-22 after a login only a path of this portal follows",
    arguments: [
      "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
      "/%09/evil.example", "/\t/evil.example", "/%2F/evil.example", "/%5cevil.example",
      "/%255Cevil.example", "javascript:alert(1)", " //evil.example", "/%0d%0aLocation:%20//evil",
      "///evil.example", "/%", "http:evil.example", "@evil.example",
    ])
  func redirects(next: String) async throws {
    try await EdgeStage.run(pages: .portal) { stage in
      let page = try await stage.send("GET", "/login")
      let visit = try #require(page.cookie("portico-visit"))
      let answer = try await stage.send(
        "POST", "/login",
        [
          "Cookie": "portico-visit=\(visit)", "Content-Type": "application/x-www-form-urlencoded",
        ],
        body: "_csrf=\(PagesStage.token(page))&username=ada&password=right"
          + "&next=\(PercentCoding.encode(next))")
      #expect(answer.status == 303 && answer["location"] == "/")
    }
  }
}
