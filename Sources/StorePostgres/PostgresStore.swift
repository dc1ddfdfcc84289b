import Foundation
import Store
import Values

/// A store in a PostgreSQL database, reached as the application's role.
///
/// Writes run READ COMMITTED and again after a deadlock or serialization failure; reads see one
/// snapshot and cannot write. When the connection breaks during COMMIT the error is `unavailable` and
/// the outcome unknown: repeat with the same request id.
public final class PostgresStore: Store {
  public struct Limits: Sendable {
    /// Connections, each with a thread.
    public var connections = 8
    /// Transactions that wait for a connection at most; beyond it a call throws `StoreError.busy`.
    public var waiting = 2048
    /// How long one statement may take.
    public var statementTimeout = Duration.seconds(15)

    public init() {}
  }

  public var engine: Engine { .postgres }
  public let clock: any WallClock
  public let bell = EventBell()
  public var condition: StoreCondition { figures.condition(waiting: pool.waiting) }
  private let figures: PostgresFigures
  private let pool: PostgresPool
  private let roles: PostgresRoles

  /// Connects and checks that the role cannot see past row-level security; throws `forbidden` when it
  /// could. `conninfo` is libpq's: `host=… dbname=… user=…`, or a `postgresql://` address.
  public static func open(
    _ conninfo: String, roles: PostgresRoles = PostgresRoles(),
    clock: any WallClock = SystemClock(), limits: Limits = Limits()
  ) async throws -> PostgresStore {
    let store = PostgresStore(conninfo, roles: roles, clock: clock, limits: limits)
    do {
      let jobs = roles.jobs
      try await store.perform { worker in try RoleCheck(jobs: jobs).run(on: worker.connected()) }
    } catch {
      await store.close()
      throw error
    }
    return store
  }

  private init(
    _ conninfo: String, roles: PostgresRoles, clock: any WallClock, limits: Limits
  ) {
    self.clock = clock
    self.roles = roles
    let names = ConstraintNames()
    let figures = PostgresFigures(connections: limits.connections)
    self.figures = figures
    pool = PostgresPool(threads: limits.connections, limit: limits.waiting) {
      PostgresWorker(conninfo, names: names, limits: limits, figures: figures)
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

  public func close() async { await pool.close() }

  private func transaction<T: Sendable>(
    _ kind: TransactionKind, readOnly: Bool,
    _ body: @escaping @Sendable (TransactionState) throws -> T
  ) async throws -> T {
    let (clock, bell) = (clock, bell)
    return try await perform { worker in
      try worker.transaction(kind, readOnly: readOnly, clock: clock, bell, body)
    }
  }

  private func perform<T: Sendable>(
    _ body: @escaping @Sendable (PostgresWorker) throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      do throws(StoreError) {
        try pool.add { worker in continuation.resume(with: Result { try body(worker) }) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

/// What must be true of the role a service connects as, before it serves anybody.
struct RoleCheck {
  let jobs: String

  func run(on connection: PostgresConnection) throws(StoreError) {
    let sql: SQL = """
      SELECT r.rolsuper OR r.rolbypassrls AS bypasses,
        r.rolinherit AND pg_has_role(r.oid, j.oid, 'MEMBER') AS inherits,
        coalesce(pg_has_role(r.oid, j.oid, 'MEMBER'), FALSE) AS is_member,
        EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relowner = r.oid) AS owns,
        EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
          AND a.attname = 'tenant' AND NOT a.attisdropped
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity)) AS unprotected,
        current_setting('synchronous_commit') = 'off' AS loses_commits
      FROM pg_roles r LEFT JOIN pg_roles j ON j.rolname = \(jobs) WHERE r.rolname = current_user
      """
    let result = try connection.perform(sql.statement(for: .postgres))
    guard let row = try result.rows(limit: 1).first else { throw .forbidden("no such role") }
    let faults = [
      ("bypasses", true, "the role bypasses row-level security"),
      ("inherits", true, "the role inherits \(jobs): ALTER ROLE … NOINHERIT"),
      ("is_member", false, "the role is no member of \(jobs): GRANT \(jobs) TO …"),
      ("owns", true, "the role owns tables: connect as another than the owner"),
      ("unprotected", true, "a table with a tenant has no forced row-level security: migrate"),
      ("loses_commits", true, "synchronous_commit is off"),
    ]
    for (column, isFault, reason) in faults {
      let value: Bool?
      do { value = try row[column] } catch { throw .forbidden("the role cannot be checked") }
      if (value ?? false) == isFault { throw .forbidden(reason) }
    }
  }
}
