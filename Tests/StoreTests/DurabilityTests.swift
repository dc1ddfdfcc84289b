import Foundation
import Store
import StoreSQLite
import Testing
import Values

private let acme = Fixture.acme

@Suite("SQLite: disk and group commit")
struct DurabilityTests {
  private func pragma(_ text: String, on fixture: Fixture) async throws {
    try await fixture.target.migrate { session throws(StoreError) in try session.script(text) }
  }

  private func value(of pragma: SQL, on fixture: Fixture) async throws -> SQLValue? {
    let statement = pragma.statement(for: .sqlite)
    return try await fixture.target.migrate { session throws(StoreError) in
      try session.rows(statement, limit: 1).first?.values.first
    }
  }

  @Test("V-02 The writer syncs every commit: WAL, FULL, no memory map, foreign keys")
  func pragmas() async throws {
    try await Fixture.with(.file) { fixture in
      let expected: [(SQL, SQLValue)] = [
        ("PRAGMA journal_mode", .text("wal")), ("PRAGMA synchronous", .integer(2)),
        ("PRAGMA foreign_keys", .integer(1)),
      ]
      for (pragma, value) in expected {
        let found = try await self.value(of: pragma, on: fixture)
        #expect(found == value)
      }
      let mode = try FileManager.default.attributesOfItem(atPath: fixture.place)[.posixPermissions]
      #expect(mode as? Int == 0o600)
    }
  }

  @Test("V-04 A full disk fails the write alone; reads go on and writes work again after")
  func full() async throws {
    try await Fixture.with(.file) { fixture in
      try await fixture.addAccounts()
      try await pragma("PRAGMA max_page_count = 1", on: fixture)
      let photo = [UInt8](repeating: 7, count: 1 << 20)
      let big = Ticket(id: "big", photo: photo)
      for _ in 0..<3 {
        await #expect(throws: StoreError.full) {
          try await fixture.store.write(as: acme) { try TicketStore($0).add(big) }
        }
        let count = try await fixture.store.read(as: acme) {
          try $0.all("SELECT id FROM accounts").count
        }
        #expect(count == 2)
      }
      try await pragma("PRAGMA max_page_count = 1000000", on: fixture)
      try await fixture.store.write(as: acme) { try TicketStore($0).add(big) }
    }
  }

  @Test("A body that ends the transaction itself harms nobody silently")
  func rogueBody() async throws {
    try await Fixture.with(.file) { fixture in
      try await fixture.addAccounts()
      let landed = await withTaskGroup(of: String?.self) { group in
        for number in 0..<60 {
          group.addTask {
            do {
              try await fixture.store.write(as: acme) { db in
                try TicketStore(db).add(Ticket(id: "\(number)"))
                if number == 30 { try db.run("ROLLBACK") }
              }
              return "\(number)"
            } catch { return nil }
          }
        }
        return await group.reduce(into: Set<String>()) { if let id = $1 { $0.insert(id) } }
      }
      let found: Set<String> = try await fixture.store.read(as: acme) { db in
        Set(try db.all("SELECT id FROM tickets").map { try $0["id"] })
      }
      // What was answered with success is there, and nothing else is.
      #expect(found == landed)
      #expect(!landed.contains("30"))
      try await fixture.store.write(as: acme) { try TicketStore($0).add(Ticket(id: "after")) }
    }
  }

  @Test("More writes than may wait are refused as busy, and the store lives on")
  func overload() async throws {
    var limits = SQLiteStore.Limits()
    limits.waiting = 4
    let store = try SQLiteStore(inMemory: SystemClock(), limits: limits)
    try await Migrator(store).migrate(nil)
    let outcomes = await withTaskGroup(of: StoreError?.self) { group in
      for number in 0..<200 {
        group.addTask {
          do {
            try await store.write(as: acme) { db in
              try db.send(key: "\(number)", method: "/m", body: [])
            }
            return nil
          } catch { return error as? StoreError ?? .notFound }
        }
      }
      return await group.reduce(into: [StoreError?]()) { $0.append($1) }
    }
    let done = outcomes.count { $0 == nil }
    #expect(outcomes.allSatisfy { $0 == nil || $0 == .busy })
    let queued = try await store.readAcrossTenants {
      try $0.all("SELECT key FROM portico_outbox").count
    }
    #expect(queued == done && done > 0)
    await store.close()
  }
}
