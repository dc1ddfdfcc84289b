import GRDB
import Logging
import Store
import Synchronization
import Values

/// The one writer. Jobs that wait while a commit is under way share the next one.
final class WriteQueue: Sendable {
  private struct State {
    var waiting: [any WriteJob] = []
    var isDraining = false
    /// Why no more writes are taken: closed, or a sync failed.
    var stop: StoreError?
  }

  let log: Logger
  private let database: any DatabaseWriter
  private let clock: any WallClock
  private let limits: SQLiteStore.Limits
  private let state = Mutex(State())
  let bell = EventBell()

  init(
    _ database: any DatabaseWriter, clock: any WallClock, limits: SQLiteStore.Limits, log: Logger
  ) {
    self.database = database
    self.clock = clock
    self.limits = limits
    self.log = log
  }

  func perform<T: Sendable>(
    _ body: @escaping @Sendable (TransactionState) throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      add(BodyJob(clock: clock, body: body, continuation: continuation))
    }
  }

  /// Refuses new writes and returns when those that wait are answered.
  func close() async {
    state.withLock { state in
      if state.stop == nil { state.stop = .unavailable("the store is closed") }
    }
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      database.asyncWriteWithoutTransaction { _ in done.resume() }
    }
  }

  private func add(_ job: any WriteJob) {
    let (refusal, mustStart) = state.withLock { state -> (StoreError?, Bool) in
      if let stop = state.stop { return (stop, false) }
      guard state.waiting.count < limits.waiting else { return (.busy, false) }
      state.waiting.append(job)
      defer { state.isDraining = true }
      return (nil, !state.isDraining)
    }
    if let refusal { return job.fail(refusal) }
    if mustStart { database.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  private func drain(_ db: Database) {
    while true {
      let batch = state.withLock { state in
        let batch = Array(state.waiting.prefix(limits.batch))
        state.waiting.removeFirst(batch.count)
        if batch.isEmpty { state.isDraining = false }
        return batch
      }
      if batch.isEmpty { return }
      var rest = batch[...]
      while !rest.isEmpty { rest = commit(rest, db) }
    }
  }

  /// Runs jobs in one transaction and answers them. Returns those it did not get to, which is when
  /// SQLite gave up the whole transaction under one of them.
  private func commit(
    _ batch: ArraySlice<any WriteJob>, _ db: Database
  ) -> ArraySlice<any WriteJob> {
    var done: [any WriteJob] = []
    var rest = batch
    do {
      if let stop = failedSync { throw stop }
      try db.execute(sql: "BEGIN IMMEDIATE")
      while let job = rest.popFirst() {
        switch perform(job, db) {
        case .ready: done.append(job)
        case .failed: break
        case .transactionLost(let error):
          for job in done { job.fail(error) }
          return rest
        }
      }
    } catch {
      abandon(db)
      for job in done + rest { job.fail(StoreError(sqlite: error)) }
      return []
    }
    do {
      try db.execute(sql: "COMMIT")
      bell.ring(done.reduce(into: []) { $0.formUnion($1.tenantsWithEvents) })
      for job in done { job.succeed() }
    } catch {
      abandon(db)
      let failure = stopAfter(error)
      for job in done { job.fail(failure) }
    }
    return rest
  }

  private enum JobOutcome {
    /// To be answered after the commit.
    case ready
    /// Undone and answered.
    case failed
    /// Answered, and the transaction around it is gone with all that came before.
    case transactionLost(StoreError)
  }

  /// One job in its savepoint.
  private func perform(_ job: any WriteJob, _ db: Database) -> JobOutcome {
    do {
      try db.execute(sql: "SAVEPOINT job")
      try job.perform(on: db)
      try db.execute(sql: "RELEASE job")
      return .ready
    } catch {
      job.fail((error as? DatabaseError).map { StoreError(sqlite: $0) } ?? error)
      guard db.isInsideTransaction else { return .transactionLost(StoreError(sqlite: error)) }
      do {
        try db.execute(sql: "ROLLBACK TO job")
        try db.execute(sql: "RELEASE job")
        return .failed
      } catch {
        abandon(db)
        return .transactionLost(StoreError(sqlite: error))
      }
    }
  }

  private func abandon(_ db: Database) {
    guard db.isInsideTransaction else { return }
    do { try db.execute(sql: "ROLLBACK") } catch {
      log.error("rolling back: \(StoreError(sqlite: error))")
    }
  }

  private var failedSync: StoreError? {
    state.withLock { state in
      if case .unavailable(let reason) = state.stop, reason == Self.failedSyncReason {
        return state.stop
      }
      return nil
    }
  }

  /// A commit that could not be synced may or may not be on disk, and the kernel may have dropped the
  /// pages: no later success would mean anything. A full disk is no such case.
  private func stopAfter(_ error: any Error) -> StoreError {
    let failure = StoreError(sqlite: error)
    switch failure {
    case .unavailable, .corrupt:
      log.critical("commit failed, no more writes until the next start: \(failure)")
      state.withLock { $0.stop = .unavailable(Self.failedSyncReason) }
    default: log.error("commit failed: \(failure)")
    }
    return failure
  }

  private static let failedSyncReason = "a commit could not be synced; restart to recover"
}
