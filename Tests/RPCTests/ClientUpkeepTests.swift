import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// What a channel does by itself: back-offs, health, resolution, and its own end.
@Suite(.timeLimit(.minutes(1))) struct ClientUpkeepTests {
  @Test("R-052 R-222 channels that begin together do not resolve together for ever")
  func jitter() {
    var configuration = ChannelConfiguration()
    let draws = (0..<100).map { _ in configuration.nextResolution }
    #expect(draws.allSatisfy { $0 >= .seconds(48) && $0 <= .seconds(60) })
    #expect(Set(draws).count > 50)
    configuration.resolutionInterval = .seconds(1)
    #expect(configuration.nextResolution == .seconds(30))
  }

  @Test("R-057 the same addresses in another order do not end a back-off, other addresses do")
  func order() async throws {
    let dead = try (0..<3).map { _ in try ReservedPort() }
    let resolver = PushResolver([dead[0].endpoint, dead[1].endpoint])
    let configuration = ChannelConfiguration.testing(resolver) {
      $0.firstBackoff = .seconds(3600)
      $0.longestBackoff = .seconds(3600)
    }
    try await withChannel("test:///x", configuration) { channel in
      func passes() async throws -> Int? {
        try await channel.connections.eventLoop.submit {
          channel.connections.backends.first?.passes
        }.get()
      }
      #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
      resolver.push([dead[1].endpoint, dead[0].endpoint])
      let reordered = try await passes()
      #expect(reordered == 1)
      let server = try await NamedServer.start("new", at: dead[2])
      resolver.push([dead[2].endpoint])
      let name = try await channel.ask()
      #expect(name == "new")
      await server.stop()
    }
  }

  /// Waits for its next request in a task that is cancelled.
  private final class Impatient: RPC.Resolver {
    let endpoint: Endpoint
    let gaveUp = Mutex(0)
    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    func resolve(_ target: Target, _ resolution: Resolution) async {
      for _ in 0..<200 {
        let waiting = Task { await resolution.nextRequest() }
        waiting.cancel()
        if await !waiting.value { gaveUp.withLock { $0 += 1 } }
      }
      resolution.report(ResolvedTarget([endpoint]))
      while await resolution.nextRequest() {}
    }
  }

  @Test("R-051 a resolver's wait ends with its task, also when that was cancelled before")
  func cancelledWait() async throws {
    let server = try await NamedServer.start("x")
    let resolver = Impatient(server.endpoint)
    var configuration = ChannelConfiguration.testing()
    configuration.resolvers["test"] = resolver
    try await withChannel("test:///x", configuration) { channel in
      let name = try await channel.ask()
      #expect(name == "x")
      #expect(resolver.gaveUp.withLock { $0 } == 200)
    }
    await server.stop()
  }

  private static let watch = "/grpc.health.v1.Health/Watch"

  @Test("R-077 R-063 a server whose answer maps to UNIMPLEMENTED is healthy")
  func healthNotFound() async throws {
    let server = try await ScriptedServer(whole: false) { request in
      guard request.headers[":path"] == Self.watch else { return request.onEnd { $0.succeed() } }
      request.stream.respond(HeaderFields([":status": "404"]), endStream: true)
    }
    var configuration = ChannelConfiguration.testing(nil, .roundRobin)
    configuration.loadBalancing.healthCheckedService = "x"
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      _ = try await channel.call()
      #expect(server.requests.count == 2)
    }
    try await server.stop()
  }

  @Test("R-077 R-074 with several connections the watch goes on when the first one leaves")
  func healthMoves() async throws {
    let watches = Mutex<[ScriptedRequest]>([])
    let server = try await ScriptedServer(whole: false, streams: 2) { request in
      guard request.headers[":path"] == Self.watch else { return request.sendHeaders() }
      watches.withLock { $0.append(request) }
      request.sendHeaders()
      // SERVING; what is asked on the second connection is NOT_SERVING.
      request.send(message: [8, watches.withLock { $0.count } == 1 ? 1 : 2])
    }
    var configuration = ChannelConfiguration.testing(nil, .roundRobin)
    configuration.loadBalancing.healthCheckedService = "x"
    configuration.maximumConnectionsPerBackend = 2
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      // A watch and a call fill the first connection.
      let calls = (0..<2).map { _ in Task { await channel.outcome() } }
      while server.requests.count < 3 { await Task.yield() }
      let first = try #require(watches.withLock { $0.first })
      #expect(Set(server.requests.map { ObjectIdentifier($0.connection) }).count == 2)
      try await first.stream.eventLoop.submit { first.connection.shutDown() }.get()
      while watches.withLock({ $0.count }) < 2 { await Task.yield() }
      await channel.until(.transientFailure)
      let status = await channel.outcome()
      #expect(status.code == .unavailable)
      #expect(status.internalReason?.contains("notServing") == true)
      for call in calls { call.cancel() }
      for call in calls { #expect(await call.value.code == .cancelled) }
    }
    try await server.stop()
  }

  /// Never finds anything; says when it is given up.
  private final class Endless: RPC.Resolver {
    let began = Signal()
    let ended = Signal()
    func resolve(_ target: Target, _ resolution: Resolution) async {
      began.set()
      _ = await resolution.nextRequest()
      ended.set()
    }
  }

  @Test(
    "R-079 a channel that is dropped while it resolves, connects or waits leaves nothing behind")
  func dropped() async throws {
    let endless = Endless()
    var resolving = ChannelConfiguration.testing()
    resolving.resolvers["test"] = endless
    resolving.minimumResolutionInterval = .seconds(600)
    var waiting = ChannelConfiguration.testing()
    waiting.firstBackoff = .seconds(3600)
    waiting.longestBackoff = .seconds(3600)
    waiting.loadBalancing = LoadBalancing(policy: .roundRobin, outlierDetection: .init())
    let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let nobody = try ReservedPort()
    let targets = [
      ("test:///x", resolving), ("127.0.0.1:\(nobody.number)", waiting),
      ("127.0.0.1:\(mute.localAddress?.port ?? 0)", waiting),
    ]
    for (target, configuration) in targets {
      var channel: RPC.Channel? = try RPC.Channel(target, configuration, logger: silent)
      weak let connections = channel?.connections
      channel?.connect()
      if target.hasPrefix("test") {
        await endless.began.wait()
      } else {
        await channel?.until(target == targets[1].0 ? .transientFailure : .connecting)
      }
      channel = nil
      while connections != nil { await Task.yield() }
    }
    await endless.ended.wait()
    try await mute.close()
    withExtendedLifetime(nobody) {}
  }
}
