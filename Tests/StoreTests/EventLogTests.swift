import Store
import Synchronization
import Testing
import Values

private let acme = Fixture.acme

@Suite("The store contract: the event log")
struct EventLogTests {
  @Test("N-05 an event keeps where it belongs", arguments: Backend.allCases)
  func place(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let place = EventPlace(account: "a", site: "s", contact: "c", user: "users/u")
      try await fixture.store.write(as: acme) { db in
        try db.emit(.test("one"), on: "x/1", at: place)
        try db.emit(.test("two"), on: "x/2")
      }
      let events = try await fixture.store.read(as: acme) { try $0.events(limit: 10) }
      #expect(events.map(\.place) == [place, .tenant])
      #expect(events.map(\.time) == [Fixture.start, Fixture.start])
    }
  }

  @Test("N-05 the bell rings after a commit, for whose log grew, and not after a rollback")
  func bell() async throws {
    for backend in Backend.allCases {
      try await Fixture.with(backend) { fixture in
        let store = fixture.store
        let heard = Mutex<[Set<TenantID>]>([])
        let number = store.bell.listen { tenants in heard.withLock { $0.append(tenants) } }
        try await store.write(as: acme) { try $0.emit(.test("one"), on: "x/1") }
        try await store.write(as: acme) { try $0.audit("two", on: "x/2", by: Actor("users/a")) }
        await #expect(throws: StoreError.stale) {
          try await store.write(as: acme) { db in
            try db.emit(.test("three"), on: "x/3")
            throw StoreError.stale
          }
        }
        try await store.writeAcrossTenants { db in
          for tenant in [acme, Fixture.zenith] {
            try db.acting(for: tenant).emit(.test("four"), on: "x/4")
          }
        }
        store.bell.ignore(number)
        try await store.write(as: acme) { try $0.emit(.test("five"), on: "x/5") }
        #expect(heard.withLock { $0 } == [[acme], [acme, Fixture.zenith]], "\(backend)")
      }
    }
  }

  @Test(
    "N-05 old events go from the beginning, without a hole, and the log says so",
    arguments: Backend.allCases)
  func prune(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let (store, clock) = (fixture.store, fixture.clock)
      // The clock is set back in between: positions 3 and 4 look older than 2.
      for (seconds, count) in [(0, 1), (100, 1), (10, 2), (200, 2)] {
        clock.set(Fixture.start + .seconds(seconds))
        for _ in 0..<count {
          try await store.write(as: acme) { try $0.emit(.test("t"), on: "x") }
        }
      }
      let limit = Fixture.start + .seconds(50)
      let first = try await store.writeAcrossTenants {
        try $0.pruneEvents(before: limit, atMost: 3)
      }
      #expect(first == 3)
      let again = try await store.writeAcrossTenants {
        try $0.pruneEvents(before: limit, atMost: 3)
      }
      #expect(again == 1)
      let page = try await store.read(as: acme) { try $0.eventPage(after: 4, limit: 10) }
      #expect(page.events.map(\.position) == [5, 6])
      #expect((page.head, page.forgotten) == (6, 4))
      let later = Fixture.start + .days(1)
      _ = try await store.writeAcrossTenants { try $0.pruneEvents(before: later, atMost: 10) }
      let empty = try await store.read(as: acme) { try $0.eventPage(after: 6, limit: 10) }
      #expect((empty.head, empty.forgotten) == (6, 6))
      let never = try await store.read(as: Fixture.zenith) { try $0.eventPage(after: 0, limit: 1) }
      #expect((never.head, never.forgotten) == (0, 0))
      let heads = try await store.readAcrossTenants {
        try $0.lastEventPositions(of: [acme, Fixture.zenith])
      }
      #expect(heads == [acme: 6])
    }
  }

  @Test("N-05 a store of the first schema is brought up to date with its events")
  func upgrade() async throws {
    for backend in Backend.allCases {
      try await Fixture.with(backend, migrations: []) { fixture in
        // What came later says nothing of events.
        let platform = Array(Migration.platform(fixture.store.engine).prefix(2))
        #expect(platform.map(\.name) == ["platform", "event_places"])
        // What a build before this one has left: one event, in the table without places.
        try await fixture.store.write(as: acme) { try $0.emit(.test("old"), on: "x/1") }
        try await fixture.target.migrate { session throws(StoreError) in
          try session.script(
            """
            DROP TABLE portico_events;
            CREATE TABLE portico_events (
              tenant TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL,
              type TEXT NOT NULL, resource TEXT NOT NULL, account TEXT,
              payload BYTEA NOT NULL DEFAULT '', PRIMARY KEY (tenant, position));
            INSERT INTO portico_events (tenant, position, at, type, resource, account)
            VALUES ('acme', 1, 5, 'old', 'x/1', 'a');
            DELETE FROM portico_migrations WHERE part = 'portico' AND version >= 2;
            """)
        }
        let applied = try await Migrator(fixture.target).migrate(platform)
        #expect(applied.map(\.name) == ["event_places"])
        try await fixture.store.write(as: acme) {
          try $0.emit(.test("new"), on: "x/2", at: EventPlace(account: "a", contact: "c"))
        }
        let events = try await fixture.store.read(as: acme) { try $0.events(limit: 10) }
        #expect(events.map(\.type) == ["old", "new"])
        #expect(events.map(\.place) == [.init(account: "a"), .init(account: "a", contact: "c")])
      }
    }
  }
}
