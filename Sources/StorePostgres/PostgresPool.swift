import Dispatch
import Foundation
import Store
import Synchronization

/// Threads that each own a connection and take work from one bounded queue.
final class PostgresPool: Sendable {
  typealias Work = @Sendable (PostgresWorker) -> Void

  private struct State {
    var waiting: [Work] = []
    var isClosed = false
    var liveThreads = 0
    var onEmpty: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)
  private let threads: Int
  private let limit: Int

  init(threads: Int, limit: Int, makeWorker: @escaping @Sendable () -> PostgresWorker) {
    self.threads = threads
    self.limit = limit
    state.withLock { $0.liveThreads = threads }
    for number in 0..<threads {
      let thread = Thread { [self] in run(makeWorker()) }
      thread.name = "postgres-\(number)"
      thread.stackSize = 2 << 20
      thread.start()
    }
  }

  /// Transactions that wait for a connection.
  var waiting: Int { state.withLock { $0.waiting.count } }

  func add(_ work: @escaping Work) throws(StoreError) {
    try state.withLock { state throws(StoreError) in
      guard !state.isClosed else { throw .unavailable("the store is closed") }
      guard state.waiting.count < limit else { throw .busy }
      state.waiting.append(work)
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
      for _ in 0..<threads { signal.signal() }
    }
  }

  private func run(_ worker: PostgresWorker) {
    while true {
      signal.wait()
      let work = state.withLock { state -> Work? in
        state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      guard let work else { break }
      work(worker)
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
