import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientPolicyTests {
  @Test("R-054 pick_first stays with the first address that answers")
  func pickFirst() async throws {
    try await withServers(3) { servers in
      let resolver = PushResolver(servers.map(\.endpoint))
      try await withChannel("test:///x", .testing(resolver)) { channel in
        for _ in 0..<20 {
          let name = try await channel.ask()
          #expect(name == "0")
        }
        let sockets = try await channel.sockets()
        #expect(sockets == 1)
      }
    }
  }

  @Test("R-054 pick_first goes on to the next address when one refuses")
  func nextAddress() async throws {
    try await withServers(2) { servers in
      await servers[0].stop()
      let resolver = PushResolver(servers.map(\.endpoint))
      try await withChannel("test:///x", .testing(resolver)) { channel in
        let name = try await channel.ask(CallOptions())
        #expect(name == "1")
      }
    }
  }

  @Test("R-054 Happy Eyeballs: an address that never answers costs the interval, not the timeout")
  func happyEyeballs() async throws {
    let server = try await NamedServer.start("alive")
    // Accepts, and never says a word of HTTP/2.
    let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(mute.localAddress?.port)
    let resolver = PushResolver([
      Endpoint([.ip("127.0.0.1", port: port)]), server.endpoint,
    ])
    let configuration = ChannelConfiguration.testing(resolver) {
      $0.addressInterval = .milliseconds(5)
      $0.connectTimeout = .seconds(600)
      $0.http2.handshakeTimeout = .seconds(600)
    }
    try await withChannel("test:///x", configuration) { channel in
      let name = try await channel.ask()
      #expect(name == "alive")
      // The loser is not kept.
      while try await channel.sockets() > 1 { await Task.yield() }
    }
    try await mute.close()
    await server.stop()
  }

  @Test("R-054 address families take turns, beginning with that of the first")
  func interleaving() {
    let four = (1...3).map { Endpoint.Address.ip("10.0.0.\($0)", port: 1) }
    let six = (1...2).map { Endpoint.Address.ip("fe80::\($0)", port: 1) }
    #expect(
      Endpoint.Address.interleaved(four + six) == [four[0], six[0], four[1], six[1], four[2]])
    #expect(
      Endpoint.Address.interleaved(six + four) == [six[0], four[0], six[1], four[1], four[2]])
    #expect(Endpoint.Address.interleaved([]) == [])
  }

  @Test("R-054 pick_first shuffles when told to: clients do not all take the same server")
  func shuffles() async throws {
    try await withServers(2) { servers in
      let resolver = PushResolver(servers.map(\.endpoint))
      var seen: Set<String> = []
      while seen.count < 2 {
        try await withChannel("test:///x", .testing(resolver, .pickFirst(shuffles: true))) {
          _ = seen.insert(try await $0.ask())
        }
      }
    }
  }

  @Test("R-054 R-078 round_robin gives every connected server its turn, a new one no more")
  func roundRobin() async throws {
    try await withServers(3) { servers in
      let resolver = PushResolver(servers.prefix(2).map(\.endpoint))
      try await withChannel("test:///x", .testing(resolver, .roundRobin)) { channel in
        try await channel.askUntilAll(["0", "1"])
        resolver.push(servers.map(\.endpoint))
        try await channel.askUntilAll(["0", "1", "2"])
        var counts: [String: Int] = [:]
        for _ in 0..<30 { counts[try await channel.ask(), default: 0] += 1 }
        #expect(counts == ["0": 10, "1": 10, "2": 10])
      }
    }
  }

  @Test("R-078 calls that waited are not all given to the first server that connects")
  func slowStart() async throws {
    let release = Signal()
    let counts = Mutex<[String: Int]>([:])
    var servers: [NamedServer] = []
    for name in ["a", "b"] {
      servers.append(
        try await .start(name) { _ in
          counts.withLock { $0[name, default: 0] += 1 }
          await release.wait()
        })
    }
    let resolver = PushResolver(servers.map(\.endpoint))
    let configuration = ChannelConfiguration.testing(resolver, .roundRobin) {
      $0.slowStartInterval = .seconds(600)
    }
    try await withChannel("test:///x", configuration) { channel in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<60 { group.addTask { _ = try await channel.ask() } }
        while counts.withLock({ $0.values.reduce(0, +) }) < 60 { await Task.yield() }
        let shares = counts.withLock { $0 }
        #expect(shares.count == 2)
        #expect(shares.values.allSatisfy { $0 <= 40 })
        release.set()
        try await group.waitForAll()
      }
    }
    for server in servers { await server.stop() }
  }

  @Test("R-078 the slow start ends by itself: streams that stay do not keep others waiting")
  func slowStartEnds() async throws {
    let release = Signal()
    let running = Mutex(0)
    var servers: [NamedServer] = []
    for name in ["a", "b"] {
      servers.append(
        try await .start(name) { _ in
          running.withLock { $0 += 1 }
          await release.wait()
        })
    }
    let resolver = PushResolver(servers.map(\.endpoint))
    let configuration = ChannelConfiguration.testing(resolver, .roundRobin) {
      $0.slowStartInterval = .milliseconds(1)
    }
    try await withChannel("test:///x", configuration) { channel in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<300 { group.addTask { _ = try await channel.ask() } }
        while running.withLock({ $0 }) < 300 { await Task.yield() }
        release.set()
        try await group.waitForAll()
      }
    }
    for server in servers { await server.stop() }
  }

  @Test("R-054 least_request keeps away from a busy server, and counts every end")
  func leastRequest() async throws {
    let release = Signal()
    let blocked = Signal()
    var servers: [NamedServer] = []
    for name in ["a", "b"] {
      servers.append(
        try await .start(name) { request in
          guard request.text == "block" else { return }
          blocked.set()
          await release.wait()
        })
    }
    let resolver = PushResolver(servers.map(\.endpoint))
    // With ten draws of two servers the less busy one is missed once in a thousand calls.
    let policy = LoadBalancingPolicy.leastRequest(choices: 10)
    try await withChannel("test:///x", .testing(resolver, policy)) { channel in
      try await channel.askUntilAll(["a", "b"])
      let task = Task { try await StreamsClient(channel).unary(Node(text: "block")).text }
      await blocked.wait()
      var counts: [String: Int] = [:]
      for _ in 0..<100 { counts[try await channel.ask(), default: 0] += 1 }
      release.set()
      let busy = try await task.value
      #expect(counts[busy, default: 0] < 10)
      // A cancelled call has ended, too: nobody counts as busy any more.
      let loads = try await channel.loads()
      #expect(loads == [0, 0])
    }
    for server in servers { await server.stop() }
  }

  @Test("R-054 a cancelled call and one that fails give their place back")
  func everyEnd() async throws {
    let started = Signal()
    let server = try await NamedServer.start("a") { request in
      if request.text == "fail" { throw Status(.aborted, "no") }
      guard request.text == "block" else { return }
      started.set()
      try await Task.sleep(for: .seconds(600))
    }
    let resolver = PushResolver([server.endpoint])
    try await withChannel("test:///x", .testing(resolver, .leastRequest())) { channel in
      _ = await status { _ = try await StreamsClient(channel).unary(Node(text: "fail")) }
      let blocked = Task {
        await status { _ = try await StreamsClient(channel).unary(Node(text: "block")) }
      }
      await started.wait()
      let during = try await channel.loads()
      #expect(during == [1])
      blocked.cancel()
      #expect(await blocked.value.code == .cancelled)
      let after = try await channel.loads()
      #expect(after == [0])
    }
    await server.stop()
  }

  @Test("R-056 an update keeps the connection to a server that stays and drains the other")
  func update() async throws {
    let release = Signal()
    let started = Signal()
    let gone = try await NamedServer.start("gone") { request in
      guard request.text == "block" else { return }
      started.set()
      await release.wait()
    }
    let kept = try await NamedServer.start("kept")
    let resolver = PushResolver([gone.endpoint, kept.endpoint])
    try await withChannel("test:///x", .testing(resolver, .roundRobin)) { channel in
      try await channel.askUntilAll(["gone", "kept"])
      let before = try await channel.transports()
      let task = Task {
        while true {
          let name = try await StreamsClient(channel).unary(Node(text: "block")).text
          if name == "gone" { return name }
        }
      }
      await started.wait()
      resolver.push([kept.endpoint])
      try await channel.askUntilAll(["kept"])
      let after = try await channel.transports()
      #expect(!after.isDisjoint(with: before))
      #expect(after.isSubset(of: before))
      release.set()
      let last = try await task.value
      #expect(last == "gone")
      while try await channel.sockets() > 1 { await Task.yield() }
    }
    await gone.stop()
    await kept.stop()
  }

  @Test("R-056 pick_first keeps its connection while its address stays in the list")
  func sticky() async throws {
    try await withServers(2) { servers in
      let resolver = PushResolver([servers[1].endpoint])
      try await withChannel("test:///x", .testing(resolver)) { channel in
        var name = try await channel.ask()
        #expect(name == "1")
        resolver.push(servers.map(\.endpoint))
        name = try await channel.ask()
        #expect(name == "1")
        resolver.push([servers[0].endpoint])
        while try await channel.ask() != "0" {}
      }
    }
  }

  @Test("R-054 another policy takes over while the channel runs, and no call is lost")
  func newPolicy() async throws {
    try await withServers(2) { servers in
      let resolver = PushResolver(servers.map(\.endpoint))
      try await withChannel("test:///x", .testing(resolver)) { channel in
        let name = try await channel.ask()
        #expect(name == "0")
        channel.connections.eventLoop.execute {
          channel.connections.apply(LoadBalancing(policy: .roundRobin))
        }
        try await channel.askUntilAll(["0", "1"])
      }
    }
  }
}

extension RPC.Channel {
  /// Calls that run on each backend.
  func loads() async throws -> [Int] {
    try await connections.eventLoop.submit { self.connections.backends.map(\.load.outstanding) }
      .get()
  }

  func transports() async throws -> Set<ObjectIdentifier> {
    try await connections.eventLoop.submit { self.connections.transports }.get()
  }
}
