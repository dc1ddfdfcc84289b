import GRDB
import Store
import Synchronization
import Values

/// A queued write: performed in a transaction that it shares, perhaps twice, and answered after the commit.
protocol WriteJob: AnyObject, Sendable {
  /// Whose turn it takes; nil for work across tenants.
  var tenant: TenantID? { get }
  /// Whose event logs it has appended to.
  var tenantsWithEvents: Set<TenantID> { get }
  func perform(on db: Database) throws
  func succeed()
  func fail(_ error: any Error)
}

final class BodyJob<T: Sendable>: WriteJob {
  let tenant: TenantID?
  private let clock: any WallClock
  private let body: @Sendable (TransactionState) throws -> T
  private let continuation: CheckedContinuation<T, any Error>
  private let result = Mutex<(value: T, tenants: Set<TenantID>)?>(nil)

  var tenantsWithEvents: Set<TenantID> { result.withLock { $0?.tenants ?? [] } }

  init(
    of tenant: TenantID?, clock: any WallClock,
    body: @escaping @Sendable (TransactionState) throws -> T,
    continuation: CheckedContinuation<T, any Error>
  ) {
    self.tenant = tenant
    self.clock = clock
    self.body = body
    self.continuation = continuation
  }

  func perform(on db: Database) throws {
    let state = TransactionState(engine: .sqlite, runner: SQLiteRunner(db), now: clock.now)
    let value = try body(state)
    try state.finish()
    let tenants = state.tenantsWithEvents
    result.withLock { $0 = (value, tenants) }
  }

  func succeed() {
    guard let value = result.withLock({ $0?.value }) else {
      return fail(StoreError.statement("a write without a result"))
    }
    continuation.resume(returning: value)
  }

  func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
