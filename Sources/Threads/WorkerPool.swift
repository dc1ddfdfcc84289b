import Foundation
import Synchronization

/// A fixed number of threads and a queue of fixed length in front of them.
///
/// Threads start with the first job and end when the pool is released.
public final class WorkerPool: Sendable {
  private let state: State
  /// The most jobs that wait; one more is refused.
  public let queueLimit: Int
  public let threads: Int

  /// - Parameters:
  ///   - threads: how many jobs run at once, at least 1.
  ///   - queueLimit: how many jobs wait for a thread before the next one is refused.
  public init(name: String, threads: Int, queueLimit: Int) {
    self.threads = max(1, threads)
    self.queueLimit = max(0, queueLimit)
    state = State(name: name)
  }

  deinit { state.close() }

  /// Runs `body` on one of the pool's threads and waits without blocking the caller's.
  ///
  /// A task that is cancelled while its job waits never runs it.
  /// - Throws: `WorkerPoolFull` when the queue is at its limit, `CancellationError`, or what `body` throws.
  public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let ticket = Ticket()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let accepted = state.enqueue(threads: threads, limit: queueLimit) {
          () -> @Sendable () -> Void in
          let result = Result {
            guard !ticket.isCancelled else { throw CancellationError() }
            return try body()
          }
          return { continuation.resume(with: result) }
        }
        if !accepted { continuation.resume(throwing: WorkerPoolFull()) }
      }
    } onCancel: {
      ticket.cancel()
    }
  }
}

/// The pool's queue is at its limit: the caller is to answer "busy, try again".
public struct WorkerPoolFull: Error, Sendable {
  public init() {}
}

private final class Ticket: Sendable {
  private let cancelled = Atomic(false)
  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
  func cancel() { cancelled.store(true, ordering: .releasing) }
}

/// Does its work, and returns how to report the result.
private typealias Job = @Sendable () -> @Sendable () -> Void

/// What the threads hold; the pool itself is not kept alive by them.
private final class State: @unchecked Sendable {
  // @unchecked: every stored property below is read and written under `condition`.
  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var head = 0
  private var started = 0
  /// Jobs taken in and not finished yet, waiting or running.
  private var outstanding = 0
  private var closed = false
  private let name: String

  init(name: String) { self.name = name }

  func enqueue(threads: Int, limit: Int, _ job: @escaping Job) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard outstanding < threads + limit else { return false }
    outstanding += 1
    jobs.append(job)
    if started < min(threads, outstanding) { start() }
    condition.signal()
    return true
  }

  func close() {
    condition.lock()
    closed = true
    condition.broadcast()
    condition.unlock()
  }

  private func start() {
    started += 1
    let thread = Thread { [self] in work() }
    thread.name = "\(name)-\(started)"
    thread.start()
  }

  private func work() {
    while let job = next() {
      let report = job()
      // Its place is free before its caller knows, who may come back at once.
      condition.lock()
      outstanding -= 1
      condition.unlock()
      report()
    }
  }

  /// The next job, or nil when the pool is gone and nothing waits.
  private func next() -> Job? {
    condition.lock()
    defer { condition.unlock() }
    while jobs.count == head {
      if closed { return nil }
      condition.wait()
    }
    let job = jobs[head]
    head += 1
    if head == jobs.count {
      jobs.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 256 {
      jobs.removeFirst(head)
      head = 0
    }
    return job
  }
}
