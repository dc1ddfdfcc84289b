import Values

/// What one engine's connection can do inside the transaction it has opened. For engines; not
/// Sendable, and valid only until the body returns.
public protocol StatementRunner: AnyObject {
  /// Rows changed.
  func run(_ statement: Statement) throws(StoreError) -> Int
  /// At most `limit` rows.
  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row]
  /// Runs a statement before the next one whose result is asked for, or before the commit; in the order of the calls.
  /// It may fail as late as that. `error` is what it fails with when it changed no row; nil when that is no failure.
  func enqueue(_ statement: Statement, else error: StoreError?) throws(StoreError)
  /// The rows of several statements, in one round trip where there are such.
  func rows(_ statements: [Statement]) throws(StoreError) -> [[Row]]
}

extension StatementRunner {
  /// For an engine without round trips: at once.
  public func enqueue(_ statement: Statement, else error: StoreError?) throws(StoreError) {
    let changed = try run(statement)
    if let error, changed == 0 { throw error }
  }

  public func rows(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
    var results: [[Row]] = []
    for statement in statements { results.append(try rows(statement, limit: nil)) }
    return results
  }
}

/// A transaction of one tenant. It is not Sendable: it cannot leave the closure it was given to.
/// After a statement has failed every later one fails the same way, and nothing is committed, on
/// both engines.
public struct Transaction {
  public let tenant: TenantID
  /// The transaction's time, the same in all its statements; from the store's clock.
  public let now: Instant
  let state: TransactionState
  /// For what one engine is asked and the other is not.
  public var engine: Engine { state.engine }

  /// Runs a statement whose result nobody needs. On PostgreSQL it travels with the next statement whose result is
  /// asked for, or with the commit, and fails there: an error ends the transaction either way.
  public func run(_ sql: SQL) throws(StoreError) { try state.enqueue(sql, else: nil) }

  /// The same for a statement that must change a row; `error` ends the transaction when it met none:
  /// `try db.run("UPDATE … AND version = \(etag.version)", else: .stale)`.
  public func run(_ sql: SQL, else error: StoreError) throws(StoreError) {
    try state.enqueue(sql, else: error)
  }

  /// Runs a statement now and tells how many rows it changed.
  public func change(_ sql: SQL) throws(StoreError) -> Int { try state.change(sql) }

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

  public func run(_ sql: SQL) throws(StoreError) { try state.enqueue(sql, else: nil) }
  public func change(_ sql: SQL) throws(StoreError) -> Int { try state.change(sql) }
  public func all(_ sql: SQL) throws(StoreError) -> [Row] { try state.rows(sql, limit: nil) }
  public func first(_ sql: SQL) throws(StoreError) -> Row? { try state.rows(sql, limit: 1).first }

  /// As in a tenant's transaction.
  public func belongs(toTrace traceparent: String) { state.trace = traceparent }

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
    let audits = audits.sorted { $0.key.rawValue < $1.key.rawValue }
    let events = events.sorted { $0.key.rawValue < $1.key.rawValue }
    var advances = audits.map { LogHead.advance(.audit, of: $0.key, by: $0.value.count) }
    advances += events.map { LogHead.advance(.events, of: $0.key, by: $0.value.count) }
    guard !advances.isEmpty else { return }
    var heads = try rows(advances).map { rows throws(StoreError) in try LogHead(rows.first) }[...]
    for (tenant, entries) in audits {
      guard let head = heads.popFirst() else { throw .statement("a log head is missing") }
      try AuditLog.append(entries, upTo: head, in: transaction(for: tenant))
    }
    for (tenant, entries) in events {
      guard let head = heads.popFirst() else { throw .statement("a log head is missing") }
      try EventLog.append(entries, upTo: head, in: transaction(for: tenant))
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

  func change(_ sql: SQL) throws(StoreError) -> Int {
    let statement = try checked(sql)
    do throws(StoreError) { return try runner.run(statement) } catch {
      throw fail(error)
    }
  }

  func enqueue(_ sql: SQL, else error: StoreError?) throws(StoreError) {
    let statement = try checked(sql)
    do throws(StoreError) { try runner.enqueue(statement, else: error) } catch {
      throw fail(error)
    }
  }

  private func rows(_ list: [SQL]) throws(StoreError) -> [[Row]] {
    var statements: [Statement] = []
    for sql in list { statements.append(try checked(sql)) }
    do throws(StoreError) { return try runner.rows(statements) } catch {
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
    for case .text(var text) in statement.values where text.withUTF8({ $0.contains(0) }) {
      throw fail(.unstorable("a text with a NUL character"))
    }
    return statement
  }

  private func fail(_ error: StoreError) -> StoreError {
    failure = error
    return error
  }
}
