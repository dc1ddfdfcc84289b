import Store
import TestSupport
import Testing
import Values

@testable import StorePostgres

private let (acme, zenith) = (Fixture.acme, Fixture.zenith)

@Suite("PostgreSQL: what other processes have committed (N-05)", .timeLimit(.minutes(3)))
struct NotifyTests {
  /// What a bell has rung for, one by one.
  private func rings(of store: any Store) -> (AsyncStream<Set<TenantID>>, Int) {
    let (stream, continuation) = AsyncStream<Set<TenantID>>.makeStream()
    return (stream, store.bell.listen { continuation.yield($0) })
  }

  private func untilItHears(_ store: any Store) async throws {
    while !store.bell.hearsOthers { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("the bell of one process rings for a commit of another, and once for its own")
  func others() async throws {
    try await Fixture.with(.postgres) { fixture in
      let other = try await PostgresStore.open(fixture.place, clock: fixture.clock)
      try await untilItHears(other)
      try await untilItHears(fixture.store)
      let (heard, _) = rings(of: other)
      let (own, _) = rings(of: fixture.store)
      try await fixture.store.write(as: acme) { try $0.emit(.test("t"), on: "x/1") }
      var iterator = heard.makeAsyncIterator()
      #expect(await iterator.next() == [acme])
      try await other.write(as: zenith) { try $0.emit(.test("t"), on: "x/2") }
      #expect(await iterator.next() == [zenith])
      var mine = own.makeAsyncIterator()
      // Its own commit first, once; then the other's.
      #expect(await mine.next() == [acme])
      #expect(await mine.next() == [zenith])
      await other.close()
    }
  }

  @Test("thousands of tenants fit into as many notifications as they need")
  func many() async throws {
    try await Fixture.with(.postgres) { fixture in
      let other = try await PostgresStore.open(fixture.place, clock: fixture.clock)
      try await untilItHears(other)
      let (heard, _) = rings(of: other)
      let tenants = Set((0..<3000).map { TenantID("tenant-number-\($0)") })
      try await fixture.store.writeAcrossTenants { db in
        for tenant in tenants { try db.acting(for: tenant).emit(.test("t"), on: "x") }
      }
      var seen: Set<TenantID> = []
      for await ring in heard {
        seen.formUnion(ring)
        if seen == tenants { break }
      }
      #expect(seen == tenants)
      await other.close()
    }
  }

  @Test("a lost connection is made again, and hears again")
  func again() async throws {
    try await Fixture.with(.postgres) { fixture in
      let other = try await PostgresStore.open(fixture.place, clock: fixture.clock)
      try await untilItHears(other)
      // All others of the database: the stores get over it too.
      try await fixture.store.write(as: acme) { db in
        _ = try db.all(
          """
          SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
          """)
      }
      let (heard, _) = rings(of: other)
      // What is told while nobody listens is lost to the bell: it is told until it is heard.
      let work = Task {
        while !Task.isCancelled {
          try await fixture.store.write(as: acme) { try $0.emit(.test("t"), on: "x") }
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      var iterator = heard.makeAsyncIterator()
      #expect(await iterator.next() == [acme])
      #expect(other.bell.hearsOthers)
      work.cancel()
      _ = await work.result
      await other.close()
    }
  }

  @Test("behind a pooler a commit is told, and who listens there hears nothing and says so")
  func pooled() async throws {
    try await Fixture.with(.postgres) { fixture in
      try await untilItHears(fixture.store)
      let pooled = try await PostgresServer.shared.pooled(fixture.place)
      let other = try await PostgresStore.open(pooled, clock: fixture.clock)
      let (heard, _) = rings(of: fixture.store)
      let work = Task {
        while !Task.isCancelled {
          try await other.write(as: zenith) { try $0.emit(.test("t"), on: "x") }
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      var iterator = heard.makeAsyncIterator()
      #expect(await iterator.next() == [zenith])
      #expect(!other.bell.hearsOthers)
      work.cancel()
      _ = await work.result
      await other.close()
    }
  }
}
