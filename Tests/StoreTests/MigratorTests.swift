import Foundation
import Store
import StoreSQLite
import Testing
import Values

@Suite("The store contract: migrations")
struct MigratorTests {
  private func write(_ files: [String: String], to directory: URL) throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    for (name, text) in files {
      try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
    }
  }

  private func withDirectory(
    _ files: [String: String], _ body: (URL) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "portico-migrations-\(UUID().uuidString)")
    try write(files, to: directory)
    do { try await body(directory) } catch {
      try FileManager.default.removeItem(at: directory)
      throw error
    }
    try FileManager.default.removeItem(at: directory)
  }

  private static let one =
    "CREATE TABLE one (tenant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, id));"

  @Test(
    "V-22 A migration that fails leaves nothing; the next run goes on where it stopped",
    arguments: Backend.allCases)
  func resume(_ backend: Backend) async throws {
    try await Fixture.with(backend, migrations: []) { fixture in
      let broken = [
        "V0001_one.sql": Self.one, "V0002_two.sql": "CREATE TABLE two (id TEXT); SELEKT 1;",
        "V0003_three.sql": "INSERT INTO one VALUES ('acme', 'x');",
      ]
      try await withDirectory(broken) { directory in
        let error = await #expect(throws: StoreError.self) {
          try await Migrator(fixture.target).migrate(directory)
        }
        guard case .migration(let text) = error, text.contains("V0002 two") else {
          throw error ?? .notFound
        }
        try write(["V0002_two.sql": "CREATE TABLE two (id TEXT);"], to: directory)
        let applied = try await Migrator(fixture.target).migrate(directory)
        #expect(applied.map(\.version) == [2, 3])
        #expect(try await Migrator(fixture.target).migrate(directory) == [])
        let rows = try await fixture.store.read(as: Fixture.acme) {
          try $0.all("SELECT id FROM one").count
        }
        #expect(rows == 1)
      }
    }
  }

  @Test(
    "An applied file that was changed, lost or overtaken is refused", arguments: Backend.allCases)
  func refusal(_ backend: Backend) async throws {
    try await Fixture.with(backend, migrations: []) { fixture in
      try await withDirectory(["V0002_one.sql": Self.one]) { directory in
        try await Migrator(fixture.target).migrate(directory)
        let variants: [([String: String], String)] = [
          (["V0002_one.sql": Self.one + " "], "was changed"),
          (["V0002_one.sql": Self.one, "V0001_zero.sql": "SELECT 1;"], "comes before"),
        ]
        for (files, reason) in variants {
          try write(files, to: directory)
          let error = await #expect(throws: StoreError.self) {
            try await Migrator(fixture.target).migrate(directory)
          }
          guard case .migration(let text) = error, text.contains(reason) else {
            throw error ?? .notFound
          }
        }
        let error = await #expect(throws: StoreError.self) {
          try await Migrator(fixture.target).migrate(nil)
        }
        guard case .migration(let text) = error, text.contains("older") else {
          throw error ?? .notFound
        }
      }
    }
  }

  @Test("Two that migrate at once do not race", arguments: Backend.allCases)
  func race(_ backend: Backend) async throws {
    try await Fixture.with(backend, migrations: []) { fixture in
      try await withDirectory(["V0001_one.sql": Self.one]) { directory in
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<5 {
            group.addTask { try await Migrator(fixture.target).migrate(directory).count }
          }
          return try await group.reduce(0, +)
        }
        #expect(applied == 1)
      }
    }
  }

  @Test("A fork is taken by engine, and names that are no migration are refused")
  func files() async throws {
    let fork = ["V0001_a.sqlite.sql": "S", "V0001_a.postgres.sql": "P", "README.md": "not SQL"]
    try await withDirectory(fork) { directory in
      for (engine, text) in [(Engine.sqlite, "S"), (.postgres, "P")] {
        let loaded = try Migration.load(from: directory, for: engine)
        #expect(loaded.map(\.sql) == [text])
      }
    }
    for wrong in [
      ["V0001_a.sqlite.sql": ""], ["V0001_a.sql": "", "V0001_b.sql": ""], ["V1_a.sql": ""],
      ["V0001_a.mysql.sql": ""], ["V0001_a.sql": "", "V0001_a.sqlite.sql": ""], ["a.sql": ""],
      ["V0000_a.sql": ""],
    ] {
      try await withDirectory(wrong) { directory in
        #expect(throws: StoreError.self) { try Migration.load(from: directory, for: .sqlite) }
      }
    }
  }

  @Test("SQLite: a migration may rebuild a table that others refer to, but not break the reference")
  func rebuild() async throws {
    try await Fixture.with(.file) { fixture in
      try await fixture.addAccounts()
      try await fixture.store.write(as: Fixture.acme) { try TicketStore($0).add(Ticket(id: "1")) }
      let breaking = Migration(
        part: "service", version: 2, name: "break", sql: "DELETE FROM accounts")
      let all = Migration.platform(.sqlite) + [Fixture.schema]
      await #expect(throws: StoreError.self) {
        try await Migrator(fixture.target).migrate(all + [breaking])
      }
      let rebuilding = Migration(
        part: "service", version: 2, name: "rebuild",
        sql: """
          CREATE TABLE fresh (tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT, note TEXT,
            PRIMARY KEY (tenant, id));
          INSERT INTO fresh SELECT tenant, id, name, NULL FROM accounts;
          DROP TABLE accounts;
          ALTER TABLE fresh RENAME TO accounts;
          """)
      try await Migrator(fixture.target).migrate(all + [rebuilding])
      await #expect(throws: StoreError.foreignKey) {
        try await fixture.store.write(as: Fixture.acme) { try $0.run("DELETE FROM accounts") }
      }
    }
  }

  @Test("SQLite: a file that is open is refused to a second one, and reopens with its rows")
  func oneProcess() async throws {
    try await Fixture.with(.file) { fixture in
      try await fixture.addAccounts()
      let error = #expect(throws: StoreError.self) { try SQLiteStore(path: fixture.place) }
      guard case .unavailable = error else { throw error ?? .notFound }
      await fixture.store.close()
      let again = try SQLiteStore(path: fixture.place)
      let count = try await again.readAcrossTenants { try $0.all("SELECT id FROM accounts").count }
      #expect(count == 2)
      await again.close()
    }
  }
}
