import Foundation
import HTTP2
import NIOCore
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientShutDownTests {
  /// A server with a call that does not end by itself, made over the channel.
  private static func occupied() async throws -> (NamedServer, RPC.Channel, Task<Status, Never>) {
    let started = Signal()
    let server = try await NamedServer.start("x") { _ in
      started.set()
      try await Task.sleep(for: .seconds(600))
    }
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
    let call = Task { await status { _ = try await channel.ask() } }
    await started.wait()
    return (server, channel, call)
  }

  @Test(
    "ASVS 8.3.2 a canceller ends its call with the status it gives, and one that comes later at once"
  )
  func canceller() async throws {
    let started = Signal()
    let server = try await NamedServer.start("x") { _ in
      started.set()
      try await Task.sleep(for: .seconds(600))
    }
    let channel = try RPC.Channel("127.0.0.1:\(server.port)", .testing(), logger: silent)
    var options = CallOptions()
    let canceller = CallCanceller()
    options.canceller = canceller
    let call = Task { [options] in await status { _ = try await channel.ask(options) } }
    await started.wait()
    canceller.cancel(with: Status(.unauthenticated, "over"))
    canceller.cancel(with: Status(.internal, "the first counts"))
    #expect(await call.value == Status(.unauthenticated, "over"))
    let late = await status { [options] in _ = try await channel.ask(options) }
    #expect(late == Status(.unauthenticated, "over"))
    await channel.shutDown(grace: .zero)
    await server.stop()
  }

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
    let (server, channel, call) = try await Self.occupied()
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
      let (server, channel, call) = try await Self.occupied()
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
