import GRPCServices
import PorticoAPI
import RPC
import Testing
import WellKnown

@Suite("R-033 health")
struct HealthTests {
  private let health = Health([])

  @Test("R-033 Check and List know the process, its services and what was set by name")
  func states() async throws {
    try await withServer([health]) { channel in
      let client = HealthClient(channel)
      let before = try await client.check(.init())
      #expect(before.status == .notServing)
      health.set(serving: true)
      health.set(.notServing, of: "storage")
      let whole = try await client.check(.init())
      let part = try await client.check(.init(service: "storage"))
      #expect(whole.status == .serving && part.status == .notServing)
      let all = try await client.list(.init())
      #expect(
        all.statuses.mapValues(\.status)
          == ["": .serving, "grpc.health.v1.Health": .serving, "storage": .notServing])
      let unknown = await #expect(throws: Status.self) {
        try await client.check(.init(service: "nobody"))
      }
      #expect(unknown?.code == .notFound)
    }
  }

  @Test("R-033 Watch begins with SERVICE_UNKNOWN, tells each change, and ends with the server")
  func watch() async throws {
    try await withServer([health]) { channel in
      let client = HealthClient(channel)
      health.set(serving: true)
      try await client.watch(.init(service: "storage")) { responses in
        var states = responses.makeAsyncIterator()
        let first = try await states.next()
        #expect(first?.status == .serviceUnknown)
        health.set(serving: true)
        health.set(.serving, of: "storage")
        let second = try await states.next()
        #expect(second?.status == .serving)
        health.set(serving: false)
        let third = try await states.next()
        #expect(third?.status == .notServing)
        health.end()
        let last = try await states.next()
        #expect(last == nil)
      }
      let late = try await client.watch(.init()) { responses in
        var all: [GrpcHealth.HealthCheckResponse.ServingStatus] = []
        for try await response in responses { all.append(response.status) }
        return all
      }
      #expect(late == [.notServing], "a watch that comes after the end is told and ends")
    }
  }
}
