import Store
import Synchronization
import Values

/// Something to do on a connection, and somebody who waits for it. It is answered once: by what was done, by a refusal,
/// or by the cancellation of the task that waits, which takes back what has not begun.
final class PoolWork: Sendable {
  /// Whose turn it takes; nil for work across tenants.
  let tenant: TenantID?
  let queued = ContinuousClock.now
  private let body: @Sendable (PostgresWorker) -> Void
  private let onRefusal: @Sendable (any Error) -> Void
  private let isTaken = Mutex(false)

  init(
    of tenant: TenantID?, _ body: @escaping @Sendable (PostgresWorker) -> Void,
    onRefusal: @escaping @Sendable (any Error) -> Void
  ) {
    self.tenant = tenant
    self.body = body
    self.onRefusal = onRefusal
  }

  func run(_ worker: PostgresWorker) { if take() { body(worker) } }
  func refuse(_ error: StoreError) { if take() { onRefusal(error) } }
  func cancel() { if take() { onRefusal(CancellationError()) } }

  private func take() -> Bool {
    isTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
  }
}
