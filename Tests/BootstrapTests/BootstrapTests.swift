import Access
import Bootstrap
import Foundation
import GRPCServices
import Logging
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

private func code(_ body: () async throws -> Void) async -> Status.Code? {
  do {
    try await body()
    return nil
  } catch { return (error as? Status)?.code }
}

private func notes(_ caller: any Caller) async throws -> [String] {
  try await StreamsClient(caller).serve(Node()) { responses in
    var texts: [String] = []
    for try await node in responses { texts.append(node.text) }
    return texts
  }
}

@Suite("A service on a stage, over the real wire", .timeLimit(.minutes(2)))
struct ServiceHostTests {
  @Test(
    "S-031 S-033 D-51 each sees by scope, and another tenant sees nothing",
    arguments: TestStore.engines)
  func scopes(_ engine: Engine) async throws {
    try await Stage.run { stage in
      try await stage.serve("messaging", [Postbox()])
      try await stage.start(BoardService.self, store: TestStore.location(engine))
      let ada = TestPrincipal.customer(contact: "ada")
      let bob = TestPrincipal.customer(contact: "bob")
      for (person, text) in [(ada, "from-ada"), (bob, "from-bob")] {
        _ = try await StreamsClient(stage.caller("ticketing", as: person)).unary(Node(text: text))
      }
      #expect(try await notes(stage.caller("ticketing", as: ada)) == ["from-ada"])
      let manager = TestPrincipal.customer(contact: "eve", role: .externalManager)
      #expect(try await notes(stage.caller("ticketing", as: manager)) == ["from-ada", "from-bob"])
      #expect(
        try await notes(stage.caller("ticketing", as: TestPrincipal.staff())).count == 2)
      let neighbour = TestPrincipal.customer(account: "beta", role: .externalManager)
      #expect(try await notes(stage.caller("ticketing", as: neighbour)) == [])
      let stranger = TestPrincipal.staff(tenant: TenantID("other"))
      #expect(try await notes(stage.caller("ticketing", as: stranger)) == [])
    }
  }

  @Test("R-171 the gate stands before every handler, and a wrong field says which")
  func gate() async throws {
    try await Stage.run { stage in
      try await stage.start(BoardService.self)
      let nobody = StreamsClient(stage.caller("ticketing"))
      #expect(await code { _ = try await nobody.unary(Node(text: "x")) } == .unauthenticated)
      let editor = stage.caller("ticketing", as: TestPrincipal.staff(.contentEditor))
      #expect(await code { _ = try await notes(editor) } == .permissionDenied)
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      #expect(await code { _ = try await ada.unary(Node(text: " ")) } == .invalidArgument)
    }
  }

  @Test(
    "D-59 an effect leaves after the commit, in the service's own name, and a replay sends it once")
  func outbox() async throws {
    try await Stage.run { stage in
      let postbox = Postbox()
      try await stage.serve("messaging", [postbox])
      try await stage.start(BoardService.self)
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      let first = try await ada.unary(Node(text: "hello"))
      #expect(try await ada.unary(Node(text: "hello")) == first)
      _ = try await ada.unary(Node(text: "again"))
      await postbox.wait(for: 2)
      #expect(postbox.subjects.sorted() == ["again", "hello"])
      #expect(postbox.callers == ["services/ticketing", "services/ticketing"])
    }
  }

  @Test("an effect is tried again after its back-off, and given up when it is wrong")
  func retries() async throws {
    try await Stage.run { stage in
      let postbox = Postbox()
      // A request with an id is sent five times before the relay hears of it.
      let later = Status(.unavailable, "later")
      postbox.refuse(later, later, later, later, later, Status(.invalidArgument, "never"))
      try await stage.serve("messaging", [postbox])
      let host = try await stage.start(BoardService.self)
      let store = try #require(await host.store)
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      _ = try await ada.unary(Node(text: "first"))
      let outbox = Outbox(store, owner: "test")
      while try await waiting(store, error: "unavailable") == 0 { await Task.yield() }
      #expect(try await outbox.dead(limit: 10).isEmpty)
      stage.clock.advance(by: .seconds(2))
      var dead: [Outbox.Item] = []
      while dead.isEmpty { dead = try await outbox.dead(limit: 10) }
      #expect(dead.map(\.attempt) == [2])
      #expect(dead[0].error?.hasPrefix("invalidArgument") == true)
      #expect(postbox.subjects.isEmpty)
    }
  }

  private func waiting(_ store: any Store, error: String) async throws -> Int {
    try await store.readAcrossTenants { db in
      try db.all("SELECT key FROM portico_outbox WHERE error LIKE \(error + "%")").count
    }
  }

  @Test("R-171 a call inside a handler is the caller's, asService is the service's with its actor")
  func propagation() async throws {
    try await Stage.run { stage in
      try await stage.serve("testing", [WhoAmI()])
      try await stage.start(BoardService.self)
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      let answer = try await ada.collect { writer in try await writer.finish() }
      #expect(answer.text == "users/acme-ada services/ticketing+users/acme-ada")
    }
  }

  @Test("V-05 a peer without an address or behind a dead socket is UNAVAILABLE, not a hang")
  func absentPeer() async throws {
    try await Stage.run { stage in
      try await stage.start(BoardService.self)
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      let code = await code { _ = try await ada.collect { try await $0.finish() } }
      #expect(code == .unavailable)
    }
  }

  @Test("INTERNAL says only that, over the wire")
  func internalErrors() async throws {
    try await Stage.run { stage in
      try await stage.start(BoardService.self)
      let client = StreamsClient(stage.caller("ticketing", asService: "billing"))
      do {
        try await client.chat { writer, responses in
          try await writer.finish()
          for try await _ in responses {}
        }
        #expect(Bool(false), "it fails")
      } catch let status as Status {
        #expect(status.code == .internal)
        #expect(status.message == "internal error")
        #expect(status.internalReason?.contains("eyes only") != true)
      }
    }
  }

  @Test("health is open to anyone, knows the services it answers, and ends its watchers at the end")
  func health() async throws {
    try await Stage.run { stage in
      let host = try await stage.start(BoardService.self)
      let health = HealthClient(stage.caller("ticketing"))
      for service in ["", "portico.testing.v1.Streams", "grpc.health.v1.Health"] {
        #expect(try await health.check(.init(service: service)).status == .serving)
      }
      #expect(await code { _ = try await health.check(.init(service: "x")) } == .notFound)
      #expect(try await health.list(.init()).statuses.count == 5)
      let isWatched = AsyncStream.makeStream(of: Void.self)
      async let stopped: Void = {
        for await _ in isWatched.stream { return await host.stop() }
      }()
      let seen = try await health.watch(.init()) { responses in
        var states: [GrpcHealth.HealthCheckResponse.ServingStatus] = []
        for try await response in responses {
          states.append(response.status)
          isWatched.continuation.yield()
        }
        return states
      }
      #expect(seen.first == .serving)
      await stopped
    }
  }

  @Test("R-034 reflection is off unless the setting says so, and then open to anyone")
  func reflection() async throws {
    try await Stage.run { stage in
      try await stage.start(BoardService.self)
      let client = ReflectionClient(stage.caller("ticketing"))
      #expect(await code { _ = try await client.services() } == .unimplemented)
    }
    try await Stage.run { stage in
      try await stage.start(BoardService.self, settings: ["reflection": "true"])
      let services = try await ReflectionClient(stage.caller("ticketing")).services()
      #expect(
        services == [
          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection", "portico.testing.v1.Streams",
          "portico.ticketing.v1.TicketingEvents", "portico.ticketing.v1.TicketingOperation",
        ])
    }
  }

  @Test("a job runs again and again, fenced by its lease, and not after the service has stopped")
  func jobs() async throws {
    try await Stage.run { stage in
      let host = try await stage.start(BoardService.self)
      let ticks = try #require(await host.service?.ticks)
      while ticks.value < 3 { await Task.yield() }
      let store = try #require(await host.store)
      await host.stop()
      let count = ticks.value
      await #expect(throws: StoreError.self) { try await store.readAcrossTenants { _ in } }
      #expect(ticks.value == count)
    }
  }

  @Test("a service that fails to start leaves nothing open, and its store can be opened again")
  func failedStart() async throws {
    try await Stage.run { stage in
      let path = stage.folder.appendingPathComponent("board.db").path
      await #expect(throws: SettingError.self) {
        try await stage.start(
          BoardService.self, store: .sqlite(path: path), settings: ["board.broken": "true"])
      }
      let host = try await stage.start(BoardService.self, store: .sqlite(path: path))
      #expect(await host.address != nil)
      await host.stop()
      await host.stop()
      #expect(await host.address == nil)
    }
  }
}
