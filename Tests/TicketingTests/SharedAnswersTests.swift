import Synchronization
import Testing

@testable import TicketingService

@Suite("Shared answers", .timeLimit(.minutes(1)))
struct SharedAnswersTests {
  private struct Refusal: Error {}

  /// Lets a question stay open until it is told to end.
  private final class Gate: Sendable {
    let asked = Atomic(0)
    private let (stream, continuation) = AsyncStream<Void>.makeStream()

    func wait() async {
      asked.add(1, ordering: .relaxed)
      for await _ in stream { return }
    }

    func open() { continuation.finish() }
  }

  @Test(
    "who asks the same at the same time gets the answer of the first; who asks later, asks anew")
  func shared() async throws {
    let (answers, gate) = (SharedAnswers<String, Int>(), Gate())
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        try await answers.answer(to: "a") {
          await gate.wait()
          return 1
        }
      }
      while gate.asked.load(ordering: .relaxed) == 0 { await Task.yield() }
      for _ in 0..<5 { group.addTask { try await answers.answer(to: "a") { 2 } } }
      while answers.waiting(for: "a") < 5 { await Task.yield() }
      let other = try await answers.answer(to: "b") { 3 }
      #expect(other == 3)
      gate.open()
      for try await answer in group { #expect(answer == 1) }
    }
    let later = try await answers.answer(to: "a") { 4 }
    #expect(later == 4)
  }

  @Test("where the first fails or a waiting one is cancelled, the others ask for themselves")
  func failed() async throws {
    let (answers, gate) = (SharedAnswers<String, Int>(), Gate())
    let first = Task {
      try await answers.answer(to: "a") {
        await gate.wait()
        throw Refusal()
      }
    }
    while gate.asked.load(ordering: .relaxed) == 0 { await Task.yield() }
    let second = Task { try await answers.answer(to: "a") { 2 } }
    let third = Task { try await answers.answer(to: "a") { 3 } }
    while answers.waiting(for: "a") < 2 { await Task.yield() }
    third.cancel()
    // It does not wait for the first any more.
    let cancelled = try await third.value
    #expect(cancelled == 3)
    gate.open()
    let own = try await second.value
    #expect(own == 2)
    await #expect(throws: Refusal.self) { try await first.value }
  }
}
