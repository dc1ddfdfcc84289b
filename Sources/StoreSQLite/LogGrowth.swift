import GRDB
import GRDBSQLite
import Synchronization

/// How far the write-ahead log has grown since it was last moved into the database, in pages. Only the writer's thread is
/// ever here.
final class LogGrowth: Sendable {
  /// About as many as SQLite itself lets gather.
  static let pages = 1000

  private let written = Mutex(0)

  /// After a commit: whether the log is to be moved now.
  func isDue(on db: Database) -> Bool {
    var (pages, highest): (Int32, Int32) = (0, 0)
    // Pages that the connection has written to the log since it was last asked. Fails for no connection that is open.
    let code = sqlite3_db_status(
      db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1)
    return written.withLock { written in
      // Not knowing, the log is rather moved too often.
      written += code == SQLITE_OK ? Int(pages) : Self.pages
      guard written >= Self.pages else { return false }
      written = 0
      return true
    }
  }
}
