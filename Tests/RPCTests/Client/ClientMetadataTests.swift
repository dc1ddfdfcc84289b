import HTTP2
import PorticoAPI
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct ClientMetadataTests {
  @Test("R-082 headers over the limit and received metadata's own fields are not sent")
  func metadata() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      var options = CallOptions()
      try options.metadata.append("x-large", String(repeating: "a", count: 17_000))
      #expect(
        await channel.outcome([], Methods.Streams.unary, options).code == .internal)
      #expect(server.requests.isEmpty)
      options.metadata = Metadata(
        received: HeaderFields([
          ":path": "/other", "grpc-timeout": "1n", "te": "x", "content-type": "text/html",
          "user-agent": "somebody", "x-bad": "caf\u{e9}", "x-good": "yes",
        ]))
      try await channel.stream(Methods.Streams.serve, options) { writer, responses in
        try await writer.finish()
        for try await _ in responses {}
      }
      let sent = try #require(server.requests.first).headers
      #expect(sent.values(":path") == [Methods.Streams.serve.path])
      #expect(sent["grpc-timeout"] == nil)
      #expect(sent.values("te") == ["trailers"])
      #expect(sent.values("content-type") == ["application/grpc"])
      #expect(sent.values("user-agent") == [ChannelConfiguration.implementation])
      #expect(sent["x-bad"] == nil)
      #expect(sent["x-good"] == "yes")
    }
  }

  @Test("R-082 spaces around a value are dropped, as HTTP wants it")
  func spaces() throws {
    var metadata = Metadata()
    for value in [" a b ", "   ", "c "] { try metadata.append("x", value) }
    #expect(metadata.values("x") == ["a b", "", "c"])
    #expect(throws: MetadataError.reservedKey("user-agent")) {
      try metadata.append("user-agent", "me")
    }
  }

  @Test("R-083 the user agent says grpc, language and version")
  func userAgent() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      _ = try await channel.call()
      let agent = try #require(server.requests[0].headers["user-agent"])
      #expect(agent.hasPrefix("grpc-swift-"))
      #expect(agent.split(separator: "/").count == 2)
    }
  }

  @Test(
    "R-083 credentials without TLS are refused before anything is sent, or on loopback if allowed")
  func credentials() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      var options = CallOptions()
      options.credentials = .bearer("secret")
      #expect(
        await channel.outcome([], Methods.Streams.unary, options).code == .unauthenticated)
      #expect(server.requests.isEmpty)
      options.credentials = .bearer("secret", allowingPlaintextOnLoopback: true)
      _ = try await channel.call([], Methods.Streams.unary, options)
      #expect(server.requests[0].headers["authorization"] == "Bearer secret")
    }
    #expect(try Target("10.0.0.1:80").isLoopback == false)
    #expect(try Target("ipv4:127.0.0.1:80,10.0.0.1:80").isLoopback == false)
    #expect(try Target("unix:/run/x").isLoopback)
  }

  @Test("R-083 over TLS a bearer token arrives; the channel's own or the call's")
  func credentialsOverTLS() async throws {
    let certificates = try Certificates()
    let service = EchoStreams(onUnary: { _, call in
      Node(text: call.metadata["authorization"] ?? "nobody")
    })
    let server = Server(services: [service])
    let port = try await port(
      of: server, Listener(.tcp(host: "127.0.0.1", port: 0), tls: certificates.serving()))
    var configuration = ChannelConfiguration(
      tls: .client(trustRootsFile: certificates.file("ca.pem")))
    configuration.credentials = .bearer("of-the-channel")
    let channel = try RPC.Channel("localhost:\(port)", configuration)
    let client = StreamsClient(channel)
    let first = try await client.unary(Node())
    #expect(first.text == "Bearer of-the-channel")
    var options = CallOptions()
    options.credentials = .bearer { "of-the-call" }
    let second = try await client.unary(Node(), options)
    #expect(second.text == "Bearer of-the-call")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }

  private struct Broken: Error {}

  @Test("R-083 R-060 credentials that cannot be had end the call, in time")
  func brokenCredentials() async throws {
    try await withScript(answering { $0.succeed() }) { channel, server in
      func code(
        within time: Duration = .seconds(600),
        _ fetch: @escaping @Sendable () async throws -> String
      ) async -> Status.Code {
        var options = CallOptions(deadline: .after(time))
        options.credentials = .bearer(allowingPlaintextOnLoopback: true, fetch)
        return await channel.outcome([], Methods.Streams.unary, options).code
      }
      #expect(await code { throw Broken() } == .unavailable)
      #expect(await code { throw Status(.permissionDenied, "no") } == .permissionDenied)
      #expect(await code { "line\nbreak" } == .internal)
      let slow = await code(within: .milliseconds(200)) {
        try await Task.sleep(for: .seconds(600))
        return ""
      }
      #expect(slow == .deadlineExceeded)
      #expect(server.requests.isEmpty)
    }
  }
}
