import Bootstrap
import Foundation
import Logging
import Store
import TestSupport
import Testing
import Values

/// A service's database as an earlier version left it: made by the migrations as they were then, which are frozen, with
/// rows of two tenants in every table.
struct OldDatabase: Sendable {
  let schema: ServiceSchema
  /// How many versions ago: so many steps of the platform and of the service are missing, of each all but the first.
  let age: Int

  static let ages = [1, 2, 3]
  static let tenants = ["acme", "zenith"]
  private static let silent = Logger(label: "old") { _ in SwiftLogNoOpLogHandler() }

  typealias Content = [String: [[String: SQLValue]]]

  func migrations(_ engine: Engine) throws -> [Migration] {
    try Self.missing(age, of: Migration.platform(engine))
      + Self.missing(age, of: Migration.load(from: schema.migrations, for: engine))
  }

  private static func missing(_ steps: Int, of migrations: [Migration]) -> [Migration] {
    Array(migrations.prefix(max(1, migrations.count - steps)))
  }

  /// Makes it in an empty place, and says what is in it.
  func make(at place: StoreLocation) async throws -> Content {
    let migrations = try migrations(place.engine)
    let store = try await place.open(upTo: migrations, clock: SystemClock(), logger: Self.silent)
    let allowed = Self.allowed(in: migrations)
    try await store.writeAcrossTenants { db in
      for table in try db.tables() {
        for (number, tenant) in Self.tenants.enumerated()
        where table.tenantColumn != nil || number == 0 {
          let row = table.columns.map { column in
            column.name == "tenant"
              ? SQLValue.text(tenant) : Self.value(of: column, in: table, allowed)
          }
          try db.enter(row, into: table)
        }
      }
    }
    let content = try await Self.content(of: store)
    await store.close()
    return content
  }

  private static func value(
    of column: StoredTable.Column, in table: StoredTable, _ allowed: [String: String]
  ) -> SQLValue {
    switch column.kind {
    case .text: .text(allowed["\(table.name).\(column.name)"] ?? "needle")
    case .integer: .integer(1)
    case .boolean: .boolean(true)
    case .bytes: .bytes([1, 2, 3])
    }
  }

  /// The first value of each `column TEXT … CHECK (column IN ('…', …))`, by `table.column`.
  private static func allowed(in migrations: [Migration]) -> [String: String] {
    var allowed: [String: String] = [:]
    for text in migrations.flatMap({ $0.sql.split(separator: "CREATE TABLE ").dropFirst() }) {
      let table = text.prefix { $0 != " " }
      for match in text.matches(of: #/CHECK \(([a-z_]+) IN \('([^']+)'/#) {
        allowed["\(table).\(match.1)"] = String(match.2)
      }
    }
    return allowed
  }

  static func content(of store: any Store) async throws -> Content {
    try await store.readAcrossTenants { db in
      var content: Content = [:]
      for table in try db.tables() {
        content[table.name] = try db.rows(of: table, tenant: nil, after: nil, limit: 1000).map {
          Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.name), $0))
        }
      }
      return content
    }
  }

  /// What was in it is in the database of this version, as far as it still has the columns; every step is taken.
  func check(_ place: StoreLocation, holds old: Content) async throws {
    let steps =
      Migration.platform(place.engine).count
      + (try Migration.load(from: schema.migrations, for: place.engine).count)
    let store = try await place.openForReading(clock: SystemClock(), logger: Self.silent)
    let applied = try await store.readAcrossTenants { try $0.appliedMigrations().count }
    #expect(applied == steps)
    let new = try await Self.content(of: store)
    #expect(old.count > 5)
    for (table, rows) in old {
      let kept = try #require(new[table], "\(table) is gone")
      #expect(kept.count == rows.count && !rows.isEmpty, "\(table)")
      for row in rows {
        let found = kept.contains { other in
          row.allSatisfy { column, value in other[column].map { $0 == value } ?? true }
        }
        #expect(found, "\(table) lost \(row)")
      }
    }
    try await checkSearch(store)
    await store.close()
  }

  /// Words are found in the rows that were there before: in the index, or behind it (migration V0005).
  private func checkSearch(_ store: any Store) async throws {
    guard schema.name == "ticketing" else { return }
    let found = try await store.read(as: TenantID("acme")) { db in
      try db.all(
        """
        \(SQL(
          sqlite: """
            SELECT rowid FROM tickets_search WHERE tickets_search MATCH 'nee'
            UNION SELECT rowid FROM tickets
            WHERE rowid > COALESCE((SELECT MAX(id) FROM tickets_search_docsize), 0)
            """,
          postgres: "SELECT * FROM newest_tickets_with('needle', NULL, 10, 10)"))
        """
      ).count
    }
    #expect(found == (store.engine == .sqlite ? 2 : 1))
  }
}
