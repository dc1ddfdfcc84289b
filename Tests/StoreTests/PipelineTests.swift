import Store
import TestSupport
import Testing
import Values

@testable import StorePostgres

private let acme = Fixture.acme

@Suite("PostgreSQL: round trips", .timeLimit(.minutes(3)))
struct PipelineTests {
  /// What `body` does in one transaction, and how many round trips that took.
  private func roundTrips(
    readOnly: Bool = false, _ body: (Transaction) throws -> Void
  ) async throws -> Int {
    let database = try await PostgresServer.shared.database()
    try await Migrator(PostgresOwner(database.owner)).migrate(
      Migration.platform(.postgres) + [Fixture.schema])
    let connection = try PostgresConnection(
      ConnectionAddress(database.app), names: ConstraintNames(), patience: .seconds(60))
    let before = connection.roundTrips
    let runner = PostgresRunner(
      connection, .tenant(acme), readOnly: readOnly, limits: PostgresStore.Limits())
    let state = TransactionState(engine: .postgres, runner: runner, now: Fixture.start)
    try body(state.transaction(for: acme))
    try state.finish()
    try runner.commit()
    return connection.roundTrips - before
  }

  @Test("a transaction that asks for nothing is one round trip, however many statements")
  func one() async throws {
    let trips = try await roundTrips { db in
      for id in ["a", "b", "c"] {
        try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \(id), \(id))")
        try db.send(key: id, method: "/m", body: [1])
      }
    }
    #expect(trips == 1)
  }

  @Test(
    "a change with its audit row, event and outbox row is two, and a read is one that waits for no end"
  )
  func logs() async throws {
    let trips = try await roundTrips { db in
      try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("a"), \("A"))")
      try db.audit("accounts.create", on: "a", by: Actor("users/1"), after: ["name": "A"])
      try db.emit(.test("accounts.created"), on: "a")
      try db.send(key: "a", method: "/m", body: [1])
    }
    #expect(trips == 2)
    let reading = try await roundTrips(readOnly: true) { db in
      let rows = try db.all("SELECT id FROM accounts")
      #expect(rows.isEmpty)
    }
    #expect(reading == 1)
  }

  @Test("a transaction that does nothing asks the server nothing")
  func none() async throws {
    let trips = try await roundTrips { _ in }
    #expect(trips == 0)
  }

  @Test("D-60 a change that met no row undoes what came after it", arguments: Backend.allCases)
  func condition(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      await #expect(throws: StoreError.stale) {
        try await fixture.store.write(as: acme) { db in
          try db.run(
            "UPDATE accounts SET name = \("B") WHERE tenant = \(acme) AND id = \("none")",
            else: .stale)
          try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("b"), \("B"))")
        }
      }
      // The first thing that is wrong is what is told, whatever comes of it later.
      await #expect(throws: StoreError.stale) {
        try await fixture.store.write(as: acme) { db in
          try db.run("DELETE FROM accounts WHERE tenant = \(acme) AND id = \("none")", else: .stale)
          try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("a"), \("A"))")
          _ = try db.first("SELECT 1 AS one")
        }
      }
      let ids = try await fixture.store.read(as: acme) {
        try $0.all("SELECT id FROM accounts WHERE tenant = \(acme)").count
      }
      #expect(ids == 1)
    }
  }

  @Test(
    "a thousand statements that nobody asked for arrive in their order", arguments: Backend.allCases
  )
  func many(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.store.write(as: acme) { db in
        for number in 0..<1000 {
          try db.run(
            "INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("\(number)"), \("\(number)"))"
          )
          try db.run(
            """
            UPDATE accounts SET name = \("last") WHERE tenant = \(acme) AND name = \("last")
              OR tenant = \(acme) AND id = \("\(number)") AND \(number == 999)
            """)
        }
      }
      let (count, last) = try await fixture.store.read(as: acme) { db in
        (
          try db.all("SELECT id FROM accounts").count,
          try db.first("SELECT name FROM accounts WHERE id = \("999")", else: .notFound)["name"]
            as String
        )
      }
      #expect(count == 1000)
      #expect(last == "last")
    }
  }

  @Test(
    "rows of any width and length come back as they went, many at once", arguments: Backend.allCases
  )
  func large(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let photo = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try await fixture.store.write(as: acme) { db in
        for number in 0..<30 {
          try TicketStore(db).add(Ticket(id: "\(number)", title: "ß\(number)", photo: photo))
        }
      }
      let tickets = try await fixture.store.read(as: acme) { db in
        try db.all("SELECT * FROM tickets ORDER BY id").map(Ticket.init)
      }
      #expect(tickets.count == 30)
      #expect(tickets.allSatisfy { $0.photo == photo && $0.title == "ß\($0.id)" })
    }
  }
}
