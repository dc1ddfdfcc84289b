import Store
import Testing
import Values

private let acme = Fixture.acme
private let everything = Scope(tenant: Fixture.acme, reach: .tenant)

@Suite("The store contract: transactions")
struct TransactionTests {
  @Test("Every type comes back as it went in", arguments: Backend.allCases)
  func roundTrip(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let full = Ticket(
        id: "1", site: "s", contact: "c", title: "'; DROP TABLE tickets; -- ü 🦑", urgent: true,
        created: Instant(microseconds: -1), due: CivilDate("2026-02-28"), photo: [0, 255, 39, 92])
      let bare = Ticket(id: "2", photo: [])
      let read = try await fixture.store.write(as: acme) { db in
        let tickets = TicketStore(db)
        try tickets.add(full)
        try tickets.add(bare)
        return [try tickets.ticket("1", in: everything), try tickets.ticket("2", in: everything)]
      }
      #expect(read == [full, bare])
      let later = try await fixture.store.read(as: acme) { db in
        try TicketStore(db).ticket("1", in: everything)
      }
      #expect(later == full)
    }
  }

  @Test("One SQL text: lists, NULLs, booleans, aggregates, LIKE", arguments: Backend.allCases)
  func dialect(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      try await fixture.store.write(as: acme) { db in
        for id in ["1", "2", "3"] { try TicketStore(db).add(Ticket(id: id, urgent: id == "2")) }
      }
      func count(_ condition: SQL) async throws -> Int {
        try await fixture.store.read(as: acme) { db in
          try db.first("SELECT count(*) AS n FROM tickets WHERE \(condition)", else: .notFound)["n"]
        }
      }
      let none: [String] = []
      let absent: String? = nil
      #expect(try await count("id IN \(["1", "3", "9"])") == 2)
      #expect(try await count("id IN \(none)") == 0)
      #expect(try await count("id NOT IN \(none)") == 3)
      #expect(try await count("version NOT IN \([Int64]())") == 3)
      #expect(try await count("urgent") == 1)
      #expect(try await count("urgent = \(false)") == 2)
      #expect(try await count("(\(absent) IS NULL OR id = \(absent))") == 3)
      #expect(try await count("title LIKE 'Print%'") == 3)
      #expect(try await count("title LIKE 'print%'") == 0)
      #expect(try await count(.all([])) == 3)
      #expect(try await count(.any(["id = \("1")", "id = \("2")"])) == 2)
      let sum: Int64 = try await fixture.store.read(as: acme) { db in
        try db.first("SELECT sum(version) AS n FROM tickets", else: .notFound)["n"]
      }
      #expect(sum == 3)
    }
  }

  @Test("Upsert and RETURNING", arguments: Backend.allCases)
  func upsert(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let names: [String] = try await fixture.store.write(as: acme) { db in
        try ["A", "B"].map { name in
          try db.first(
            """
            INSERT INTO accounts (tenant, id, name) VALUES (\(db.tenant), \("a"), \(name))
            ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name RETURNING name
            """, else: .notFound)["name"]
        }
      }
      #expect(names == ["A", "B"])
    }
  }

  @Test(
    "Constraints become typed errors and nothing of the transaction remains",
    arguments: Backend.allCases)
  func constraints(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      func failure(_ body: @escaping @Sendable (Transaction) throws -> Void) async -> StoreError? {
        await #expect(throws: StoreError.self) {
          try await fixture.store.write(as: acme) { db in
            try TicketStore(db).add(Ticket(id: "before"))
            try body(db)
          }
        }
      }
      #expect(
        await failure { try TicketStore($0).add(Ticket(id: "before")) }
          == .duplicate(constraint: "tickets(tenant, id)"))
      #expect(
        await failure {
          try $0.run(
            "INSERT INTO accounts (tenant, id, name) VALUES (\($0.tenant), \("b"), \("A"))")
        } == .duplicate(constraint: "accounts(tenant, name)"))
      #expect(
        await failure { try TicketStore($0).add(Ticket(id: "x", account: "nobody")) } == .foreignKey
      )
      guard
        case .constraint = await failure({ try TicketStore($0).add(Ticket(id: "x", title: "")) })
      else { throw StoreError.notFound }
      guard case .statement = await failure({ try $0.run("SELEKT") }) else {
        throw StoreError.notFound
      }
      guard
        case .unstorable = await failure({ try TicketStore($0).add(Ticket(id: "x", title: "a\0b")) }
        )
      else { throw StoreError.notFound }
      #expect(await failure { _ in throw StoreError.stale } == .stale)
      let left = try await fixture.store.read(as: acme) {
        try $0.all("SELECT id FROM tickets").count
      }
      #expect(left == 0)
    }
  }

  @Test(
    "After a failed statement the transaction is lost, even if the body goes on",
    arguments: Backend.allCases)
  func failedStatement(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let duplicate = StoreError.duplicate(constraint: "tickets(tenant, id)")
      await #expect(throws: duplicate) {
        try await fixture.store.write(as: acme) { db in
          try TicketStore(db).add(Ticket(id: "1"))
          // Whether it fails by itself or with the next result that is asked for is the engine's affair.
          #expect(throws: duplicate) {
            try TicketStore(db).add(Ticket(id: "1"))
            _ = try db.first("SELECT 1 AS one")
          }
          #expect(throws: duplicate) { try db.run("SELECT 1") }
        }
      }
      let left = try await fixture.store.read(as: acme) {
        try $0.all("SELECT id FROM tickets").count
      }
      #expect(left == 0)
    }
  }

  @Test("A read transaction cannot write", arguments: Backend.allCases)
  func readOnly(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      await #expect(throws: StoreError.readOnly) {
        try await fixture.store.read(as: acme) { db in
          try db.run("DELETE FROM accounts WHERE tenant = \(db.tenant)")
        }
      }
      await #expect(throws: StoreError.readOnly) {
        try await fixture.store.read(as: acme) {
          try $0.emit(.test("tickets.closed"), on: "tickets/1")
        }
      }
    }
  }

  @Test("A column that is absent, NULL or of another type is an error", arguments: Backend.allCases)
  func columns(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let row = try await fixture.store.read(as: acme) { db in
        try db.first(
          "SELECT \("x") AS text, \(7) AS number, \(Int?.none) AS absent", else: .notFound)
      }
      #expect(try row["text"] as String == "x")
      #expect(try row["number"] as Int == 7)
      #expect(try row["number"] as Int64? == 7)
      #expect(try row["absent"] as Int? == nil)
      #expect(throws: StoreError.column("absent", expected: "Int")) { try row["absent"] as Int }
      #expect(throws: StoreError.column("number", expected: "String")) {
        try row["number"] as String
      }
      #expect(throws: StoreError.column("other", expected: "Bool")) { try row["other"] as Bool }
    }
  }

  @Test("A closed store says unavailable", arguments: Backend.allCases)
  func closed(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      await fixture.store.close()
      await #expect(throws: StoreError.unavailable("the store is closed")) {
        try await fixture.store.read(as: acme) { _ in }
      }
      await #expect(throws: StoreError.unavailable("the store is closed")) {
        try await fixture.store.write(as: acme) { _ in }
      }
    }
  }
}
