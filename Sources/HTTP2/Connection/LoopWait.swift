import NIOCore
import Synchronization

/// One task's wait for something that happens on an event loop. It ends with what it waits for or with the cancellation
/// of the task, whichever comes first; nothing that arrives later is lost to it.
///
/// Everything but `run` belongs to the event loop.
public final class LoopWait<Value: Sendable>: @unchecked Sendable {
  @exclusivity(unchecked) private var continuation: UnsafeContinuation<Value, any Error>?
  private let isCancelled = Atomic(false)

  /// False once it was resumed.
  public var isWaiting: Bool { continuation != nil }

  /// Ends the wait; harmless when it has ended.
  public func resume(with result: Result<Value, any Error>) {
    guard let continuation else { return }
    self.continuation = nil
    continuation.resume(with: result)
  }

  /// Suspends the task until the wait is resumed. `begin` runs on the event loop and resumes it or keeps it.
  ///
  /// - Parameter cancellation: what a cancelled task throws.
  public static func run(
    on eventLoop: any EventLoop, cancellation: any Error,
    _ begin: @escaping @Sendable (LoopWait) -> Void
  ) async throws -> Value {
    let wait = LoopWait()
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        eventLoop.perform {
          wait.continuation = continuation
          begin(wait)
          // Cancelled before there was anything to resume.
          if wait.isCancelled.load(ordering: .acquiring) {
            wait.resume(with: .failure(cancellation))
          }
        }
      }
    } onCancel: {
      wait.isCancelled.store(true, ordering: .releasing)
      eventLoop.perform { wait.resume(with: .failure(cancellation)) }
    }
  }
}

extension EventLoop {
  /// At once when on the loop already, soon otherwise.
  package func perform(_ body: @escaping @Sendable () -> Void) {
    if inEventLoop { body() } else { execute(body) }
  }
}
