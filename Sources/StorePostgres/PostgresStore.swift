import Store
import Synchronization
import Values

/// A store in a PostgreSQL database, reached as the application's role.
///
/// Writes run READ COMMITTED and again after a deadlock or serialization failure; reads see one
/// snapshot and cannot write. When the connection breaks during COMMIT the error is `unavailable` and
/// the outcome unknown: repeat with the same request id.
public final class PostgresStore: Store {
  public struct Limits: Sendable {
    /// Connections, each with a thread. One more listens for what other processes have committed.
    public var connections = 8
    /// Transactions that wait for a connection at most, and for how long; beyond it a call throws `StoreError.busy`.
    public var waiting = 2048
    public var longestWait = Duration.seconds(10)
    /// How long one statement may take, how long it may wait for a lock of that time, and how long a transaction may
    /// do nothing.
    public var statementTimeout = Duration.seconds(15)
    public var lockTimeout = Duration.seconds(10)
    public var idleTimeout = Duration.seconds(20)
    /// After so long a connection is made anew, with its next use, so that it finds servers that were added or moved; and
    /// one that is not used for so long is closed.
    public var connectionLife = Duration.seconds(1800)
    public var idleLife = Duration.seconds(300)

    public init() {}
  }

  public var engine: Engine { .postgres }
  public let clock: any WallClock
  public let bell = EventBell()
  public var condition: StoreCondition { figures.condition(waiting: pool.waiting) }
  private let figures: PostgresFigures
  private let pool: PostgresPool
  private let notifier: PostgresNotifier
  private let roles: PostgresRoles

  /// Connects and checks that the role cannot see past row-level security; throws `forbidden` when it
  /// could. `conninfo` is libpq's: `host=… dbname=… user=…`, or a `postgresql://` address.
  public static func open(
    _ conninfo: String, roles: PostgresRoles = PostgresRoles(),
    clock: any WallClock = SystemClock(), limits: Limits = Limits()
  ) async throws -> PostgresStore {
    let store = try PostgresStore(
      try ConnectionAddress(conninfo), roles: roles, clock: clock, limits: limits)
    do {
      let jobs = roles.jobs
      try await store.perform(as: nil) { worker in
        try RoleCheck(jobs: jobs).run(on: worker.connected())
      }
    } catch {
      await store.close()
      throw error
    }
    return store
  }

  private init(
    _ address: ConnectionAddress, roles: PostgresRoles, clock: any WallClock, limits: Limits
  ) throws(StoreError) {
    self.clock = clock
    self.roles = roles
    let figures = PostgresFigures(connections: limits.connections)
    self.figures = figures
    let (names, outage) = (ConstraintNames(), Outage())
    pool = PostgresPool(limits) {
      PostgresWorker(address, names: names, limits: limits, outage: outage, figures: figures)
    }
    notifier = try PostgresNotifier(address, bell: bell)
  }

  /// What is wrong with the address of a database, without quoting it; nil when nothing is.
  public static func fault(in conninfo: String) -> String? {
    do throws(StoreError) {
      _ = try ConnectionAddress(conninfo)
      return nil
    } catch {
      guard case .unavailable(let reason) = error else { return "cannot be read" }
      return reason
    }
  }

  public func read<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await transaction(.tenant(tenant), readOnly: true) {
      try body($0.transaction(for: tenant))
    }
  }

  @discardableResult
  public func write<T: Sendable>(
    as tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await transaction(.tenant(tenant), readOnly: false) {
      try body($0.transaction(for: tenant))
    }
  }

  public func readAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await transaction(.acrossTenants(role: roles.jobs), readOnly: true) {
      try body($0.acrossTenants)
    }
  }

  @discardableResult
  public func writeAcrossTenants<T: Sendable>(
    _ body: @escaping @Sendable (AcrossTenants) throws -> T
  ) async throws -> T {
    try await transaction(.acrossTenants(role: roles.jobs), readOnly: false) {
      try body($0.acrossTenants)
    }
  }

  public func close() async {
    await pool.close()
    await notifier.close()
  }

  private func transaction<T: Sendable>(
    _ kind: TransactionKind, readOnly: Bool,
    _ body: @escaping @Sendable (TransactionState) throws -> T
  ) async throws -> T {
    let clock = clock
    let (value, tenants) = try await perform(as: kind.tenant, canBeTakenBack: readOnly) { worker in
      try worker.transaction(kind, readOnly: readOnly, clock: clock, body)
    }
    if !tenants.isEmpty {
      bell.ring(tenants)
      notifier.tell(tenants)
    }
    return value
  }

  /// - Parameter canBeTakenBack: whether the cancellation of the task takes back what has not begun. Not for what
  ///   writes: who is told to stop still gives back leases and reports what was done.
  private func perform<T: Sendable>(
    as tenant: TenantID?, canBeTakenBack: Bool = false,
    _ body: @escaping @Sendable (PostgresWorker) throws -> T
  ) async throws -> T {
    let cancellable = Mutex<PoolWork?>(nil)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let work = PoolWork(of: tenant) { worker in
          continuation.resume(with: Result { try body(worker) })
        } onRefusal: {
          continuation.resume(throwing: $0)
        }
        cancellable.withLock { $0 = work }
        do throws(StoreError) { try pool.add(work) } catch { work.refuse(error) }
        if canBeTakenBack, Task.isCancelled { work.cancel() }
      }
    } onCancel: {
      if canBeTakenBack { cancellable.withLock { $0 }?.cancel() }
    }
  }
}
