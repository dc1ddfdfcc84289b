import Dispatch
import Foundation
import Store
import Synchronization

/// Threads that each own a connection and take work from one bounded queue, by turns of the tenants.
final class PostgresPool: Sendable {
  private struct State {
    var waiting = TenantLine<PoolWork>()
    var isClosed = false
    var liveThreads = 0
    var onEmpty: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)
  private let limits: PostgresStore.Limits

  init(_ limits: PostgresStore.Limits, makeWorker: @escaping @Sendable () -> PostgresWorker) {
    self.limits = limits
    state.withLock { $0.liveThreads = limits.connections }
    for number in 0..<limits.connections {
      let thread = Thread { [self] in run(makeWorker()) }
      thread.name = "postgres-\(number)"
      thread.stackSize = 2 << 20
      thread.start()
    }
  }

  /// Transactions that wait for a connection.
  var waiting: Int { state.withLock { $0.waiting.count } }

  /// Queues work; throws `busy` when too much waits already.
  func add(_ work: PoolWork) throws(StoreError) {
    try state.withLock { state throws(StoreError) in
      guard !state.isClosed else { throw .unavailable("the store is closed") }
      guard state.waiting.count < limits.waiting else { throw .busy }
      state.waiting.append(work, of: work.tenant)
    }
    signal.signal()
  }

  /// Refuses new work and returns when the rest is done and every connection closed.
  func close() async {
    await withCheckedContinuation { done in
      let isFirst = state.withLock { state in
        if state.isClosed { return false }
        state.isClosed = true
        state.onEmpty = done
        return true
      }
      guard isFirst else { return done.resume() }
      for _ in 0..<limits.connections { signal.signal() }
    }
  }

  private func run(_ worker: PostgresWorker) {
    while true {
      guard signal.wait(timeout: .now() + limits.idleLife.seconds) == .success else {
        worker.disconnect()
        continue
      }
      let work = state.withLock { $0.waiting.popFirst() }
      guard let work else { break }
      if work.queued + limits.longestWait < .now { work.refuse(.busy) } else { work.run(worker) }
      worker.settle()
    }
    worker.disconnect()
    let done = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.liveThreads -= 1
      guard state.liveThreads == 0 else { return nil }
      defer { state.onEmpty = nil }
      return state.onEmpty
    }
    done?.resume()
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(wholeMicroseconds) / 1_000_000 }
}
