import GRPCServices
import NIOCore
import PorticoAPI
import Synchronization
import Testing
import WellKnown

@testable import RPC

@Suite(.timeLimit(.minutes(1))) struct ClientHealthTests {
  private static let service = "portico.testing.v1.Streams"

  private func configuration(_ resolver: PushResolver) -> ChannelConfiguration {
    .testing(resolver, .roundRobin) { $0.loadBalancing.healthCheckedService = Self.service }
  }

  @Test("R-077 a server that says it does not serve gets no calls until it does")
  func notServing() async throws {
    let health = Health([EchoStreams()])
    let good = try await NamedServer.start("good")
    let sick = try await NamedServer.start("sick", and: [health])
    let resolver = PushResolver([good.endpoint, sick.endpoint])
    try await withChannel("test:///x", configuration(resolver)) { channel in
      // The good one has no health service at all: UNIMPLEMENTED counts as healthy.
      try await channel.askUntilAll(["good"])
      health.set(serving: true)
      try await channel.askUntilAll(["good", "sick"])
      health.set(.notServing, of: Self.service)
      try await channel.askUntilAll(["good"])
      health.set(.serving, of: Self.service)
      try await channel.askUntilAll(["good", "sick"])
    }
    health.end()
    await good.stop()
    await sick.stop()
  }

  @Test("R-077 when no server is healthy calls fail, with the reason for the operator")
  func allSick() async throws {
    let health = Health([EchoStreams()])
    let sick = try await NamedServer.start("sick", and: [health])
    let resolver = PushResolver([sick.endpoint])
    try await withChannel("test:///x", configuration(resolver)) { channel in
      let status = await status { _ = try await channel.ask(CallOptions()) }
      #expect(status.code == .unavailable)
      #expect(status.internalReason?.contains("notServing") == true)
      async let patient = channel.ask()
      health.set(serving: true)
      let name = try await patient
      #expect(name == "sick")
    }
    health.end()
    await sick.stop()
  }

  /// A health service whose watches end by themselves.
  private final class Flaky: HealthService {
    let watches = Mutex(0)

    func check(
      _ request: GrpcHealth.HealthCheckRequest, _ call: Call
    ) async throws -> GrpcHealth.HealthCheckResponse { .init(status: .serving) }

    func list(
      _ request: GrpcHealth.HealthListRequest, _ call: Call
    ) async throws -> GrpcHealth.HealthListResponse { .init() }

    func watch(
      _ request: GrpcHealth.HealthCheckRequest, _ call: Call,
      _ responses: ResponseWriter<GrpcHealth.HealthCheckResponse>
    ) async throws {
      let count = watches.withLock { count in
        count += 1
        return count
      }
      guard count > 3 else { throw Status(.unavailable, "not now") }
      try await responses.write(.init(status: .serving))
      try await Task.sleep(for: .seconds(600))
    }
  }

  @Test("R-077 a watch that ends is begun again after a back-off")
  func watchEnds() async throws {
    let flaky = Flaky()
    let server = try await NamedServer.start("x", and: [flaky])
    let resolver = PushResolver([server.endpoint])
    try await withChannel("test:///x", configuration(resolver)) { channel in
      let name = try await channel.ask()
      #expect(name == "x")
      #expect(flaky.watches.withLock { $0 } == 4)
    }
    await server.stop()
  }

  @Test("R-077 R-058 a watch is no call: the channel goes idle and the watch ends")
  func watchIsNoCall() async throws {
    let health = Health([EchoStreams()])
    health.set(serving: true)
    let server = try await NamedServer.start("x", and: [health])
    let resolver = PushResolver([server.endpoint])
    var configuration = configuration(resolver)
    configuration.idleTimeout = .milliseconds(20)
    try await withChannel("test:///x", configuration) { channel in
      _ = try await channel.ask()
      await channel.until(.idle)
      while try await channel.sockets() > 0 { await Task.yield() }
    }
    health.end()
    await server.stop()
  }
}
