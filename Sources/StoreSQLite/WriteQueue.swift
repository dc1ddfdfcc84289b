import GRDB
import Logging
import Store
import Synchronization
import Telemetry
import Values

/// The one writer. Jobs that wait while a commit is under way share the next one; where they are too many for it, tenants
/// take turns.
final class WriteQueue: Sendable {
  private struct State {
    var waiting = TenantLine<any WriteJob>()
    var isDraining = false
    var isClosed = false
    /// Why no write is taken until the next start: a sync failed, or the file is damaged.
    var failure: StoreError?
    var listeners: [@Sendable (StoreError) -> Void] = []

    var refusal: StoreError? { failure ?? (isClosed ? .unavailable("the store is closed") : nil) }
  }

  let logger: Logger
  private let database: any DatabaseWriter
  private let clock: any WallClock
  private let limits: SQLiteStore.Limits
  private let state = Mutex(State())
  private let log = LogGrowth()
  let bell = EventBell()
  private let commitTimes = Distribution()
  private let commitSizes = Distribution(Distribution.counts)
  private let failedCommits = Counter(
    "portico_sqlite_failed_commits_total", help: "Commits that the disk refused.")

  init(
    _ database: any DatabaseWriter, clock: any WallClock, limits: SQLiteStore.Limits, logger: Logger
  ) {
    self.database = database
    self.clock = clock
    self.limits = limits
    self.logger = logger
  }

  func perform<T: Sendable>(
    as tenant: TenantID?, _ body: @escaping @Sendable (TransactionState) throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      add(BodyJob(of: tenant, clock: clock, body: body, continuation: continuation))
    }
  }

  /// Writes that wait, what was committed, and why nothing more is.
  var condition: StoreCondition {
    let (waiting, stop) = state.withLock { ($0.waiting.count, $0.refusal) }
    return StoreCondition(
      waiting: waiting, refusal: stop,
      families: [
        .gauge(
          "portico_sqlite_write_queue", Double(waiting), help: "Writes that wait for the writer."),
        commitTimes.family(
          "portico_sqlite_commit_seconds", help: "Time of a COMMIT with its sync."),
        commitSizes.family(
          "portico_sqlite_commit_writes", help: "Writes that shared a commit."),
        failedCommits.family,
      ])
  }

  /// Refuses new writes and returns when those that wait are answered.
  func close() async {
    state.withLock { $0.isClosed = true }
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      database.asyncWriteWithoutTransaction { db in
        // What is left in the log goes into the database, so that one file is all there is of it.
        if !db.configuration.readonly { self.checkpoint(db, .truncate) }
        done.resume()
      }
    }
  }

  private func add(_ job: any WriteJob) {
    let (refusal, mustStart) = state.withLock { state -> (StoreError?, Bool) in
      if let refusal = state.refusal { return (refusal, false) }
      guard state.waiting.count < limits.waiting else { return (.busy, false) }
      state.waiting.append(job, of: job.tenant)
      defer { state.isDraining = true }
      return (nil, !state.isDraining)
    }
    if let refusal { return job.fail(refusal) }
    if mustStart { database.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  private func drain(_ db: Database) {
    while true {
      let batch = state.withLock { state in
        var batch: [any WriteJob] = []
        while batch.count < limits.batch, let job = state.waiting.popFirst() { batch.append(job) }
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
    _ jobs: ArraySlice<any WriteJob>, _ db: Database
  ) -> ArraySlice<any WriteJob> {
    var batch = WriteBatch(jobs)
    do {
      if let failure = state.withLock({ $0.failure }) { throw failure }
      try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
      try batch.perform(on: db)
    } catch {
      abandon(db)
      for job in batch.done + batch.rest { job.fail(StoreError(sqlite: error)) }
      return []
    }
    if let error = batch.lost {
      for job in batch.done { job.fail(error) }
      makeRoom(db, after: error)
      return batch.rest
    }
    do {
      let began = ContinuousClock.now
      try db.cachedStatement(sql: "COMMIT").execute()
      commitTimes.record(ContinuousClock.now - began)
      commitSizes.record(Double(batch.done.count))
      bell.ring(batch.done.reduce(into: []) { $0.formUnion($1.tenantsWithEvents) })
      for job in batch.done { job.succeed() }
    } catch {
      abandon(db)
      let failure = stopAfter(error, "commit")
      for job in batch.done { job.fail(failure) }
      makeRoom(db, after: failure)
      return batch.rest
    }
    if log.isDue(on: db) { checkpoint(db) }
    return batch.rest
  }

  /// Moves the log into the database now and then, after the answers. SQLite would do it inside COMMIT, and keep to
  /// itself that a sync failed there.
  private func checkpoint(_ db: Database, _ mode: Database.CheckpointMode = .passive) {
    guard state.withLock({ $0.failure == nil }) else { return }
    do { try db.checkpoint(mode) } catch { stopAfter(error, "checkpoint") }
  }

  /// On a full disk the log may still be moved: what is written next begins it anew instead of making it longer.
  private func makeRoom(_ db: Database, after failure: StoreError) {
    if case .full = failure { checkpoint(db) }
  }

  private func abandon(_ db: Database) {
    guard db.isInsideTransaction else { return }
    do { try db.execute(sql: "ROLLBACK") } catch {
      logger.error("rolling back: \(StoreError(sqlite: error))")
    }
  }

  /// What could not be synced may or may not be on disk, and the kernel may have dropped the pages: no later success
  /// would mean anything. A full disk is no such case.
  @discardableResult
  private func stopAfter(_ error: any Error, _ step: String) -> StoreError {
    let failure = StoreError(sqlite: error)
    failedCommits.add()
    switch failure {
    case .unavailable, .corrupt: stop(because: failure, step)
    default: logger.error("\(step) failed: \(failure)")
    }
    return failure
  }

  private func stop(because failure: StoreError, _ step: String) {
    logger.critical("\(step) failed, no more writes until the next start: \(failure)")
    let stop = StoreError.unavailable("a \(step) could not be synced; restart to recover")
    let listeners = state.withLock { state in
      state.failure = state.failure ?? stop
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { listener(stop) }
  }

  /// Calls `body` once, when no more writes are taken until the next start; at once when that is so.
  func whenStopped(_ body: @escaping @Sendable (StoreError) -> Void) {
    let failure = state.withLock { state in
      if state.failure == nil { state.listeners.append(body) }
      return state.failure
    }
    if let failure { body(failure) }
  }
}
