import Store
import Testing
import Values

@Suite("How a store is doing")
struct ConditionTests {
  @Test(
    "R-042 an engine tells what waits, what it counts and whether it takes writes",
    arguments: Backend.allCases)
  func condition(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.store.write(as: Fixture.acme) { try $0.emit(.test("a"), on: "x/1") }
      let condition = fixture.store.condition
      #expect(condition.refusal == nil)
      #expect(condition.waiting == 0)
      let names = Set(condition.families.map(\.name))
      switch backend {
      case .memory, .file:
        #expect(
          names == [
            "portico_sqlite_write_queue", "portico_sqlite_commit_seconds",
            "portico_sqlite_commit_writes", "portico_sqlite_failed_commits_total",
          ])
        await fixture.store.close()
        #expect(fixture.store.condition.refusal != nil)
      case .postgres, .pooled:
        // Those that Tests/OperationTests count as told, though its store is SQLite.
        #expect(
          names == [
            "portico_postgres_connections", "portico_postgres_connections_busy",
            "portico_postgres_waiting", "portico_postgres_retries_total",
            "portico_postgres_connects_total",
          ])
      }
    }
  }

  @Test(
    "what waits in the outbox, how many events there were, and whose leases are held",
    arguments: Backend.allCases)
  func depths(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let store = fixture.store
      try await store.write(as: Fixture.acme) { db in
        try db.emit(.test("a"), on: "x/1")
        try db.emit(.test("b"), on: "x/1")
        db.belongs(toTrace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        try db.send(key: "now", method: "/m", body: [])
        try db.send(key: "later", method: "/m", body: [], after: .hours(1))
      }
      _ = try await Lease.acquire("job/x", owner: "me", for: .seconds(60), in: store)
      let seen = try await store.readAcrossTenants { db in
        (try db.outboxDepth(), try db.eventCount(), try db.heldLeases())
      }
      #expect(seen.0 == QueueDepth("outbox", waiting: 2, dead: 0, oldestDue: Fixture.start))
      #expect(seen.1 == 2)
      #expect(seen.2.map(\.name) == ["job/x"] && seen.2.first?.owner == "me")
      let outbox = Outbox(store, owner: "relay")
      let item = try #require(try await outbox.claim(limit: 1).first)
      #expect(item.trace?.hasPrefix("00-4bf92f") == true)
      _ = try await outbox.fail(item, error: "no", isFinal: true)
      let after = try await store.readAcrossTenants { try $0.outboxDepth() }
      #expect(after == QueueDepth("outbox", waiting: 1, dead: 1, oldestDue: nil))
    }
  }

  @Test(
    "processes that share a database know of each other, until they leave or fall silent",
    arguments: Backend.allCases)
  func processes(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let store = fixture.store
      func all(since limit: Instant) async throws -> [[UInt8]] {
        try await store.readAcrossTenants { try $0.processReports(since: limit) }
      }
      try await store.writeAcrossTenants { try $0.post([1], ofProcess: "a") }
      try await store.writeAcrossTenants { try $0.post([2], ofProcess: "b") }
      try await store.writeAcrossTenants { try $0.post([3], ofProcess: "b") }
      #expect(try await all(since: Fixture.start) == [[1], [3]])
      try await store.writeAcrossTenants { try $0.withdrawReport(ofProcess: "a") }
      #expect(try await all(since: Fixture.start) == [[3]])
      fixture.clock.advance(by: .hours(2))
      try await store.writeAcrossTenants { try $0.post([4], ofProcess: "c") }
      #expect(try await all(since: Fixture.start) == [[4]])
    }
  }
}
