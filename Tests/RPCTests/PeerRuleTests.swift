import HTTP2
import PorticoAPI
import Testing

@testable import RPC

@Suite struct PeerRuleTests {
  private static let service = "portico.testing.v1.Streams"
  private static let gateway = "spiffe://portico/gateway"

  /// What `Unary` and `Collect` answer to a client with this certificate, or over plaintext with none.
  private func codes(
    _ rules: [PeerRule], client: String?, tls: Bool = true
  ) async throws -> (unary: Status.Code, collect: Status.Code) {
    let certificates = try Certificates()
    var configuration = ServerConfiguration()
    configuration.peerRules = rules
    let server = Server(services: [EchoStreams()], configuration: configuration)
    // Certificates are asked for only from clients that have one to show.
    let serverTLS = certificates.serving(clientsOf: client == nil ? nil : "ca")
    let port = try await port(
      of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: tls ? serverTLS : nil))
    let clientTLS = TLSConfiguration.client(
      trustRootsFile: certificates.file("ca.pem"),
      certificateChainFile: client.map { certificates.file("\($0).pem") },
      privateKeyFile: client.map { certificates.file("\($0).key") })
    let channel = try Channel(
      "localhost:\(port)", ChannelConfiguration(tls: tls ? clientTLS : nil))
    let streams = StreamsClient(channel)
    let unary = await status { _ = try await streams.unary(Node()) }
    let collect = await status { _ = try await streams.collect { _ in } }
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
    return (unary.code, collect.code)
  }

  @Test("R-036 the right name passes, a wrong one is PERMISSION_DENIED, none UNAUTHENTICATED")
  func service() async throws {
    let rules = [PeerRule(.service(Self.service), requires: [Self.gateway])]
    #expect(try await codes(rules, client: "gateway") == (.ok, .ok))
    #expect(
      try await codes(rules, client: "elsewhere") == (.permissionDenied, .permissionDenied))
    #expect(try await codes(rules, client: nil) == (.unauthenticated, .unauthenticated))
    #expect(
      try await codes(rules, client: nil, tls: false) == (.unauthenticated, .unauthenticated))
  }

  @Test("R-036 R-220 a rule holds for its method only, and before the one of its service")
  func method() async throws {
    let method = PeerRule(.method("/\(Self.service)/Collect"), requires: ["gateway.portico"])
    #expect(try await codes([method], client: "elsewhere") == (.ok, .permissionDenied))
    let both = [PeerRule(.service(Self.service), requires: ["elsewhere.example"]), method]
    #expect(try await codes(both, client: "elsewhere") == (.ok, .permissionDenied))
    #expect(try await codes(both, client: "gateway") == (.permissionDenied, .ok))
    let everything = [PeerRule(.everything, requires: ["nobody"]), method]
    #expect(try await codes(everything, client: "gateway") == (.permissionDenied, .ok))
  }

  @Test("R-036 the CN is no name")
  func commonName() async throws {
    let rules = [PeerRule(.everything, requires: ["not-a-name"])]
    #expect(try await codes(rules, client: "gateway") == (.permissionDenied, .permissionDenied))
  }

  @Test("R-036 a refusal comes before the message and in one block")
  func early() async throws {
    var configuration = ServerConfiguration()
    configuration.peerRules = [PeerRule(.everything, requires: ["x"])]
    let server = Server(services: [EchoStreams()], configuration: configuration)
    let raw = try await RawClient(port: try await port(of: server))
    let answer = try await raw.request(RawClient.headers(), finish: false)
    #expect(answer.headers["grpc-status"] == "16")
    #expect(answer.trailers == nil)
    try await raw.close()
    await server.shutDown(grace: .zero)
  }
}
