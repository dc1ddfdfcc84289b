import Synchronization

/// Those who ask the same at the same time wait for one answer. Nothing is kept: whoever asks after an answer has come asks
/// anew. Who got no answer, because the first to ask failed or was cancelled, asks for themselves.
final class SharedAnswers<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
  private typealias Waiting = [UInt64: CheckedContinuation<Answer?, Never>]

  private let asked = Mutex<(waiting: [Question: Waiting], last: UInt64)>(([:], 0))

  func answer(
    to question: Question, _ ask: () async throws -> Answer
  ) async throws -> Answer {
    let isFirst = asked.withLock { asked in
      guard asked.waiting[question] == nil else { return false }
      asked.waiting[question] = [:]
      return true
    }
    if !isFirst {
      if let shared = await shared(question) { return shared }
      return try await ask()
    }
    do {
      let answer = try await ask()
      end(question, answer)
      return answer
    } catch {
      end(question, nil)
      throw error
    }
  }

  /// How many wait for somebody else's answer.
  func waiting(for question: Question) -> Int {
    asked.withLock { $0.waiting[question]?.count ?? 0 }
  }

  private func end(_ question: Question, _ answer: Answer?) {
    let waiting = asked.withLock { $0.waiting.removeValue(forKey: question) } ?? [:]
    for continuation in waiting.values { continuation.resume(returning: answer) }
  }

  /// Nil when there is no answer to share, or the task was cancelled.
  private func shared(_ question: Question) async -> Answer? {
    let number = asked.withLock { asked in
      asked.last &+= 1
      return asked.last
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isWaiting = asked.withLock { asked in
          guard asked.waiting[question] != nil, !Task.isCancelled else { return false }
          asked.waiting[question]?[number] = continuation
          return true
        }
        if !isWaiting { continuation.resume(returning: nil) }
      }
    } onCancel: {
      asked.withLock { $0.waiting[question]?.removeValue(forKey: number) }?
        .resume(returning: nil)
    }
  }
}
