import Logging
import Store

/// Runs one job of a service again and again, wherever its lease is to be had.
struct JobRunner: Sendable {
  let job: Job
  let store: any Store
  let owner: String
  let logger: Logger

  /// Until the task is cancelled. A run that fails is logged, and the next comes after the same interval.
  func run() async {
    while !Task.isCancelled {
      do { try await runOnce() } catch is CancellationError { return } catch {
        logger.error("job failed", metadata: ["job": "\(job.name)", "error": "\(error)"])
      }
      do { try await Task.sleep(for: job.interval) } catch { return }
    }
  }

  /// Runs the job if nobody else does; says whether it ran. A process that dies holds the job up for a minute
  /// at most.
  @discardableResult
  func runOnce() async throws -> Bool {
    let life = Duration.seconds(60)
    guard let lease = try await Lease.acquire("job/\(job.name)", owner: owner, for: life, in: store)
    else { return false }
    do {
      try await job.body(lease)
    } catch {
      try await lease.release(in: store)
      throw error
    }
    try await lease.release(in: store)
    return true
  }
}
