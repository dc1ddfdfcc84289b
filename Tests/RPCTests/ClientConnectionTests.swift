import Foundation
import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientConnectionTests {
  @Test("R-055 the state can be watched from idle over ready and failure to shut down")
  func states() async throws {
    let server = try await NamedServer.start("x")
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
    #expect(channel.connectivityState == .idle)
    let seen = Task {
      var states: [ConnectivityState] = []
      for await state in channel.connectivityStates { states.append(state) }
      return states
    }
    _ = try await channel.ask()
    #expect(channel.connectivityState == .ready)
    await server.stop()
    await channel.until(.idle)
    #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
    #expect(channel.connectivityState == .transientFailure)
    await channel.shutDown(grace: .zero)
    #expect(channel.connectivityState == .shutDown)
    let states = await seen.value
    // The watcher may start late; what it then sees is in this order.
    let all: [ConnectivityState] = [
      .idle, .connecting, .ready, .idle, .connecting, .transientFailure, .shutDown,
    ]
    #expect(Array(all.suffix(states.count)) == states)
  }

  @Test("R-055 failure sticks: the attempts in between do not show")
  func sticky() async throws {
    let dead = try ReservedPort()
    for policy in [LoadBalancingPolicy.pickFirst(), .roundRobin] {
      let resolver = PushResolver([dead.endpoint])
      let channel = try RPC.Channel("test:///x", .testing(resolver, policy), logger: silent)
      #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
      let states = channel.connectivityStates
      // Each failed pass over the addresses asks for new ones.
      let before = resolver.requests
      while resolver.requests < before + 3 { await Task.yield() }
      await channel.shutDown(grace: .zero)
      var seen: [ConnectivityState] = []
      for await state in states { seen.append(state) }
      #expect(seen == [.transientFailure, .shutDown])
    }
    withExtendedLifetime(dead) {}
  }

  @Test("R-055 one ready server among dead ones makes the channel ready")
  func aggregate() async throws {
    let alive = try await NamedServer.start("alive")
    let dead = try ReservedPort()
    let resolver = PushResolver([dead.endpoint])
    try await withChannel("test:///x", .testing(resolver, .roundRobin)) { channel in
      _ = await status { _ = try await channel.ask(CallOptions()) }
      #expect(channel.connectivityState == .transientFailure)
      resolver.push([dead.endpoint, alive.endpoint])
      await channel.until(.ready)
      for _ in 0..<10 {
        let name = try await channel.ask(CallOptions())
        #expect(name == "alive")
      }
    }
    await alive.stop()
    withExtendedLifetime(dead) {}
  }

  @Test("R-057 back-off: 1 s, 1.6 times longer each, at most 120 s, ±20 %")
  func backoff() {
    var backoff = ConnectionBackoff(ChannelConfiguration())
    var expected = 1.0
    for _ in 0..<20 {
      let seconds = Double(backoff.next().nanoseconds) / 1e9
      #expect(seconds >= expected * 0.8 - 0.001 && seconds <= expected * 1.2 + 0.001)
      expected = min(120, expected * 1.6)
    }
    #expect(expected == 120)
    backoff.reset()
    #expect(Double(backoff.next().nanoseconds) / 1e9 <= 1.2)
    let waits = Set((0..<50).map { _ in ConnectionBackoff(ChannelConfiguration()).drawn })
    #expect(waits.count > 10)
  }

  /// Accepts connections and closes them at once, or after the HTTP/2 preface.
  private final class Hangup: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let accepted: Mutex<[NIODeadline]> = Mutex([])
    /// What it says before it hangs up.
    let frames: [UInt8]
    static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    init(_ frames: [UInt8]) { self.frames = frames }

    func channelActive(context: ChannelHandlerContext) {
      accepted.withLock { $0.append(.now()) }
      guard !frames.isEmpty else { return context.close(promise: nil) }
      let frame = ByteBuffer(bytes: frames)
      context.writeAndFlush(NIOAny(frame)).assumeIsolated().whenComplete { _ in
        context.close(promise: nil)
      }
    }
  }

  private func hangup(_ handler: Hangup) async throws -> any NIOCore.Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  @Test("R-057 a server that only accepts does not end the back-off")
  func acceptIsNotReady() async throws {
    let handler = Hangup([])
    let listener = try await hangup(handler)
    let port = try #require(listener.localAddress?.port)
    let configuration = ChannelConfiguration.testing {
      $0.firstBackoff = .milliseconds(10)
      $0.backoffMultiplier = 2
      $0.longestBackoff = .seconds(600)
    }
    try await withChannel("127.0.0.1:\(port)", configuration) { channel in
      #expect(await status { _ = try await channel.ask(CallOptions()) }.code == .unavailable)
      while handler.accepted.withLock({ $0.count }) < 5 { await Task.yield() }
      let times = handler.accepted.withLock { $0 }
      // The fourth wait is 80 ms by then, ±20 %: each connection did not begin anew with 10 ms.
      #expect(times[4] - times[3] >= .milliseconds(60))
    }
    try await listener.close()
  }

  @Test("R-057 a server that hangs up after its SETTINGS is not called in a tight loop")
  func noStorm() async throws {
    let handler = Hangup(Hangup.settings)
    let listener = try await hangup(handler)
    let port = try #require(listener.localAddress?.port)
    let configuration = ChannelConfiguration.testing {
      $0.firstBackoff = .seconds(600)
      $0.longestBackoff = .seconds(600)
    }
    try await withChannel("127.0.0.1:\(port)", configuration) { channel in
      let waiting = (0..<20).map { _ in
        Task {
          while !Task.isCancelled { _ = await status { _ = try await channel.ask() } }
        }
      }
      while handler.accepted.withLock({ $0.count }) < 4 { await Task.yield() }
      // All that is to happen soon has happened after a few turns of the loop.
      for _ in 0..<200 { try await channel.connections.eventLoop.submit {}.get() }
      #expect(handler.accepted.withLock { $0.count } <= 6)
      for task in waiting { task.cancel() }
      for task in waiting { await task.value }
    }
    try await listener.close()
  }

  @Test("R-073 a server that complains of too many PINGs gets half as many from later connections")
  func tooManyPings() async throws {
    let reason = Array("too_many_pings".utf8)
    let goAway: [UInt8] = [
      0, 0, UInt8(8 + reason.count), 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11,
    ]
    let listener = try await hangup(Hangup(Hangup.settings + goAway + reason))
    let port = try #require(listener.localAddress?.port)
    let configuration = ChannelConfiguration.testing {
      $0.http2.keepaliveTime = .seconds(20)
    }
    try await withChannel("127.0.0.1:\(port)", configuration) { channel in
      channel.connect()
      let loop = channel.connections.eventLoop
      while try await loop.submit({ channel.connections.keepaliveTime != .seconds(40) }).get() {
        await Task.yield()
      }
    }
    try await listener.close()
  }

  @Test("R-058 a channel without calls goes idle and its connection closes; a call wakes it")
  func idle() async throws {
    let server = try await NamedServer.start("x")
    let configuration = ChannelConfiguration.testing { $0.idleTimeout = .milliseconds(20) }
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      for _ in 0..<3 {
        let name = try await channel.ask()
        #expect(name == "x")
        await channel.until(.idle)
        while try await channel.sockets() > 0 { await Task.yield() }
      }
    }
    await server.stop()
  }

  @Test("R-058 a call that runs keeps the channel from going idle")
  func busyIsNotIdle() async throws {
    let started = Signal()
    let release = Signal()
    let server = try await NamedServer.start("x") { _ in
      started.set()
      await release.wait()
    }
    let configuration = ChannelConfiguration.testing { $0.idleTimeout = .milliseconds(4) }
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      let call = Task { try await channel.ask() }
      await started.wait()
      for _ in 0..<20 {
        try await channel.connections.eventLoop.scheduleTask(in: .milliseconds(1)) {}
          .futureResult.get()
      }
      #expect(channel.connectivityState == .ready)
      release.set()
      let name = try await call.value
      #expect(name == "x")
    }
    await server.stop()
  }

  @Test("R-058 R-066 GOAWAY without calls leads to idle, not to an instant reconnect")
  func goAwayIdle() async throws {
    for policy in [LoadBalancingPolicy.pickFirst(), .roundRobin] {
      let server = try await NamedServer.start("x")
      let resolver = PushResolver([server.endpoint])
      try await withChannel("test:///x", .testing(resolver, policy)) { channel in
        _ = try await channel.ask()
        await server.stop(grace: .seconds(30))
        await channel.until(.idle)
        // A new server on the same port hears nothing until there is a call.
        let again = try await NamedServer.start("y", at: server.place)
        #expect(channel.connectivityState == .idle)
        // The old connection may still be going.
        var sockets = try await channel.sockets()
        for _ in 0..<1000 where sockets > 0 {
          try await Task.sleep(for: .milliseconds(10))
          sockets = try await channel.sockets()
        }
        #expect(sockets == 0 && channel.connectivityState == .idle)
        let name = try await channel.ask()
        #expect(name == "y")
        await again.stop()
      }
    }
  }

  @Test("R-059 while the channel connects every call waits; in failure only those that want to")
  func failFast() async throws {
    let nobody = try ReservedPort()
    let configuration = ChannelConfiguration.testing {
      $0.firstBackoff = .seconds(600)
      $0.longestBackoff = .seconds(600)
    }
    let channel = try RPC.Channel(
      "127.0.0.1:\(nobody.number)", configuration, logger: silent)
    let patient = Task { await status { _ = try await channel.ask() } }
    let failed = await status { _ = try await channel.ask(CallOptions()) }
    #expect(failed.code == .unavailable)
    #expect(failed.internalReason?.contains("refused") == true)
    #expect(!failed.message.contains("127.0.0.1"))
    let again = await status { _ = try await channel.ask(CallOptions()) }
    #expect(again.code == .unavailable)
    let late = await status {
      _ = try await channel.ask(
        CallOptions(deadline: .after(.milliseconds(20)), waitsForReady: true))
    }
    #expect(late.code == .deadlineExceeded)
    await channel.shutDown(grace: .zero)
    #expect(await patient.value.code == .unavailable)
    withExtendedLifetime(nobody) {}
  }

  @Test("R-074 calls over the server's stream limit wait, and those that give up leave at once")
  func streamLimit() async throws {
    let release = Signal()
    let running = Mutex((now: 0, most: 0))
    let server = try await NamedServer.start("x", http2: .init(streams: 2)) { _ in
      running.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      await release.wait()
      running.withLock { $0.now -= 1 }
    }
    let configuration = ChannelConfiguration.testing { $0.maximumQueuedCalls = 5 }
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      let calls = (0..<2).map { _ in Task { try await channel.ask() } }
      while running.withLock({ $0.now }) < 2 { await Task.yield() }
      let waiting = (0..<5).map { _ in Task { await status { _ = try await channel.ask() } } }
      while try await channel.queued() < 5 { await Task.yield() }
      #expect(await status { _ = try await channel.ask() }.code == .unavailable)
      waiting[2].cancel()
      #expect(await waiting[2].value.code == .cancelled)
      let left = try await channel.queued()
      #expect(left == 4)
      let late = await status {
        _ = try await channel.ask(CallOptions(deadline: .after(.milliseconds(10))))
      }
      #expect(late.code == .deadlineExceeded)
      let still = try await channel.queued()
      #expect(still == 4)
      release.set()
      for call in calls {
        let name = try await call.value
        #expect(name == "x")
      }
      for index in [0, 1, 3, 4] { #expect(await waiting[index].value.code == .ok) }
      #expect(running.withLock { $0.most } == 2)
    }
    await server.stop()
  }

  @Test("R-074 another connection is opened at the stream limit when that is allowed")
  func moreConnections() async throws {
    let release = Signal()
    let running = Mutex(0)
    let server = try await NamedServer.start("x", http2: .init(streams: 2)) { _ in
      running.withLock { $0 += 1 }
      await release.wait()
    }
    let configuration = ChannelConfiguration.testing { $0.maximumConnectionsPerBackend = 3 }
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      let calls = (0..<8).map { _ in Task { try await channel.ask() } }
      while running.withLock({ $0 }) < 6 { await Task.yield() }
      let sockets = try await channel.sockets()
      #expect(sockets == 3)
      release.set()
      for call in calls { _ = try await call.value }
    }
    await server.stop()
  }

  @Test("R-081 calls above a server's bound are UNAVAILABLE at once")
  func circuitBreaker() async throws {
    let release = Signal()
    let running = Mutex(0)
    let server = try await NamedServer.start("x") { _ in
      running.withLock { $0 += 1 }
      await release.wait()
    }
    let configuration = ChannelConfiguration.testing { $0.maximumCallsPerBackend = 2 }
    try await withChannel("127.0.0.1:\(server.port)", configuration) { channel in
      let calls = (0..<2).map { _ in Task { try await channel.ask() } }
      while running.withLock({ $0 }) < 2 { await Task.yield() }
      for _ in 0..<5 {
        #expect(await status { _ = try await channel.ask() }.code == .unavailable)
      }
      release.set()
      for call in calls { _ = try await call.value }
      let name = try await channel.ask()
      #expect(name == "x")
    }
    await server.stop()
  }
}

extension ConnectionBackoff {
  fileprivate var drawn: Int64 {
    var copy = self
    return copy.next().nanoseconds
  }
}

extension RPC.Channel {
  /// Calls that wait.
  func queued() async throws -> Int {
    try await connections.eventLoop.submit { self.connections.queued }.get()
  }
}
