import Logging
import Store
import Synchronization
import TestSupport
import Testing
import Values

@testable import Bootstrap

@Suite("Jobs of several processes on one database", .timeLimit(.minutes(2)))
struct JobRunnerTests {
  private static let logger = Logger(label: "jobs") { _ in SwiftLogNoOpLogHandler() }

  private static func runner(_ job: Job, _ store: any Store, _ owner: String) -> JobRunner {
    JobRunner(
      job: job, store: store, owner: owner, logger: logger,
      figures: JobFigures([job], clock: store.clock), errors: RecentErrors())
  }

  /// Two processes' stores on one database, and a clock.
  private static func withReplicas(
    _ body: (any Store, any Store, ManualClock) async throws -> Void
  ) async throws {
    let clock = ManualClock(Instant(seconds: 1_780_000_000))
    let location = try await TestStore.location(.postgres)
    let one = try await location.open(migrations: nil, clock: clock, logger: logger)
    let two = try await location.open(migrations: nil, clock: clock, logger: logger)
    try await body(one, two, clock)
    await one.close()
    await two.close()
  }

  @Test("a job runs in one of them at a time, and once an interval")
  func once() async throws {
    try await Self.withReplicas { one, two, clock in
      let runs = Atomic(0)
      let job = Job("count", every: .minutes(10)) { _ in runs.wrappingAdd(1, ordering: .relaxed) }
      let runners = [Self.runner(job, one, "one"), Self.runner(job, two, "two")]
      let first = try await withThrowingTaskGroup(of: Lease?.self) { group in
        for runner in runners { group.addTask { try await runner.runOnce() } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(first.compactMap(\.self).count == 1)
      let winner = first.compactMap(\.self).first?.owner
      for runner in runners where runner.owner != winner {
        let again = try await runner.runOnce()
        #expect(again == nil)
      }
      #expect(runs.load(ordering: .relaxed) == 1)
      clock.advance(by: .minutes(10))
      for runner in runners where runner.owner != winner {
        let later = try await runner.runOnce()
        #expect(later?.owner == runner.owner)
      }
      #expect(runs.load(ordering: .relaxed) == 2)
    }
  }

  @Test(
    "a run that failed may be made again by the other at once; so may what a process did that has ended"
  )
  func handedOn() async throws {
    try await Self.withReplicas { one, two, _ in
      let failing = Job("fails", every: .hours(1)) { _ in throw StoreError.busy }
      await #expect(throws: StoreError.busy) {
        _ = try await Self.runner(failing, one, "one").runOnce()
      }
      await #expect(throws: StoreError.busy) {
        _ = try await Self.runner(failing, two, "two").runOnce()
      }
      let ran = AsyncStream<Void>.makeStream()
      let job = Job("ends", every: .hours(1)) { _ in ran.continuation.yield() }
      let work = Task { await Self.runner(job, one, "one").run() }
      var iterator = ran.stream.makeAsyncIterator()
      await iterator.next()
      // It sleeps for an hour now, or is about to.
      work.cancel()
      await work.value
      let next = try await Self.runner(job, two, "two").runOnce()
      #expect(next?.owner == "two")
    }
  }
}
