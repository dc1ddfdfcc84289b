import Logging
import Store

/// Runs one job of a service again and again, wherever its lease is to be had.
struct JobRunner: Sendable {
  let job: Job
  let store: any Store
  let owner: String
  let logger: Logger
  let figures: JobFigures
  let errors: RecentErrors

  /// Until the task is cancelled. A run that fails is logged, and the next comes after the same interval, here or in
  /// another process.
  func run() async {
    var held: Lease?
    while !Task.isCancelled {
      do { held = try await runOnce() } catch is CancellationError { break } catch {
        logger.error("job failed", metadata: ["job": "\(job.name)", "error": "\(error)"])
        errors.add(
          .init(
            time: store.clock.now, method: "job/\(job.name)", code: "failed",
            requestID: ""))
      }
      do { try await Task.sleep(for: job.interval) } catch { break }
    }
    // Nobody has to wait for what a process that ended in good order would have done.
    do { try await held?.release(in: store) } catch {
      logger.warning("lease not released", metadata: ["job": "\(job.name)", "error": "\(error)"])
    }
  }

  /// Runs the job if nobody else does or has just done; nil when somebody does. The lease is renewed while it runs, and
  /// the run is cancelled when it is lost; a process that dies in a run holds the job up for a minute at most. After a run
  /// the lease is kept for the interval, so that of any number of processes one runs the job, once an interval.
  ///
  /// A look that finds nothing to do is a run that is over at once, without a lease.
  func runOnce() async throws -> Lease? {
    guard try await job.isDue() else {
      figures.ended(job.name, after: .zero, failed: false)
      return nil
    }
    guard
      let lease = try await Lease.acquire(
        "job/\(job.name)", owner: owner, for: Self.life, in: store)
    else { return nil }
    let began = ContinuousClock.now
    figures.began(job.name)
    do {
      try await runHolding(lease)
      figures.ended(job.name, after: ContinuousClock.now - began, failed: false)
    } catch {
      figures.ended(
        job.name, after: ContinuousClock.now - began, failed: !(error is CancellationError))
      try await lease.release(in: store)
      throw error
    }
    do { return try await lease.renewed(for: job.interval, in: store) } catch StoreError.leaseLost {
      return nil
    }
  }

  private func runHolding(_ lease: Lease) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await job.body(lease) }
      group.addTask {
        var held = lease
        while true {
          try await Task.sleep(for: Self.life / 3)
          held = try await held.renewed(for: Self.life, in: store)
        }
      }
      // Only the job's own end, or the loss of the lease, ends the group.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static let life = Duration.seconds(60)
}
