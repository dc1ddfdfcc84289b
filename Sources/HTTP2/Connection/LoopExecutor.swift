import NIOCore

/// Runs tasks on one event loop, so that a handler works on the thread of its connection and a call costs no
/// thread hop. While a connection reads (`hold` … `release`) jobs gather and run together before its one flush.
public final class LoopExecutor: TaskExecutor, @unchecked Sendable {
  public let eventLoop: any EventLoop
  // Touched on the event loop only.
  @exclusivity(unchecked) private var jobs: [UnownedJob] = []
  @exclusivity(unchecked) private var current: [UnownedJob] = []
  @exclusivity(unchecked) private var isRunning = false
  @exclusivity(unchecked) private var isHeld = false
  @exclusivity(unchecked) private var isScheduled = false
  /// Jobs run in one go before other connections get their turn.
  private static let batch = 512
  /// Long enough not to be over when the loop looks for what else is due.
  private static let pause = TimeAmount.microseconds(50)

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

  /// Keeps no memory for jobs to come.
  func rest() {
    guard !isRunning, jobs.isEmpty else { return }
    jobs = []
    current = []
  }

  func hold() { isHeld = true }

  func release() {
    isHeld = false
    run()
  }

  private func schedule() {
    guard !isHeld, !isScheduled, !isRunning else { return }
    isScheduled = true
    eventLoop.execute {
      self.isScheduled = false
      self.run()
    }
  }

  /// Runs what is queued and what that queues, up to a batch. A job can close its connection and so come back here:
  /// the outer run goes on then.
  private func run() {
    guard !isRunning, !isHeld, !jobs.isEmpty else { return }
    isRunning = true
    var count = 0
    while !jobs.isEmpty, count < Self.batch {
      swap(&jobs, &current)
      for job in current { job.runSynchronously(on: asUnownedTaskExecutor()) }
      count += current.count
      current.removeAll(keepingCapacity: true)
    }
    isRunning = false
    if !jobs.isEmpty { pause() }
  }

  /// Lets the loop see to its sockets: it does so only when nothing is left to run at once, and jobs that make jobs,
  /// such as a handler that yields and yields, would keep it from them for ever.
  private func pause() {
    guard !isScheduled else { return }
    isScheduled = true
    eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.isScheduled = false
      self.run()
    }
  }
}
