import Foundation
import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import RPC
import Testing

@Suite struct TLSTests {
  /// The status of one call over TLS, and the names the server saw.
  private func call(
    server name: String = "server", mutual: Bool = false, client: String? = nil,
    roots: String = "ca", host: String = "localhost", permitted: Set<String> = [],
    expected: Set<String> = [], authority: String? = nil
  ) async throws -> (status: Status, names: String) {
    let certificates = try Certificates()
    let server = Server(services: [
      EchoStreams(onUnary: { _, call in
        Node(text: call.peer.certificateNames.sorted().joined(separator: " "))
      })
    ])
    var tls = TLSConfiguration.server(
      certificateChainFile: certificates.file("\(name).pem"),
      privateKeyFile: certificates.file("\(name).key"),
      clientTrustRootsFile: mutual ? certificates.file("ca.pem") : nil)
    tls.permittedPeerNames = permitted
    let port = try await port(of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: tls))
    var calling = TLSConfiguration.client(
      trustRootsFile: certificates.file("\(roots).pem"),
      certificateChainFile: client.map { certificates.file("\($0).pem") },
      privateKeyFile: client.map { certificates.file("\($0).key") })
    calling.permittedPeerNames = expected
    var configuration = ChannelConfiguration(tls: calling)
    configuration.authority = authority
    let channel = try Channel("\(host):\(port)", configuration)
    var names = ""
    let status = await status {
      let text = String(repeating: "x", count: 200_000)
      names = try await StreamsClient(channel).unary(Node(text: text)).text
    }
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
    return (status, names)
  }

  @Test("R-035 R-076 a call over TLS, the name checked", arguments: ["localhost", "127.0.0.1"])
  func works(host: String) async throws {
    let answer = try await call(host: host)
    #expect(answer.status.code == .ok)
    #expect(answer.names.isEmpty)
  }

  @Test("R-076 a certificate for another name is refused")
  func wrongName() async throws {
    #expect(try await call(server: "elsewhere").status.code == .unavailable)
  }

  @Test("R-076 the name can be given where the target has none, and is checked as well")
  func givenName() async throws {
    let right = try await call(
      server: "elsewhere", host: "127.0.0.1", authority: "elsewhere.example:443")
    #expect(right.status.code == .ok)
    let wrong = try await call(host: "127.0.0.1", authority: "elsewhere.example")
    #expect(wrong.status.code == .unavailable)
  }

  @Test("R-076 a certificate of another authority is refused")
  func wrongAuthority() async throws {
    #expect(try await call(roots: "other").status.code == .unavailable)
  }

  @Test("R-036 mutual TLS tells the handler the client's names, and never its CN")
  func mutual() async throws {
    let answer = try await call(mutual: true, client: "gateway")
    #expect(answer.status.code == .ok)
    #expect(answer.names == "gateway.portico spiffe://portico/gateway")
  }

  @Test("R-036 no client certificate, or one of another authority, is refused")
  func mutualRefused() async throws {
    #expect(try await call(mutual: true).status.code == .unavailable)
    #expect(try await call(mutual: true, client: "stranger").status.code == .unavailable)
  }

  @Test("R-036 a certificate that only has a common name is nobody, for server and client")
  func commonName() async throws {
    #expect(try await call(mutual: true, client: "nobody").status.code == .unavailable)
    #expect(try await call(server: "nobody").status.code == .unavailable)
  }

  @Test("R-036 a listener may ask for certain names")
  func permitted() async throws {
    let gateway: Set = ["spiffe://portico/gateway"]
    let right = try await call(mutual: true, client: "gateway", permitted: gateway)
    #expect(right.status.code == .ok)
    let wrong = try await call(mutual: true, client: "server", permitted: gateway)
    #expect(wrong.status.code == .unavailable)
  }

  @Test("R-076 a client may ask for an identity in the place of the host name")
  func identity() async throws {
    let gateway: Set = ["spiffe://portico/gateway"]
    let right = try await call(server: "gateway", expected: gateway)
    #expect(right.status.code == .ok)
    let wrong = try await call(server: "server", expected: gateway)
    #expect(wrong.status.code == .unavailable)
    let stranger = try await call(server: "stranger", expected: ["gateway.portico"])
    #expect(stranger.status.code == .unavailable)
  }

  @Test("R-035 old versions, weak suites and clients without h2 end in the handshake")
  func handshakes() async throws {
    let certificates = try Certificates()
    let server = Server(services: [EchoStreams()])
    let port = try await port(
      of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: certificates.serving()))
    let good = ["-alpn", "h2"]
    #expect(try certificates.connects(port, good))
    #expect(try certificates.connects(port, good + ["-tls1_2"]))
    #expect(try certificates.connects(port, good + ["-tls1_3"]))
    #expect(try !certificates.connects(port, good + ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]))
    let suites = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"]
    for suite in suites {
      #expect(try !certificates.connects(port, good + ["-tls1_2", "-cipher", suite]))
    }
    #expect(try !certificates.connects(port, ["-alpn", "http/1.1"]))
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }

  @Test(
    "R-037 new certificates count for new connections, open ones live on, bad files change nothing")
  func reload() async throws {
    let certificates = try Certificates()
    let server = Server(services: [EchoStreams()])
    var tls = certificates.serving()
    tls.reloadInterval = .zero
    let port = try await port(of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: tls))
    let channel = try Channel(
      "localhost:\(port)",
      ChannelConfiguration(tls: .client(trustRootsFile: certificates.file("ca.pem"))))
    let client = StreamsClient(channel)
    func code() async -> Status.Code {
      await status { _ = try await client.unary(Node(text: "x")) }.code
    }
    #expect(await code() == .ok)
    // Another host's certificate: a new connection would be refused, this one goes on.
    try certificates.replace("server", with: "elsewhere")
    #expect(try !certificates.verifies(port, host: "localhost"))
    #expect(try certificates.verifies(port, host: "elsewhere.example"))
    #expect(await code() == .ok)
    try Data("no certificate".utf8).write(
      to: certificates.folder.appending(path: "server.pem"), options: .atomic)
    #expect(try certificates.verifies(port, host: "elsewhere.example"))
    #expect(throws: TLSError.self) { try server.reloadCertificates() }
    try certificates.replace("server", with: "gateway")
    try server.reloadCertificates()
    #expect(try certificates.verifies(port, host: "gateway.portico"))
    #expect(await code() == .ok)
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }

  @Test("R-035 a client without ALPN h2 gets no further than the handshake")
  func noProtocol() async throws {
    let certificates = try Certificates()
    let server = Server(services: [EchoStreams()])
    let port = try await port(
      of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: certificates.serving()))
    let tls = try TLSContext.client(
      .client(trustRootsFile: certificates.file("ca.pem"), applicationProtocols: ["http/1.1"]))
    let failed = Signal()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            TLSHandler(client: tls, serverName: "localhost") { _, _ in
              Issue.record("the handshake must not succeed")
            } onFailure: { _ in
              failed.set()
            })
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    await failed.wait()
    try await channel.closeFuture.get()
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }

  @Test("R-037 a channel takes renewed trust roots when it is told to")
  func channelReloads() async throws {
    let certificates = try Certificates()
    let server = Server(services: [EchoStreams()])
    let tls = certificates.serving()
    let port = try await port(of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: tls))
    let roots = certificates.folder.appending(path: "roots.pem")
    try Data(contentsOf: certificates.folder.appending(path: "other.pem")).write(to: roots)
    var calling = TLSConfiguration.client(trustRootsFile: roots.path)
    // Not by itself while this test runs.
    calling.reloadInterval = .seconds(86_400)
    var configuration = ChannelConfiguration(tls: calling)
    configuration.firstBackoff = .milliseconds(10)
    let channel = try Channel("localhost:\(port)", configuration)
    let client = StreamsClient(channel)
    #expect(await status { _ = try await client.unary(Node()) }.code == .unavailable)
    try Data(contentsOf: certificates.folder.appending(path: "ca.pem")).write(to: roots)
    try channel.reloadCertificates()
    let answer = try await client.unary(Node(text: "x"), CallOptions(waitsForReady: true))
    #expect(answer.text == "x")
    try Data("no certificate".utf8).write(to: roots)
    #expect(throws: TLSError.self) { try channel.reloadCertificates() }
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }
}
