import GRDB
import Store

/// Writes that share a transaction, each of which may fail without the others.
///
/// They are performed one after the other, without savepoints: for each of those SQLite copies every page that was changed
/// before, and the search index writes what it has gathered. Where one fails that has changed something, the transaction is
/// begun again and all are repeated, each in a savepoint. Most that fail have changed nothing.
struct WriteBatch {
  /// Performed, to be answered after the commit.
  private(set) var done: [any WriteJob] = []
  /// Still to be performed.
  private(set) var rest: ArraySlice<any WriteJob>
  /// Why the transaction is gone with all that was done: SQLite gave it up under a job, which has been told.
  private(set) var lost: StoreError?
  private var hasSavepoints = false

  init(_ jobs: ArraySlice<any WriteJob>) { rest = jobs }

  /// Performs all, inside a transaction. A job that fails is answered.
  mutating func perform(on db: Database) throws {
    while lost == nil, let job = rest.first {
      let changes = db.totalChangesCount
      do {
        if hasSavepoints { try StatementSteps.run("SAVEPOINT job", on: db) }
        try job.perform(on: db)
        guard db.isInsideTransaction else {
          throw StoreError.statement("a write has ended the transaction that it shares")
        }
        if hasSavepoints { try StatementSteps.run("RELEASE job", on: db) }
        done.append(job)
      } catch {
        let isAlone = done.isEmpty
        guard db.isInsideTransaction else {
          lost = StoreError(sqlite: error)
          rest.removeFirst()
          job.fail(Self.answer(error))
          return
        }
        if hasSavepoints {
          try StatementSteps.run("ROLLBACK TO job", on: db)
          try StatementSteps.run("RELEASE job", on: db)
        } else if db.totalChangesCount != changes {
          try db.execute(sql: "ROLLBACK; BEGIN IMMEDIATE")
          if !isAlone {
            (rest, done, hasSavepoints) = (done + rest, [], true)
            continue
          }
        }
        job.fail(Self.answer(error))
      }
      rest.removeFirst()
    }
  }

  /// What a caller is told: its own error, or SQLite's in the store's terms.
  private static func answer(_ error: any Error) -> any Error {
    (error as? DatabaseError).map { StoreError(sqlite: $0) } ?? error
  }
}
