import Foundation
import Values

/// What can be migrated: a SQLite store itself, or PostgreSQL's owner connection.
public protocol MigrationTarget: Sendable {
  var engine: Engine { get }
  var clock: any WallClock { get }

  /// Runs `body` alone: other processes that want to migrate the same database wait or are refused.
  func migrate<T: Sendable>(
    _ body: @escaping @Sendable (any MigrationSession) throws(StoreError) -> T
  ) async throws -> T
}

/// An engine's side of a migration. For engines.
public protocol MigrationSession: StatementRunner {
  /// Runs several statements, separated by semicolons.
  func script(_ text: String) throws(StoreError)
  /// Everything in `body`, or nothing of it; with it the rights and the row-level security of the
  /// tables it leaves, where the engine has such.
  func atomically(_ body: () throws(StoreError) -> Void) throws(StoreError)
}

/// Brings a database to the schema of this build: the platform's tables first, then the service's
/// files. Each step commits together with its record, so a run that was cut off goes on where it
/// stopped. It refuses to go on when an applied file was changed or is gone.
public struct Migrator: Sendable {
  let target: any MigrationTarget

  public init(_ target: any MigrationTarget) { self.target = target }

  /// Told after each step how many of those that were missing are applied.
  public typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

  /// Applies what is missing and returns it, in order. `directory` nil: the platform's tables only.
  @discardableResult
  public func migrate(
    _ directory: URL?, progress: @escaping Progress = { _, _ in }
  ) async throws -> [Migration] {
    var migrations = Migration.platform(target.engine)
    if let directory { migrations += try Migration.load(from: directory, for: target.engine) }
    return try await migrate(migrations, progress: progress)
  }

  /// The same for migrations at hand; the platform's must be among them.
  @discardableResult
  public func migrate(
    _ migrations: [Migration], progress: @escaping Progress = { _, _ in }
  ) async throws -> [Migration] {
    let (engine, now) = (target.engine, target.clock.now)
    return try await target.migrate { session throws(StoreError) in
      try MigrationRun(session: session, engine: engine, now: now).apply(migrations, progress)
    }
  }
}

extension Migrator {
  /// What `migrate` would apply, in order. Changes nothing, and throws where `migrate` would refuse.
  public func pending(_ directory: URL?) async throws -> [Migration] {
    var migrations = Migration.platform(target.engine)
    if let directory { migrations += try Migration.load(from: directory, for: target.engine) }
    let (engine, now, wanted) = (target.engine, target.clock.now, migrations)
    return try await target.migrate { session throws(StoreError) in
      try MigrationRun(session: session, engine: engine, now: now).pending(wanted)
    }
  }
}

private struct MigrationRun {
  let session: any MigrationSession
  let engine: Engine
  let now: Instant

  /// A database without the table of records has had none.
  func pending(_ migrations: [Migration]) throws(StoreError) -> [Migration] {
    let sql: SQL = """
      \(SQL(
        sqlite: "SELECT name FROM sqlite_master WHERE name = 'portico_migrations'",
        postgres: "SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass('portico_migrations')"))
      """
    guard try !session.rows(sql.statement(for: engine), limit: 1).isEmpty else { return migrations }
    let recorded = try records()
    try check(recorded, against: migrations)
    return migrations.filter { recorded[$0.key] == nil }
  }

  func apply(
    _ migrations: [Migration], _ progress: Migrator.Progress
  ) throws(StoreError) -> [Migration] {
    try session.script(
      """
      CREATE TABLE IF NOT EXISTS portico_migrations (
        part TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
        applied_at BIGINT NOT NULL, PRIMARY KEY (part, version));
      """)
    let recorded = try records()
    try check(recorded, against: migrations)
    let missing = migrations.filter { recorded[$0.key] == nil }
    var applied: [Migration] = []
    for migration in missing {
      do throws(StoreError) {
        try session.atomically { () throws(StoreError) in
          try session.script(migration.sql)
          try record(migration)
        }
      } catch {
        throw .migration("\(migration.key) \(migration.name): \(error)")
      }
      applied.append(migration)
      progress(applied.count, missing.count)
    }
    return applied
  }

  private func check(
    _ recorded: [String: String], against migrations: [Migration]
  ) throws(StoreError) {
    let known = Dictionary(migrations.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    guard known.count == migrations.count else { throw .migration("a version is there twice") }
    var newest: [String: Int] = [:]
    for (key, checksum) in recorded.sorted(by: { $0.key < $1.key }) {
      guard let migration = known[key] else {
        throw .migration("\(key) is applied but not part of this build: the build is older")
      }
      guard migration.checksum == checksum else {
        throw .migration("\(key) \(migration.name) was changed after it was applied")
      }
      newest[migration.part] = max(newest[migration.part] ?? 0, migration.version)
    }
    for migration in migrations
    where recorded[migration.key] == nil && migration.version < newest[migration.part] ?? 0 {
      throw .migration("\(migration.key) comes before one that is applied: give it a new number")
    }
  }

  private func records() throws(StoreError) -> [String: String] {
    let sql: SQL = "SELECT part, version, checksum FROM portico_migrations"
    var records: [String: String] = [:]
    for row in try session.rows(sql.statement(for: engine), limit: nil) {
      let key = Migration.key(try row.read("part"), try row.read("version"))
      records[key] = try row.read("checksum")
    }
    return records
  }

  private func record(_ migration: Migration) throws(StoreError) {
    let sql: SQL = """
      INSERT INTO portico_migrations (part, version, name, checksum, applied_at)
      VALUES (\(migration.part), \(migration.version), \(migration.name), \(migration.checksum), \(now))
      """
    _ = try session.run(sql.statement(for: engine))
  }
}

extension Migration {
  fileprivate var key: String { Self.key(part, version) }

  fileprivate static func key(_ part: String, _ version: Int) -> String {
    let digits = String(version)
    return "\(part) V\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
  }
}
