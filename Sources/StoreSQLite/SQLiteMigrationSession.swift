import GRDB
import Store

import struct Store.Row
import struct Store.Statement

/// Migrations on the writer connection. The file's lock keeps other processes away.
final class SQLiteMigrationSession: MigrationSession {
  private let db: Database
  private let runner: SQLiteRunner

  init(_ db: Database) {
    self.db = db
    runner = SQLiteRunner(db)
  }

  func run(_ statement: Statement) throws(StoreError) -> Int { try runner.run(statement) }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    try runner.rows(statement, limit: limit)
  }

  func script(_ text: String) throws(StoreError) {
    do { try db.execute(sql: text) } catch { throw StoreError(sqlite: error) }
  }

  /// Foreign keys are off meanwhile, so that a table can be rebuilt, and checked before the commit. What an index of many
  /// rows is sorted in is a file.
  func atomically(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    try script("PRAGMA foreign_keys = OFF; PRAGMA temp_store = DEFAULT; BEGIN IMMEDIATE")
    do throws(StoreError) {
      try body()
      do { try db.checkForeignKeys() } catch { throw StoreError(sqlite: error) }
      try script("COMMIT; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
    } catch {
      if db.isInsideTransaction { try script("ROLLBACK") }
      try script("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
      throw error
    }
  }
}
