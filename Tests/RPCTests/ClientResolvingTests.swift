import NIOCore
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientResolvingTests {
  @Test("R-051 what a target spells out needs no resolver")
  func fixed() throws {
    let name19 = try Target("ipv4:10.0.0.1:1,10.0.0.2:2").fixed
    #expect(name19 == [Endpoint([.ip("10.0.0.1", port: 1)]), Endpoint([.ip("10.0.0.2", port: 2)])])
    let name12 = try Target("ipv6:[::1]:80").fixed
    #expect(name12 == [Endpoint([.ip("::1", port: 80)])])
    let name13 = try Target("unix:///run/x").fixed
    #expect(name13 == [Endpoint([.unix(path: "/run/x")])])
    let name14 = try Target("unix:run/x").fixed
    #expect(name14 == [Endpoint([.unix(path: "run/x")])])
    let name15 = try Target("dns:///1.2.3.4:80").fixed
    #expect(name15 == [Endpoint([.ip("1.2.3.4", port: 80)])])
    let name16 = try Target("dns:host:80").fixed
    #expect(name16 == nil)
    let name17 = try Target("dns:host:80").name
    #expect(name17 == "host:80")
  }

  @Test("R-051 the scheme of a registered resolver, and only that one, is a scheme")
  func schemes() throws {
    let target = try Target("test://where/some/name", schemes: ["test"])
    #expect(target.scheme == "test")
    #expect(target.resolverAuthority == "where")
    #expect(target.name == "some/name")
    #expect(throws: TargetError.self) { try Target("test:///name") }
    let name18 = try Target("test:80").scheme
    #expect(name18 == "dns")
  }

  @Test("R-051 localhost is found by the system's resolver, off the event loop")
  func system() async throws {
    let server = try await NamedServer.start("x")
    try await withChannel("dns:///localhost:\(server.port)", .testing()) { channel in
      let name1 = try await channel.ask()
      #expect(name1 == "x")
    }
    await server.stop()
  }

  @Test("R-051 a name that does not exist is UNAVAILABLE and says why to the operator only")
  func noName() async throws {
    let resolver = DNSResolver { host, _ in throw DNSError(host: host, code: -2) }
    try await withChannel("dns:///nowhere.invalid:80", .testing { $0.resolvers["dns"] = resolver })
    {
      channel in
      let status = await status { _ = try await channel.ask(CallOptions()) }
      #expect(status.code == .unavailable)
      #expect(!status.message.contains("nowhere"))
      #expect(status.internalReason?.contains("nowhere.invalid") == true)
    }
  }

  @Test("R-052 a lost connection makes the channel ask for addresses again")
  func lostConnection() async throws {
    let first = try await NamedServer.start("first")
    let second = try await NamedServer.start("second")
    let addresses = Mutex([first.address])
    let resolver = DNSResolver { _, _ in addresses.withLock { $0 } }
    let configuration = ChannelConfiguration.testing { $0.resolvers["dns"] = resolver }
    try await withChannel("dns:///moving.test:1", configuration) { channel in
      let name2 = try await channel.ask()
      #expect(name2 == "first")
      addresses.withLock { $0 = [second.address] }
      await first.stop()
      let name3 = try await channel.ask()
      #expect(name3 == "second")
    }
    await second.stop()
  }

  @Test("R-052 addresses are asked for again after the interval, without any failure")
  func interval() async throws {
    let first = try await NamedServer.start("first")
    let second = try await NamedServer.start("second")
    let addresses = Mutex([first.address])
    let resolver = DNSResolver { _, _ in addresses.withLock { $0 } }
    let configuration = ChannelConfiguration.testing(nil, .roundRobin) {
      $0.resolvers["dns"] = resolver
      $0.resolutionInterval = .milliseconds(5)
    }
    try await withChannel("dns:///growing.test:1", configuration) { channel in
      let name4 = try await channel.ask()
      #expect(name4 == "first")
      addresses.withLock { $0.append(second.address) }
      try await channel.askUntilAll(["first", "second"])
    }
    await first.stop()
    await second.stop()
  }

  @Test("R-052 requests come no faster than the minimum interval")
  func paced() async throws {
    let first = try await NamedServer.start("x")
    let resolver = PushResolver([first.endpoint], repeats: true)
    let configuration = ChannelConfiguration.testing(resolver) {
      $0.minimumResolutionInterval = .seconds(600)
    }
    try await withChannel("test:///x", configuration) { channel in
      var server = first
      for _ in 0..<3 {
        _ = try await channel.ask()
        await server.stop()
        while channel.connectivityState == .ready { await Task.yield() }
        server = try await NamedServer.start("x", at: server.place)
      }
      await server.stop()
      #expect(resolver.requests == 0)
      #expect(resolver.runs == 1)
    }
  }

  @Test("R-053 the last good addresses survive a failed and an empty resolution")
  func lastGood() async throws {
    try await withServers(1) { servers in
      let resolver = PushResolver([servers[0].endpoint])
      try await withChannel("test:///x", .testing(resolver)) { channel in
        let name5 = try await channel.ask()
        #expect(name5 == "0")
        resolver.push(.failure(Status(.unavailable, "no answer")))
        let name6 = try await channel.ask(CallOptions())
        #expect(name6 == "0")
        resolver.push([])
        let name7 = try await channel.ask(CallOptions())
        #expect(name7 == "0")
      }
    }
  }

  @Test("R-053 an empty first resolution is UNAVAILABLE, and a later one heals the channel")
  func emptyFirst() async throws {
    try await withServers(1) { servers in
      let resolver = PushResolver([])
      try await withChannel("test:///x", .testing(resolver)) { channel in
        #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
        #expect(channel.connectivityState == .transientFailure)
        async let patient = channel.ask()
        resolver.push([servers[0].endpoint])
        let name8 = try await patient
        #expect(name8 == "0")
      }
    }
  }

  @Test("R-053 after a failure the channel asks again by itself")
  func retriesResolution() async throws {
    let server = try await NamedServer.start("x")
    let failures = Mutex(3)
    let resolver = DNSResolver { host, _ in
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if fails { throw DNSError(host: host, code: -3) }
      return [server.address]
    }
    let configuration = ChannelConfiguration.testing { $0.resolvers["dns"] = resolver }
    try await withChannel("dns:///late.test:1", configuration) { channel in
      let name9 = try await channel.ask()
      #expect(name9 == "x")
    }
    await server.stop()
  }

  private final class Once: Resolver {
    private let endpoints: Mutex<[[Endpoint]]>
    init(_ endpoints: [[Endpoint]]) { self.endpoints = Mutex(endpoints) }

    func resolve(_ target: Target, _ resolution: Resolution) async {
      let next = endpoints.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
      if let next { resolution.report(ResolvedTarget(next)) }
    }
  }

  @Test("R-051 R-052 a resolver that reports once and returns is called again when needed")
  func returningResolver() async throws {
    try await withServers(2) { servers in
      let resolver = Once([[servers[0].endpoint], [servers[1].endpoint]])
      try await withChannel("test:///x", .testing(resolver)) { channel in
        let name10 = try await channel.ask()
        #expect(name10 == "0")
        await servers[0].stop()
        let name11 = try await channel.ask()
        #expect(name11 == "1")
      }
    }
  }
}
