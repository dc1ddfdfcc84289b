import Foundation
import Store
import Testing
import Values

@Suite("Tables and rows as a backup takes them")
struct ArchiveTests {
  @Test("V-23 a row is a line, whatever is in it, and comes back as it was")
  func lines() throws {
    let row: [SQLValue] = [
      .text("tab\tline\nreturn\rback\\slash \\N ünïcode 🙂"), .text(""), .null, .integer(.min),
      .integer(.max), .boolean(true), .boolean(false), .bytes([0, 9, 10, 92, 255]), .bytes([]),
      .text("\\N"),
    ]
    let kinds: [SQLKind] = [
      .text, .text, .bytes, .integer, .integer, .boolean, .boolean, .bytes, .bytes, .text,
    ]
    var line: [UInt8] = []
    RowText.append(row, to: &line)
    #expect(line.count { $0 == 10 } == 1 && line.last == 10)
    #expect(try RowText.row(line.dropLast(), kinds: kinds) == row)
  }

  @Test(
    "A line that is no row of its table is refused",
    arguments: ["", "1\t2", "x", "\\q", "\\", "1 ", "9223372036854775808"])
  func brokenLines(_ text: String) {
    #expect(throws: StoreError.self) { try RowText.row(Array(text.utf8)[...], kinds: [.integer]) }
  }

  @Test(
    "Bytes and booleans that are none are refused",
    arguments: [("\\\\x0", SQLKind.bytes), ("\\\\x0G", .bytes), ("00", .bytes), ("1", .boolean)])
  func brokenValues(_ text: String, _ kind: SQLKind) {
    #expect(throws: StoreError.self) { try RowText.row(Array(text.utf8)[...], kinds: [kind]) }
  }

  @Test("Tables are told with kinds and keys, those referred to first", arguments: Backend.allCases)
  func catalogue(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let (tables, applied) = try await fixture.store.readAcrossTenants {
        (try $0.tables(), try $0.appliedMigrations())
      }
      let names = tables.map(\.name)
      let (accounts, tickets) = (names.firstIndex(of: "accounts"), names.firstIndex(of: "tickets"))
      #expect(try #require(accounts) < #require(tickets))
      #expect(!names.contains("portico_migrations") && !names.contains("portico_leases"))
      let table = try #require(tables.first { $0.name == "tickets" })
      #expect(table.key == ["tenant", "id"] && table.tenantColumn == 0)
      #expect(table.columns.first { $0.name == "photo" }?.kind == .bytes)
      #expect(table.columns.first { $0.name == "urgent" }?.kind == .boolean)
      #expect(applied.map(\.part) == Migration.platform(.sqlite).map(\.part) + ["service"])
    }
  }

  @Test(
    "N-11 rows go out page by page in the order of the key, and in again; a tenant's alone",
    arguments: Backend.allCases)
  func rows(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      for number in 0..<7 {
        try await fixture.store.write(as: Fixture.acme) {
          let ticket = Ticket(id: "\(number)", urgent: number % 2 == 0, photo: [UInt8(number)])
          try TicketStore($0).add(ticket)
          try $0.audit("ticket.add", on: "tickets/\(number)", by: Actor("users/ada"))
        }
      }
      let all = try await fixture.store.readAcrossTenants { db in
        let tables = try db.tables()
        return try tables.map { ($0, try Self.rows(of: $0, in: db)) }
      }
      #expect(all.first { $0.0.name == "tickets" }?.1.count == 7)
      try await fixture.store.writeAcrossTenants { db in
        try db.erase(all.map(\.0), tenant: Fixture.acme)
        for (table, _) in all {
          #expect(try db.count(of: table, tenant: Fixture.acme) == 0)
        }
        for (table, rows) in all where table.tenantColumn != nil {
          for row in rows where row.first == .text(Fixture.acme.rawValue) {
            try db.enter(row, into: table)
          }
        }
      }
      let again = try await fixture.store.readAcrossTenants { db in
        try db.tables().map { ($0, try Self.rows(of: $0, in: db)) }
      }
      #expect(again.map(\.1) == all.map(\.1))
      let broken = try await fixture.store.read(as: Fixture.acme) {
        try $0.firstBrokenAuditPosition()
      }
      #expect(broken == nil)
    }
  }

  private static func rows(of table: StoredTable, in db: AcrossTenants) throws -> [[SQLValue]] {
    var rows: [[SQLValue]] = []
    while true {
      let page = try db.rows(of: table, tenant: nil, after: rows.last, limit: 3)
      rows += page
      if page.count < 3 { return rows }
    }
  }
}
