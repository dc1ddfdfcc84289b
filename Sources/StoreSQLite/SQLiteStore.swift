import Dispatch
import Foundation
import GRDB
import Logging
import Store
import Values

/// A store in one SQLite file, or in memory for tests.
///
/// Writes that arrive together share one BEGIN, one COMMIT and one fsync; one that fails takes nobody with
/// it, but may have the others performed again. An answer is given only after the commit. After a failed
/// sync the store takes no more writes until the process starts anew: what the disk then holds is known
/// only to the next recovery.
public final class SQLiteStore: Store {
  public struct Limits: Sendable {
    /// Writes that share a commit at most.
    public var batch = 256
    /// Writes, and reads, that wait at most; beyond it a call throws `StoreError.busy`.
    public var waiting = 4096
    /// Connections that read at the same time.
    public var readers = 4

    public init() {}
  }

  public var engine: Engine { .sqlite }
  public let clock: any WallClock
  public var bell: EventBell { writes.bell }
  public var condition: StoreCondition {
    var condition = writes.condition
    condition.waiting += reads.count
    return condition
  }

  private let database: any DatabaseWriter
  private let reads: ReadQueue
  private let writes: WriteQueue
  private let lock: FileLock?

  /// Opens or creates the file, and its directory. Throws `unavailable` when another process has it.
  public init(
    path: String, clock: any WallClock = SystemClock(), limits: Limits = Limits(),
    log: Logger = Logger(label: "portico.store")
  ) throws(StoreError) {
    let lock = try FileLock(forDatabase: path)
    let pool: DatabasePool
    do {
      pool = try DatabasePool(path: path, configuration: Self.configuration(limits))
      // The pool sets NORMAL after its set-up, which loses acknowledged rows at a power cut.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try db.execute(sql: "PRAGMA fullfsync = ON")
        try db.execute(sql: "PRAGMA checkpoint_fullfsync = ON")
        // The writer does it itself and looks at the outcome.
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        // What a savepoint would bring back stays in memory; otherwise SQLite writes it to a file, page after page.
        try db.execute(sql: "PRAGMA temp_store = MEMORY")
        // KiB at most, and none before they are needed: every write goes through the ends of a dozen indexes.
        try db.execute(sql: "PRAGMA cache_size = -16000")
      }
      try Self.assertDurable(pool)
      // SQLite syncs the folder of a log it has made, and takes no notice when that fails.
      try lock.syncFolder()
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(sqlite: error)
    }
    self.clock = clock
    self.lock = lock
    database = pool
    reads = ReadQueue(pool, clock: clock, limits: limits)
    writes = WriteQueue(pool, clock: clock, limits: limits, logger: log)
  }

  /// A store that lives as long as this object. Same contract, on one connection.
  public init(
    inMemory clock: any WallClock, limits: Limits = Limits(),
    log: Logger = Logger(label: "portico.store")
  ) throws(StoreError) {
    do {
      database = try DatabaseQueue(configuration: Self.configuration(limits))
    } catch {
      throw StoreError(sqlite: error)
    }
    self.clock = clock
    lock = nil
    reads = ReadQueue(database, clock: clock, limits: limits)
    writes = WriteQueue(database, clock: clock, limits: limits, logger: log)
  }

  /// Only reads a file that a service may have open at the same time: for backups. A write throws `readOnly`.
  public init(
    reading path: String, clock: any WallClock = SystemClock(),
    log: Logger = Logger(label: "portico.store")
  ) throws(StoreError) {
    let limits = Limits()
    var configuration = Self.configuration(limits)
    configuration.readonly = true
    guard FileManager.default.fileExists(atPath: path) else {
      throw .unavailable("there is no database at \(path)")
    }
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw StoreError(sqlite: error)
    }
    self.clock = clock
    lock = nil
    reads = ReadQueue(database, clock: clock, limits: limits)
    writes = WriteQueue(database, clock: clock, limits: limits, logger: log)
  }

  private static func configuration(_ limits: Limits) -> Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = limits.readers
    configuration.persistentReadOnlyConnections = true
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA mmap_size = 0")
      // Triggers keep search indexes, which this SQLite counts among the unsafe; every file here is made by our own
      // migrations, with a mode that lets nobody else write it.
      try db.execute(sql: "PRAGMA trusted_schema = ON")
      // LIKE tells capitals apart, as PostgreSQL's does.
      try db.execute(sql: "PRAGMA case_sensitive_like = ON")
    }
    return configuration
  }

  private static func assertDurable(_ pool: DatabasePool) throws {
    try pool.writeWithoutTransaction { db in
      let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
      let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
      let mmap = try Int.fetchOne(db, sql: "PRAGMA mmap_size") ?? 0
      let foreignKeys = try Bool.fetchOne(db, sql: "PRAGMA foreign_keys")
      guard mode == "wal", synchronous == 2, mmap == 0, foreignKeys == true else {
        throw StoreError.unavailable("SQLite did not take WAL, synchronous FULL, foreign keys")
      }
    }
  }

  public func read<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await reads.perform(as: tenant) { try body($0.transaction(for: tenant)) }
  }

  @discardableResult
  public func write<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await writes.perform(as: tenant) { try body($0.transaction(for: tenant)) }
  }

  public func readAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await reads.perform(as: nil) { try body($0.acrossTenants) }
  }

  @discardableResult
  public func writeAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await writes.perform(as: nil) { try body($0.acrossTenants) }
  }

  public func whenWritesStop(_ body: @escaping @Sendable (StoreError) -> Void) {
    writes.whenStopped(body)
  }

  public func close() async {
    guard reads.refuse() else { return }
    await writes.close()
    await reads.finish()
    let (database, logger) = (database, writes.logger)
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      DispatchQueue.global().async {
        do { try database.close() } catch { logger.error("closing SQLite: \(error)") }
        done.resume()
      }
    }
    lock?.release()
  }
}

extension SQLiteStore: MigrationTarget {
  public func migrate<T: Sendable>(
    _ body: @escaping @Sendable (any MigrationSession) throws(StoreError) -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      database.asyncWriteWithoutTransaction { db in
        continuation.resume(
          with: Result {
            let result = try body(SQLiteMigrationSession(db))
            // Tables belong into the database, not into a log that every start would read.
            // A reader that is in the way keeps it there for a while.
            do { try db.checkpoint(.truncate) } catch DatabaseError.SQLITE_BUSY {
            } catch { throw StoreError(sqlite: error) }
            return result
          })
      }
    }
  }
}
