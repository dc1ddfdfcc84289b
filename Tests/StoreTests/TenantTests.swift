import Foundation
import Store
import StorePostgres
import Testing
import Values

private let (acme, zenith) = (Fixture.acme, Fixture.zenith)

@Suite("The store contract: tenants (D-50, D-53)")
struct TenantTests {
  @Test("Two tenants share ids, logs and keys without meeting", arguments: Backend.allCases)
  func separate(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      for tenant in [acme, zenith] {
        try await fixture.store.write(as: tenant) { db in
          try TicketStore(db).add(Ticket(id: "1", title: tenant.rawValue))
          try db.audit("tickets.create", on: "tickets/1", by: Actor("users/1"))
          try db.emit(.test("tickets.created"), on: tenant.rawValue)
        }
      }
      for tenant in [acme, zenith] {
        let scope = Scope(tenant: tenant, reach: .tenant)
        let (title, events, audits) = try await fixture.store.read(as: tenant) { db in
          (
            try TicketStore(db).ticket("1", in: scope).title,
            try db.events(limit: 9).map(\.resource), try db.auditRecords(limit: 9).count
          )
        }
        #expect(title == tenant.rawValue)
        #expect(events == [tenant.rawValue])
        #expect(audits == 1)
      }
    }
  }

  @Test("A job across tenants sees all and can act for one", arguments: Backend.allCases)
  func across(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let tenants: [TenantID] = try await fixture.store.readAcrossTenants { db in
        try db.all("SELECT tenant FROM accounts ORDER BY tenant").map { try $0["tenant"] }
      }
      #expect(tenants == [acme, zenith])
      try await fixture.store.writeAcrossTenants { db in
        try db.run("UPDATE accounts SET name = \("B")")
        for tenant in tenants {
          try db.acting(for: tenant).emit(.test("accounts.renamed"), on: "a")
        }
      }
      for tenant in tenants {
        let events = try await fixture.store.read(as: tenant) { try $0.events(limit: 9) }
        #expect(events.map(\.position) == [1])
      }
    }
  }

  @Test("PostgreSQL: forced row-level security hides and refuses other tenants' rows")
  func rowLevelSecurity() async throws {
    try await Fixture.with(.postgres) { fixture in
      try await fixture.addAccounts()
      func names(as tenant: TenantID) async throws -> Int {
        try await fixture.store.read(as: tenant) { try $0.all("SELECT name FROM accounts").count }
      }
      // No condition on the tenant in the text: the wall alone holds.
      #expect(try await names(as: acme) == 1)
      #expect(try await names(as: TenantID("")) == 0)
      #expect(try await names(as: TenantID("nobody")) == 0)
      let changed = try await fixture.store.write(as: acme) { db in
        try db.change("UPDATE accounts SET name = \("mine")")
      }
      #expect(changed == 1)
      for statement: SQL in [
        "INSERT INTO accounts (tenant, id, name) VALUES ('zenith', 'x', 'X')",
        "UPDATE accounts SET tenant = 'zenith'",
      ] {
        let error = await #expect(throws: StoreError.self) {
          try await fixture.store.write(as: acme) { try $0.run(statement) }
        }
        guard case .forbidden = error else { throw error ?? .notFound }
      }
      for statement: SQL in [
        "ALTER TABLE accounts DISABLE ROW LEVEL SECURITY", "DROP TABLE accounts",
        "TRUNCATE accounts",
      ] {
        await #expect(throws: StoreError.self) {
          try await fixture.store.writeAcrossTenants { try $0.run(statement) }
        }
      }
    }
  }

  @Test("PostgreSQL: every table with a tenant is protected, also one a later migration adds")
  func everyTable() async throws {
    try await Fixture.with(.postgres) { fixture in
      let more = Migration(
        part: "service", version: 2, name: "more",
        sql: """
          CREATE TABLE later (tenant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, id));
          INSERT INTO later VALUES ('acme', '1'), ('zenith', '2');
          INSERT INTO accounts (tenant, id, name) VALUES ('zenith', 'z', 'Z');
          UPDATE accounts SET name = 'seen by the migration';
          """)
      try await Migrator(fixture.target).migrate(
        Migration.platform(.postgres) + [Fixture.schema, more])
      let open: [String] = try await fixture.store.read(as: acme) { db in
        try db.all(
          """
          SELECT c.relname::text AS name FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
          WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
          """
        ).map { try $0["name"] }
      }
      #expect(open == [])
      let counts = try await fixture.store.read(as: zenith) { db in
        [
          try db.all("SELECT id FROM later").count,
          try db.all("SELECT id FROM accounts WHERE name = 'seen by the migration'").count,
        ]
      }
      #expect(counts == [1, 1])
    }
  }

  @Test("PostgreSQL: a role that could see past the wall is refused at the door")
  func roles() async throws {
    try await Fixture.with(.postgres) { fixture in
      for role in ["super", "owner"] {
        let conninfo = fixture.place.replacingOccurrences(
          of: "user=portico_app", with: "user=\(role)")
        let error = await #expect(throws: StoreError.self) {
          try await PostgresStore.open(conninfo)
        }
        guard case .forbidden = error else { throw error ?? .notFound }
      }
    }
  }

  @Test("PostgreSQL: no server is unavailable; a connection that dies is replaced")
  func lostConnection() async throws {
    let error = await #expect(throws: StoreError.self) {
      try await PostgresStore.open("host=/nonexistent dbname=x user=y")
    }
    guard case .unavailable = error else { throw error ?? .notFound }

    try await Fixture.with(.postgres) { fixture in
      var limits = PostgresStore.Limits()
      limits.connections = 1
      let store = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      func backend() async throws -> Int {
        try await store.read(as: acme) { db in
          try db.first("SELECT pg_backend_pid() AS pid", else: .notFound)["pid"]
        }
      }
      let first = try await backend()
      // Idle when it dies: nobody notices.
      try await fixture.terminate(first)
      let second = try await backend()
      #expect(second != first)
      // In a transaction: the caller is told, the next one is served.
      let lost = await #expect(throws: StoreError.self) {
        try await store.write(as: acme) { db in
          try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("x"), \("X"))")
          try db.run("SELECT pg_terminate_backend(pg_backend_pid())")
        }
      }
      guard case .unavailable = lost else { throw lost ?? .notFound }
      #expect(try await backend() != second)
      let left = try await store.read(as: acme) { try $0.all("SELECT id FROM accounts").count }
      #expect(left == 0)
      await store.close()
    }
  }

  @Test(
    "PostgreSQL: a statement that takes too long ends as busy, and prepared plans survive a migration"
  )
  func timeoutsAndPlans() async throws {
    try await Fixture.with(.postgres) { fixture in
      var limits = PostgresStore.Limits()
      limits.connections = 1
      // Another store than the one below, whose statements have time on any machine.
      var short = limits
      short.statementTimeout = .milliseconds(200)
      let hasty = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: short)
      await #expect(throws: StoreError.busy) {
        try await hasty.read(as: acme) { _ = try $0.all("SELECT pg_sleep(30)::text AS x") }
      }
      await hasty.close()
      let store = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      func width() async throws -> Int {
        try await store.read(as: acme) { db in
          try db.all("SELECT * FROM accounts").first?.values.count ?? 0
        }
      }
      try await fixture.addAccounts()
      #expect(try await width() == 3)
      let wider = Migration(
        part: "service", version: 2, name: "wider", sql: "ALTER TABLE accounts ADD COLUMN note TEXT"
      )
      try await Migrator(fixture.target).migrate(
        Migration.platform(.postgres) + [Fixture.schema, wider])
      #expect(try await width() == 4)
      await store.close()
    }
  }
}

extension Fixture {
  /// Ends a server process of PostgreSQL, as an operator or a crash would.
  fileprivate func terminate(_ backend: Int) async throws {
    try await store.write(as: Self.acme) { db in
      let gone: Bool = try db.first(
        "SELECT pg_terminate_backend(\(backend)::int, 5000) AS gone", else: .notFound)["gone"]
      #expect(gone)
    }
  }
}
