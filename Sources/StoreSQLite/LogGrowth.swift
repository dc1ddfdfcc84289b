import GRDB
import Synchronization

/// How far the write-ahead log has grown since it was last moved into the database, by what was written: a changed row
/// is a page or less, a commit brings a few more of indexes and heads. Only the writer's thread is ever here.
final class LogGrowth: Sendable {
  /// About as many pages as SQLite itself lets gather.
  static let pages = 1000
  static let pagesOfCommit = 3

  private let seen = Mutex((changes: 0, pages: 0))

  /// After a commit: whether the log is to be moved now.
  func isDue(on db: Database) -> Bool {
    let changes = db.totalChangesCount
    return seen.withLock { seen in
      seen.pages += max(0, changes - seen.changes) + Self.pagesOfCommit
      seen.changes = changes
      guard seen.pages >= Self.pages else { return false }
      seen.pages = 0
      return true
    }
  }
}
