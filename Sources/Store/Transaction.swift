import Values

/// What one engine's connection can do inside the transaction it has opened. For engines; not
/// Sendable, and valid only until the body returns.
public protocol StatementRunner: AnyObject {
  /// Rows changed.
  func run(_ statement: Statement) throws(StoreError) -> Int
  /// At most `limit` rows.
  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row]
}

/// A transaction of one tenant. It is not Sendable: it cannot leave the closure it was given to.
/// After a statement has failed every later one fails the same way, and nothing is committed, on
/// both engines.
public struct Transaction {
  public let tenant: TenantID
  /// The transaction's time, the same in all its statements; from the store's clock.
  public let now: Instant
  let state: TransactionState

  /// Runs a statement and tells how many rows it changed.
  @discardableResult
  public func run(_ sql: SQL) throws(StoreError) -> Int { try state.run(sql) }

  /// Runs a statement that must change a row, and throws `error` when it met none:
  /// `try db.run("UPDATE … AND version = \(etag.version)", else: .stale)`.
  public func run(_ sql: SQL, else error: StoreError) throws(StoreError) {
    guard try state.run(sql) > 0 else { throw error }
  }

  /// Says whose trace the effects belong to that this transaction leaves.
  public func belongs(toTrace traceparent: String) { state.trace = traceparent }

  /// Every row of the result. Bound your lists: `LIMIT`, or a page.
  public func all(_ sql: SQL) throws(StoreError) -> [Row] { try state.rows(sql, limit: nil) }

  /// The first row, or nil.
  public func first(_ sql: SQL) throws(StoreError) -> Row? { try state.rows(sql, limit: 1).first }

  /// The first row, or `error` when there is none.
  public func first(_ sql: SQL, else error: StoreError) throws(StoreError) -> Row {
    guard let row = try first(sql) else { throw error }
    return row
  }
}

/// A transaction over all tenants, for jobs. Statements name the tenant they mean themselves.
public struct AcrossTenants {
  public let now: Instant
  let state: TransactionState

  @discardableResult
  public func run(_ sql: SQL) throws(StoreError) -> Int { try state.run(sql) }
  public func all(_ sql: SQL) throws(StoreError) -> [Row] { try state.rows(sql, limit: nil) }
  public func first(_ sql: SQL) throws(StoreError) -> Row? { try state.rows(sql, limit: 1).first }

  /// The same transaction as one tenant's, to audit, emit and send in its name.
  public func acting(for tenant: TenantID) -> Transaction {
    Transaction(tenant: tenant, now: now, state: state)
  }
}

/// The shared part of a transaction: its connection, whether it failed, and what is written last.
/// Public for engines only.
public final class TransactionState {
  public let engine: Engine
  private let runner: any StatementRunner
  private var failure: StoreError?
  private var audits: [TenantID: [AuditEntry]] = [:]
  private var events: [TenantID: [NewEvent]] = [:]
  private let now: Instant
  private let isReadOnly: Bool
  /// The `traceparent` of the work that the transaction belongs to; goes with the effects that it leaves.
  var trace: String?

  public init(
    engine: Engine, runner: any StatementRunner, now: Instant, isReadOnly: Bool = false
  ) {
    self.engine = engine
    self.runner = runner
    self.now = now
    self.isReadOnly = isReadOnly
  }

  public func transaction(for tenant: TenantID) -> Transaction {
    Transaction(tenant: tenant, now: now, state: self)
  }

  public var acrossTenants: AcrossTenants { AcrossTenants(now: now, state: self) }

  /// Whose event logs the transaction appends to, for the bell after its commit.
  public var tenantsWithEvents: Set<TenantID> { Set(events.keys) }

  /// Writes audit rows and events, which take their tenant's log heads: last, so that the heads are
  /// held for the shortest time and always in the same order. Engines call this right before COMMIT.
  public func finish() throws(StoreError) {
    if let failure { throw failure }
    for tenant in audits.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      try AuditLog.append(audits[tenant] ?? [], in: transaction(for: tenant))
    }
    for tenant in events.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      try EventLog.append(events[tenant] ?? [], in: transaction(for: tenant))
    }
  }

  func later(_ entry: AuditEntry, for tenant: TenantID) throws(StoreError) {
    guard !isReadOnly else { throw fail(.readOnly) }
    audits[tenant, default: []].append(entry)
  }

  func later(_ event: NewEvent, for tenant: TenantID) throws(StoreError) {
    guard !isReadOnly else { throw fail(.readOnly) }
    events[tenant, default: []].append(event)
  }

  func run(_ sql: SQL) throws(StoreError) -> Int {
    let statement = try checked(sql)
    do throws(StoreError) { return try runner.run(statement) } catch {
      throw fail(error)
    }
  }

  func rows(_ sql: SQL, limit: Int?) throws(StoreError) -> [Row] {
    let statement = try checked(sql)
    do throws(StoreError) { return try runner.rows(statement, limit: limit) } catch {
      throw fail(error)
    }
  }

  private func checked(_ sql: SQL) throws(StoreError) -> Statement {
    if let failure { throw failure }
    let statement = sql.statement(for: engine)
    for case .text(let text) in statement.values where text.utf8.contains(0) {
      throw fail(.unstorable("a text with a NUL character"))
    }
    return statement
  }

  private func fail(_ error: StoreError) -> StoreError {
    failure = error
    return error
  }
}
