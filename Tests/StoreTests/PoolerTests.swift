import Store
import TestSupport
import Testing
import Values

@testable import StorePostgres

private let (acme, zenith) = (Fixture.acme, Fixture.zenith)

@Suite("PostgreSQL behind pgbouncer in transaction mode", .timeLimit(.minutes(3)))
struct PoolerTests {
  /// A connection without the store around it.
  private func line(_ conninfo: String) throws -> PostgresConnection {
    try PostgresConnection(
      ConnectionAddress(conninfo), names: ConstraintNames(), patience: .seconds(60))
  }

  @Test("a pooler is noticed, and the server itself is not taken for one")
  func noticed() async throws {
    let database = try await PostgresServer.shared.database()
    #expect(try line(database.app).isPooled == false)
    #expect(try line(await PostgresServer.shared.pooled(database.app)).isPooled)
  }

  @Test(
    "D-50 many tenants at once on three connections: each sees its own rows, and nothing stays behind"
  )
  func nothingLeaks() async throws {
    try await Fixture.with(.pooled) { fixture in
      let tenants = (0..<8).map { TenantID("tenant-\($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for tenant in tenants {
          group.addTask {
            for number in 0..<25 {
              try await fixture.store.write(as: tenant) { db in
                try db.run(
                  """
                  INSERT INTO accounts (tenant, id, name)
                  VALUES (\(db.tenant), \("\(number)"), \("\(number)"))
                  """)
              }
              // No condition on the tenant in the text: the wall alone holds.
              let seen: [TenantID] = try await fixture.store.read(as: tenant) { db in
                try db.all("SELECT tenant FROM accounts").map { try $0["tenant"] }
              }
              #expect(seen == Array(repeating: tenant, count: number + 1))
              let jobs = try await fixture.store.readAcrossTenants {
                try $0.all("SELECT id FROM accounts")
              }
              #expect(jobs.count > number)
            }
          }
        }
        try await group.waitForAll()
      }
      // Whoever comes next on the same connections of the server, without a tenant of its own.
      for _ in 0..<6 {
        let next = try line(fixture.place)
        let left = try next.perform(
          text: """
            SELECT count(*), count(nullif(current_setting('app.tenant', true), '')),
              (SELECT count(*) FROM pg_prepared_statements), current_user::text,
              current_setting('statement_timeout'), current_setting('lock_timeout'),
              current_setting('idle_in_transaction_session_timeout') FROM accounts
            """
        ).rows(limit: nil)
        #expect(
          left.first?.values == [
            .integer(0), .integer(0), .integer(0), .text("portico_app"), .text("0"), .text("0"),
            .text("0"),
          ])
      }
    }
  }

  @Test("D-50 a row of another tenant is refused, and the connection serves the next one")
  func crossTenant() async throws {
    try await Fixture.with(.pooled) { fixture in
      try await fixture.addAccounts()
      for statement: SQL in [
        "INSERT INTO accounts (tenant, id, name) VALUES ('zenith', 'x', 'X')",
        "UPDATE accounts SET tenant = 'zenith', id = 'y'",
      ] {
        let error = await #expect(throws: StoreError.self) {
          try await fixture.store.write(as: acme) { try $0.run(statement) }
        }
        guard case .forbidden = error else { throw error ?? .notFound }
      }
      let changed = try await fixture.store.write(as: zenith) {
        try $0.change("UPDATE accounts SET name = \("mine")")
      }
      #expect(changed == 1)
      let unset = try await fixture.store.read(as: TenantID("")) {
        try $0.all("SELECT id FROM accounts")
      }
      #expect(unset.isEmpty)
    }
  }

  @Test("the limits hold in each transaction, since no session keeps them")
  func limits() async throws {
    try await Fixture.with(.pooled) { fixture in
      var limits = PostgresStore.Limits()
      limits.statementTimeout = .milliseconds(300)
      let store = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      await #expect(throws: StoreError.busy) {
        try await store.read(as: acme) { _ = try $0.all("SELECT pg_sleep(60)::text AS x") }
      }
      await store.close()
    }
  }

  @Test("who migrates through a pooler is told so: the lock of a migration lasts for a session")
  func owner() async throws {
    let database = try await PostgresServer.shared.database()
    let pooled = try await PostgresServer.shared.pooled(database.conninfo(user: "super"))
    let owner = PostgresOwner(pooled)
    let error = await #expect(throws: StoreError.self) { try await Migrator(owner).migrate(nil) }
    guard case .migration = error else { throw error ?? .notFound }
  }
}
