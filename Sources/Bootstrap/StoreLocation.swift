import Foundation
import Logging
import Store
import StorePostgres
import StoreSQLite
import Values

/// Where a service's rows are: `sqlite:PATH`, `sqlite::memory:`, or `postgres://…`.
public enum StoreLocation: Sendable {
  case memory
  case sqlite(path: String)
  /// - Parameter owner: the address of the role that owns the tables and migrates them; nil where an operator
  ///   migrates by hand.
  case postgres(
    Secret<String>, owner: Secret<String>?, limits: PostgresStore.Limits = PostgresStore.Limits())

  public init(
    _ text: Secret<String>, owner: Secret<String>? = nil,
    limits: PostgresStore.Limits = PostgresStore.Limits()
  ) throws(SettingError) {
    let url = text.reveal()
    if url == "sqlite::memory:" {
      self = .memory
    } else if url.hasPrefix("sqlite:"), url.count > "sqlite:".count {
      self = .sqlite(path: String(url.dropFirst("sqlite:".count)))
    } else if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") {
      if let fault = PostgresStore.fault(in: url) { throw .invalid("database.url", fault) }
      if let owner, let fault = PostgresStore.fault(in: owner.reveal()) {
        throw .invalid("database.owner", fault)
      }
      self = .postgres(text, owner: owner, limits: limits)
    } else {
      throw .invalid("database.url", "must begin with sqlite: or postgres://")
    }
  }

  /// Brings the schema up to date and opens the store.
  public func open(
    migrations: URL?, clock: any WallClock, logger: Logger
  ) async throws -> any Store {
    switch self {
    case .memory:
      return try await migrated(SQLiteStore(inMemory: clock, log: logger), migrations, logger)
    case .sqlite(let path):
      return try await migrated(
        SQLiteStore(path: path, clock: clock, limits: .fitted(), log: logger), migrations, logger)
    case .postgres(let address, let owner, let limits):
      if let owner {
        try await migrate(PostgresOwner(owner.reveal(), clock: clock), migrations, logger)
      }
      return try await PostgresStore.open(address.reveal(), clock: clock, limits: limits)
    }
  }

  /// Opens a store to read only, beside a service that may be running.
  public func openForReading(clock: any WallClock, logger: Logger) async throws -> any Store {
    switch self {
    case .memory: throw SettingError.invalid("database", "sqlite::memory: has nothing to read")
    case .sqlite(let path): try SQLiteStore(reading: path, clock: clock, log: logger)
    case .postgres(let address, _, let limits):
      try await PostgresStore.open(address.reveal(), clock: clock, limits: limits)
    }
  }

  /// Opens a store whose schema goes as far as these migrations, the platform's among them; a new database gets them.
  public func open(
    upTo migrations: [Migration], clock: any WallClock, logger: Logger
  ) async throws -> any Store {
    switch self {
    case .memory: throw SettingError.invalid("database", "sqlite::memory: keeps nothing")
    case .sqlite(let path):
      let store = try SQLiteStore(path: path, clock: clock, log: logger)
      do { _ = try await Migrator(store).migrate(migrations) } catch {
        await store.close()
        throw error
      }
      return store
    case .postgres(let address, let owner, let limits):
      if let owner {
        _ = try await Migrator(PostgresOwner(owner.reveal(), clock: clock)).migrate(migrations)
      }
      return try await PostgresStore.open(address.reveal(), clock: clock, limits: limits)
    }
  }

  public var engine: Engine {
    switch self {
    case .memory, .sqlite: .sqlite
    case .postgres: .postgres
    }
  }

  /// Brings the schema up to date and does nothing else. On PostgreSQL the address must be the owner's.
  ///
  /// - Returns: what was applied, `ticketing V0003`.
  public func migrate(
    _ migrations: URL?, clock: any WallClock, logger: Logger,
    progress: @escaping Migrator.Progress = { _, _ in }
  ) async throws -> [String] {
    let applied: [Migration]
    switch self {
    case .memory: applied = []
    case .sqlite(let path):
      let store = try SQLiteStore(path: path, clock: clock, log: logger)
      do { applied = try await Migrator(store).migrate(migrations, progress: progress) } catch {
        await store.close()
        throw error
      }
      await store.close()
    case .postgres(let address, let owner, _):
      let target = PostgresOwner((owner ?? address).reveal(), clock: clock)
      applied = try await Migrator(target).migrate(migrations, progress: progress)
    }
    return applied.map { "\($0.part) V\($0.version) \($0.name)" }
  }

  /// What `migrate` would apply, `ticketing V3 …`; by the owner's address on PostgreSQL.
  public func pendingMigrations(
    _ migrations: URL?, clock: any WallClock
  ) async throws -> [String] {
    guard case .postgres(let address, let owner, _) = self else { return [] }
    let target = PostgresOwner((owner ?? address).reveal(), clock: clock)
    return try await Migrator(target).pending(migrations)
      .map { "\($0.part) V\($0.version) \($0.name)" }
  }

  /// Whether PostgreSQL can be reached as the service's role, and that role may do no more than it should. Throws
  /// `StoreError.forbidden` when it may.
  public func check(clock: any WallClock) async throws {
    guard case .postgres(let address, _, _) = self else { return }
    await (try PostgresStore.open(address.reveal(), clock: clock)).close()
  }

  /// Whether the database cannot be reached just now, as while it starts; any other error stays what it is.
  public static func mayComeBack(_ error: any Error) -> Bool {
    if case .unavailable = error as? StoreError { return true }
    return false
  }

  private func migrated(
    _ store: SQLiteStore, _ migrations: URL?, _ logger: Logger
  ) async throws -> any Store {
    do {
      try await migrate(store, migrations, logger)
      return store
    } catch {
      await store.close()
      throw error
    }
  }

  private func migrate(
    _ target: any MigrationTarget, _ migrations: URL?, _ logger: Logger
  ) async throws {
    for migration in try await Migrator(target).migrate(migrations) {
      logger.info(
        "migrated", metadata: ["part": "\(migration.part)", "version": "\(migration.version)"])
    }
  }
}
