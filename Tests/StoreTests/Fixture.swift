import Foundation
import Store
import StorePostgres
import StoreSQLite
import TestSupport
import Testing
import Values

/// Every way a store can stand. The contract holds on each. `pooled` is PostgreSQL behind a pgbouncer in transaction mode.
enum Backend: String, CaseIterable, Sendable {
  case memory, file, postgres, pooled
}

/// A migrated store with a table of its own, and the clock it reads.
struct Fixture: Sendable {
  let store: any Store
  let target: any MigrationTarget
  let clock: ManualClock
  /// Where the SQLite file is, or how to reach the PostgreSQL database.
  let place: String

  static let start = Instant(seconds: 1_780_000_000)
  static let acme = TenantID("acme")
  static let zenith = TenantID("zenith")

  static let schema = Migration(
    part: "service", version: 1, name: "tickets",
    sql: """
      CREATE TABLE accounts (
        tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tenant, id),
        UNIQUE (tenant, name));
      CREATE TABLE tickets (
        tenant TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, site TEXT, contact TEXT,
        title TEXT NOT NULL CHECK (length(title) > 0), urgent BOOLEAN NOT NULL, created_at BIGINT NOT NULL,
        due TEXT, photo BYTEA, version BIGINT NOT NULL, PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id));
      """)

  /// Runs a test against a fresh store and closes it.
  static func with(
    _ backend: Backend, migrations: [Migration] = [schema],
    sqlite limits: SQLiteStore.Limits = SQLiteStore.Limits(),
    _ body: (Fixture) async throws -> Void
  ) async throws {
    let clock = ManualClock(start)
    switch backend {
    case .memory:
      let store = try SQLiteStore(inMemory: clock, limits: limits)
      try await run(Fixture(store: store, target: store, clock: clock, place: ""), migrations, body)
    case .file:
      let directory = FileManager.default.temporaryDirectory
        .appending(path: "portico-store-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: directory) }
      let path = directory.appending(path: "store.sqlite").path
      let store = try SQLiteStore(path: path, clock: clock, limits: limits)
      try await run(
        Fixture(store: store, target: store, clock: clock, place: path), migrations, body)
    case .postgres, .pooled:
      let server = PostgresServer.shared
      let database = try await server.database()
      let app = backend == .pooled ? try await server.pooled(database.app) : database.app
      let owner = PostgresOwner(database.owner, roles: database.roles, clock: clock)
      try await Migrator(owner).migrate(Migration.platform(.postgres) + migrations)
      let store = try await PostgresStore.open(app, roles: database.roles, clock: clock)
      try await run(
        Fixture(store: store, target: owner, clock: clock, place: app), migrations, body)
    }
  }

  private static func run(
    _ fixture: Fixture, _ migrations: [Migration], _ body: (Fixture) async throws -> Void
  ) async throws {
    do {
      let all = Migration.platform(fixture.store.engine) + migrations
      try await Migrator(fixture.target).migrate(all)
      try await body(fixture)
    } catch {
      await fixture.store.close()
      throw error
    }
    await fixture.store.close()
  }

  /// An account in both tenants, for tickets to hang on.
  func addAccounts() async throws {
    for tenant in [Self.acme, Self.zenith] {
      try await store.write(as: tenant) { db in
        try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(tenant), \("a"), \("A"))")
      }
    }
  }
}

/// A row of `tickets`, written the way a `<Noun>Store.swift` writes one.
struct Ticket: Sendable, Hashable {
  var id: String
  var account = "a"
  var site: String?
  var contact: String?
  var title = "Printer"
  var urgent = false
  var created = Fixture.start
  var due: CivilDate?
  var photo: [UInt8]?
  var version: Int64 = 1
}

struct TicketStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func ticket(_ id: String, in scope: Scope) throws -> Ticket {
    let visible = scope.predicate(account: "account", site: "site", contact: "contact")
    return try Ticket(
      db.first(
        "SELECT * FROM tickets WHERE tenant = \(db.tenant) AND id = \(id) AND \(visible)",
        else: .notFound))
  }

  func list(_ page: PageRequest, in scope: Scope) throws -> Page<Ticket> {
    let visible = scope.predicate(account: "account", site: "site", contact: "contact")
    let rows = try db.all(
      """
      SELECT * FROM tickets WHERE tenant = \(db.tenant) AND \(visible)
        AND \(page.after("created_at", "id", order: .descending))
      ORDER BY created_at DESC, id DESC \(page.limit)
      """)
    return page.page(try rows.map(Ticket.init)) { [$0.created.sqlValue, $0.id.sqlValue] }
  }

  func add(_ ticket: Ticket) throws {
    try db.run(
      """
      INSERT INTO tickets (tenant, id, account, site, contact, title, urgent, created_at, due, photo,
        version)
      VALUES (\(db.tenant), \(ticket.id), \(ticket.account), \(ticket.site), \(ticket.contact),
        \(ticket.title), \(ticket.urgent), \(ticket.created), \(ticket.due), \(ticket.photo), \(1))
      """)
  }

  func save(_ ticket: Ticket) throws -> Ticket {
    try db.run(
      """
      UPDATE tickets SET title = \(ticket.title), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(ticket.id) AND version = \(ticket.version)
      """, else: .stale)
    var saved = ticket
    saved.version += 1
    return saved
  }
}

extension Ticket {
  init(_ row: Row) throws {
    id = try row["id"]
    account = try row["account"]
    site = try row["site"]
    contact = try row["contact"]
    title = try row["title"]
    urgent = try row["urgent"]
    created = try row["created_at"]
    due = try row["due"]
    photo = try row["photo"]
    version = try row["version"]
  }
}

extension EventType {
  /// A kind of event that everybody may know of.
  static func test(_ name: String) -> EventType {
    EventType(name, permission: nil, isForStaff: false)
  }
}
