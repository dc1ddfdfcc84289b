import NIOCore

/// Runs tasks on one event loop, so that a handler works on the thread of its connection and a call costs no
/// thread hop. While a connection reads (`hold` … `release`) jobs gather and run together before its one flush.
public final class LoopExecutor: TaskExecutor, @unchecked Sendable {
  public let eventLoop: any EventLoop
  // Touched on the event loop only.
  private var jobs: [UnownedJob] = []
  private var isHeld = false
  private var isScheduled = false
  /// Jobs run in one go before other connections get their turn.
  private static let batch = 512

  public init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if eventLoop.inEventLoop {
      jobs.append(job)
      schedule()
    } else {
      eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  func hold() { isHeld = true }

  func release() {
    isHeld = false
    if !jobs.isEmpty { run() }
  }

  private func schedule() {
    guard !isHeld, !isScheduled else { return }
    isScheduled = true
    eventLoop.execute {
      self.isScheduled = false
      self.run()
    }
  }

  private func run() {
    // While these run, new jobs join the same batch instead of scheduling another one.
    let wasHeld = isHeld
    isHeld = true
    var index = 0
    while index < jobs.count, index < Self.batch {
      let job = jobs[index]
      index += 1
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
    jobs.removeFirst(index)
    isHeld = wasHeld
    if !jobs.isEmpty { schedule() }
  }
}
