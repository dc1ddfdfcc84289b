import Foundation
import Synchronization
import Testing
import Threads

@Suite("A bounded pool of threads")
struct WorkerPoolTests {
  @Test(
    "V-18 no more than the given number of jobs run at once, and one beyond the queue is refused",
    .timeLimit(.minutes(5)))
  func bounds() async throws {
    let pool = WorkerPool(name: "test", threads: 2, queueLimit: 3)
    let gate = DispatchSemaphore(value: 0)
    let running = Peak()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          do {
            try await pool.run {
              running.enter()
              gate.wait()
              running.leave()
            }
            return true
          } catch is WorkerPoolFull {
            return false
          }
        }
      }
      // Three of eight find two busy threads and three waiting jobs: only then may the others go on.
      var outcomes: [Bool] = []
      for _ in 0..<3 {
        let outcome: Bool? = try await group.next()
        outcomes.append(outcome == true)
      }
      #expect(outcomes == [false, false, false])
      // The threads may have been taken and not have begun.
      while running.peak < 2 { try await Task.sleep(for: .milliseconds(1)) }
      for _ in 0..<5 { gate.signal() }
      for try await outcome in group { #expect(outcome) }
    }
    #expect(running.peak == 2)
    #expect(try await pool.run { 7 } == 7)
  }

  @Test("a job whose task was cancelled while it waited never runs")
  func cancellation() async throws {
    let pool = WorkerPool(name: "test", threads: 1, queueLimit: 8)
    let gate = DispatchSemaphore(value: 0)
    let started = AsyncStream<Void>.makeStream()
    let ran = Peak()
    let first = Task {
      try await pool.run {
        started.continuation.yield()
        gate.wait()
      }
    }
    for await _ in started.stream { break }
    let second = Task { try await pool.run { ran.enter() } }
    second.cancel()
    gate.signal()
    try await first.value
    await #expect(throws: CancellationError.self) { try await second.value }
    #expect(ran.peak == 0)
  }

  @Test("a caller that comes back with its next job finds its place free, even without a queue")
  func sequence() async throws {
    let pool = WorkerPool(name: "test", threads: 1, queueLimit: 0)
    for number in 0..<1000 { #expect(try await pool.run { number } == number) }
  }

  @Test("what a job throws comes out")
  func errors() async {
    struct Mine: Error {}
    let pool = WorkerPool(name: "test", threads: 1, queueLimit: 1)
    await #expect(throws: Mine.self) { try await pool.run { throw Mine() } }
  }
}

private final class Peak: Sendable {
  private let counts = Mutex((now: 0, peak: 0))
  var peak: Int { counts.withLock { $0.peak } }
  func enter() {
    counts.withLock {
      $0.now += 1
      $0.peak = max($0.peak, $0.now)
    }
  }
  func leave() { counts.withLock { $0.now -= 1 } }
}
