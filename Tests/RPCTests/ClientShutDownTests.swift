import Foundation
import HTTP2
import NIOCore
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientShutDownTests {
  @Test("R-079 running calls finish within the grace, new ones are refused, nothing stays open")
  func gracefulClose() async throws {
    let started = Signal()
    let release = Signal()
    let server = try await NamedServer.start("x") { _ in
      started.set()
      await release.wait()
    }
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
    let call = Task { try await channel.ask() }
    await started.wait()
    let closing = Task { await channel.shutDown(grace: .seconds(60)) }
    await channel.until(.shutDown)
    #expect(await status { _ = try await channel.ask() }.code == .unavailable)
    release.set()
    let name = try await call.value
    #expect(name == "x")
    await closing.value
    let sockets = try await channel.sockets()
    #expect(sockets == 0)
    await server.stop()
  }

  @Test("R-079 the end of the grace cancels what is left")
  func graceEnds() async throws {
    let started = Signal()
    let server = try await NamedServer.start("x") { _ in
      started.set()
      try await Task.sleep(for: .seconds(600))
    }
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
    let call = Task { await status { _ = try await channel.ask() } }
    await started.wait()
    await channel.shutDown(grace: .milliseconds(10))
    #expect([.unavailable, .cancelled].contains(await call.value.code))
    await server.stop()
  }

  @Test("R-079 a channel that is dropped without being shut down closes its connection")
  func dropped() async throws {
    let server = try await NamedServer.start("x")
    var channel: RPC.Channel? = try RPC.Channel(
      "127.0.0.1:\(server.port)", .testing(), logger: silent)
    _ = try await channel?.ask()
    let connections = try #require(channel?.connections)
    channel = nil
    while try await connections.eventLoop.submit({ !connections.transports.isEmpty }).get() {
      await Task.yield()
    }
    #expect(connections.board.state == .shutDown)
    await server.stop()
  }

  @Test("R-032 R-079 cancelling the task that shuts down ends the grace, on both sides")
  func cancelled() async throws {
    for cutsServer in [false, true] {
      let started = Signal()
      let server = try await NamedServer.start("x") { _ in
        started.set()
        try await Task.sleep(for: .seconds(600))
      }
      let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
      let call = Task { await status { _ = try await channel.ask() } }
      await started.wait()
      let ending = Task {
        if cutsServer {
          await server.server.shutDown(grace: .seconds(600))
        } else {
          await channel.shutDown(grace: .seconds(600))
        }
      }
      ending.cancel()
      #expect([.unavailable, .cancelled].contains(await call.value.code))
      await ending.value
      await channel.shutDown(grace: .zero)
      await server.stop()
    }
  }
}
