import HTTP2
import NIOCore
import Synchronization

/// The tasks that run the handlers of one event loop, call after call: a handler that does not suspend costs no task of
/// its own, and no executor is looked up for it.
///
/// Confined to the event loop. A task that takes a call while others wait sees to it first that a second task stands
/// behind it, for the moment its handler suspends.
final class HandlerTasks: @unchecked Sendable {
  /// One task, and the call it runs now.
  final class Worker: @unchecked Sendable {
    fileprivate var task: Task<Void, Never>?
    fileprivate var parked: UnsafeContinuation<Bool, Never>?

    /// Cancels the call it runs; its task takes no other after that.
    func cancel() { task?.cancel() }
  }

  let executor: LoopExecutor
  @exclusivity(unchecked) private var waiting: [(call: ServerStream, message: [UInt8])] = []
  @exclusivity(unchecked) private var first = 0
  @exclusivity(unchecked) private var idle: [Worker] = []
  /// A task is on its way to what waits.
  @exclusivity(unchecked) private var isWaking = false
  @exclusivity(unchecked) private var connections = 0
  private static let idleLimit = 16

  init(_ eventLoop: any EventLoop) { executor = LoopExecutor(eventLoop) }

  /// A connection of this loop has opened.
  func join() { connections += 1 }

  /// It has closed; after the last one no task stays.
  func leave() {
    connections -= 1
    guard connections == 0 else { return }
    let all = idle
    idle = []
    for worker in all { worker.resume(false) }
  }

  /// Runs the handler of a call: before the loop goes on reading, unless it suspends.
  func run(_ call: ServerStream, _ message: [UInt8]) {
    waiting.append((call, message))
    wake()
  }

  private func wake() {
    guard !isWaking else { return }
    isWaking = true
    if let worker = idle.popLast() { return worker.resume(true) }
    let worker = Worker()
    worker.task = Task.detached(executorPreference: executor) { await self.work(worker) }
  }

  private func work(_ worker: Worker) async {
    repeat {
      isWaking = false
      while let (call, message) = take() {
        if first < waiting.count { wake() }
        await call.run(message, on: worker)
        // A handler that moved elsewhere and a cancelled task are not used again; a handler may cancel its own.
        guard executor.eventLoop.inEventLoop, !Task.isCancelled else { return }
      }
    } while await park(worker)
  }

  private func take() -> (call: ServerStream, message: [UInt8])? {
    guard first < waiting.count else { return nil }
    let next = waiting[first]
    first += 1
    if first == waiting.count {
      waiting.removeAll(keepingCapacity: waiting.capacity <= 1024)
      first = 0
    }
    return next
  }

  /// Waits for more. False: there is none to wait for.
  nonisolated(nonsending) private func park(_ worker: Worker) async -> Bool {
    guard connections > 0, idle.count < Self.idleLimit else { return false }
    return await withUnsafeContinuation { continuation in
      worker.parked = continuation
      idle.append(worker)
    }
  }
}

extension HandlerTasks.Worker {
  fileprivate func resume(_ hasWork: Bool) {
    let continuation = parked
    parked = nil
    continuation?.resume(returning: hasWork)
  }
}

/// The handlers' tasks of every event loop that a server uses.
final class HandlerLoops: Sendable {
  private let loops = Mutex<[ObjectIdentifier: HandlerTasks]>([:])

  func tasks(on eventLoop: any EventLoop) -> HandlerTasks {
    loops.withLock { loops in
      let key = ObjectIdentifier(eventLoop)
      if let known = loops[key] { return known }
      let tasks = HandlerTasks(eventLoop)
      loops[key] = tasks
      return tasks
    }
  }
}
