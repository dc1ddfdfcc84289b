import Foundation
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// Servers that come and go while calls run. On its own, because it counts file descriptors.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ClientRestartTests {
  /// Calls all the time, from several tasks; what failed.
  private final class Load: Sendable {
    let answered = Mutex<[String: Int]>([:])
    let failures = Mutex<[Status]>([])
    private let isOver = Mutex(false)
    private let tasks: Mutex<[Task<Void, Never>]> = Mutex([])

    init(_ channel: RPC.Channel, callers: Int) {
      tasks.withLock { tasks in
        for _ in 0..<callers { tasks.append(Task { await self.call(channel) }) }
      }
    }

    private func call(_ channel: RPC.Channel) async {
      while !isOver.withLock({ $0 }) {
        do {
          let name = try await channel.ask()
          answered.withLock { $0[name, default: 0] += 1 }
        } catch {
          failures.withLock { $0.append(error as? Status ?? Status(.unknown, "\(error)")) }
        }
      }
    }

    /// Returns when this server has answered as many more calls.
    func until(_ name: String, answers more: Int = 20) async {
      let before = answered.withLock { $0[name, default: 0] }
      while answered.withLock({ $0[name, default: 0] }) < before + more { await Task.yield() }
    }

    func end() async {
      isOver.withLock { $0 = true }
      for task in tasks.withLock({ $0 }) { await task.value }
    }
  }

  @Test("R-066 R-067 R-032 a rolling restart of three servers under load loses no call")
  func rollingRestart() async throws {
    var servers: [NamedServer] = []
    for index in 0..<3 { servers.append(try await .start("\(index)")) }
    let resolver = PushResolver(servers.map(\.endpoint), repeats: true)
    try await withChannel("test:///x", .testing(resolver, .roundRobin)) { channel in
      let load = Load(channel, callers: 16)
      for round in 1...2 {
        for index in 0..<3 {
          for server in servers { await load.until(server.name) }
          let place = servers[index].place
          await servers[index].stop(grace: .seconds(30))
          servers[index] = try await .start("\(index) again \(round)", at: place)
          await load.until(servers[index].name)
        }
      }
      await load.end()
      #expect(load.failures.withLock { $0 } == [])
      #expect(load.answered.withLock { $0.count } == 9)
    }
    for server in servers { await server.stop() }
  }

  @Test("R-066 a rolling restart of the only server under load loses no call that waits for ready")
  func onlyServer() async throws {
    var server = try await NamedServer.start("0")
    try await withChannel("127.0.0.1:\(server.port)", .testing()) { channel in
      let load = Load(channel, callers: 16)
      for round in 1...5 {
        await load.until(server.name)
        await server.stop(grace: .seconds(30))
        server = try await NamedServer.start("\(round)", at: server.place)
        await load.until(server.name)
      }
      await load.end()
      #expect(load.failures.withLock { $0 } == [])
    }
    await server.stop()
  }

  @Test("R-052 R-056 a killed server fails only what it had; the others and a new one go on")
  func kill() async throws {
    var servers: [NamedServer] = []
    for index in 0..<3 { servers.append(try await .start("\(index)")) }
    let resolver = PushResolver(servers.map(\.endpoint))
    try await withChannel("test:///x", .testing(resolver, .roundRobin)) { channel in
      let load = Load(channel, callers: 8)
      for server in servers { await load.until(server.name) }
      await servers[1].stop()
      while try await channel.readyBackends() > 2 { await Task.yield() }
      let lost = load.failures.withLock { $0 }
      // What ran there when it died, and nothing else.
      #expect(lost.count <= 8)
      #expect(lost.allSatisfy { [.unavailable, .cancelled].contains($0.code) })
      await load.until("0")
      await load.until("2")
      let new = try await NamedServer.start("new")
      resolver.push([servers[0].endpoint, servers[2].endpoint, new.endpoint])
      await load.until("new")
      await load.end()
      #expect(load.failures.withLock { $0.count } == lost.count)
      await new.stop()
    }
    for server in servers { await server.stop() }
  }

  @Test("R-079 channels and servers that came and went leave no descriptors and no threads")
  func noLeaks() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    func round() async throws {
      var servers: [NamedServer] = []
      for index in 0..<3 { servers.append(try await .start("\(index)")) }
      let resolver = PushResolver(servers.map(\.endpoint))
      for policy in [LoadBalancingPolicy.pickFirst(), .roundRobin, .leastRequest()] {
        let channel = try RPC.Channel(
          "test:///x", .testing(resolver, policy), logger: silent, group: group)
        for _ in 0..<10 { _ = try await channel.ask() }
        await channel.shutDown()
      }
      for server in servers { await server.stop() }
    }
    try await round()
    // Other suites run beside this one: what counts is that twenty rounds do not add up.
    let before = try Self.counts()
    for _ in 0..<20 { try await round() }
    var after = try Self.counts()
    // A leak stays; what other suites have open goes with them.
    while after.descriptors > before.descriptors + 60 || after.threads > before.threads + 50 {
      try await Task.sleep(for: .milliseconds(20))
      after = try Self.counts()
    }
  }

  /// Of this process. Twenty rounds open 180 sockets at least; a thread for each server would be 60.
  private static func counts() throws -> (descriptors: Int, threads: Int) {
    let files = FileManager.default
    return (
      try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
      try files.contentsOfDirectory(atPath: "/proc/self/task").count
    )
  }
}

extension RPC.Channel {
  func readyBackends() async throws -> Int {
    try await connections.eventLoop.submit {
      self.connections.backends.count { if case .ready = $0.state { true } else { false } }
    }.get()
  }
}
