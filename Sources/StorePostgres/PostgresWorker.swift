import Foundation
import Store
import Values

import struct Store.Row
import struct Store.Statement

/// What a transaction asks of the server before its first statement.
enum TransactionKind {
  case tenant(TenantID)
  case acrossTenants(role: String)
}

/// One thread's connection, and transactions on it.
final class PostgresWorker {
  private static let attempts = 20

  private let conninfo: String
  private let names: ConstraintNames
  private let limits: PostgresStore.Limits
  private let figures: PostgresFigures
  private var connection: PostgresConnection?

  init(
    _ conninfo: String, names: ConstraintNames, limits: PostgresStore.Limits,
    figures: PostgresFigures
  ) {
    self.figures = figures
    self.conninfo = conninfo
    self.names = names
    self.limits = limits
  }

  func disconnect() { connection = nil }

  /// Runs a body in a transaction; again after a serialization failure, after a stale plan, and when
  /// a connection that had been idle turns out to be dead. Never again once COMMIT was sent.
  func transaction<T>(
    _ kind: TransactionKind, readOnly: Bool, clock: any WallClock, _ bell: EventBell,
    _ body: (TransactionState) throws -> T
  ) throws -> T {
    var attempt = 1
    figures.began()
    defer { figures.ended() }
    while true {
      let wasIdle = connection != nil
      let runner = PostgresRunner(
        try connected(), kind, readOnly: readOnly, timeout: limits.statementTimeout)
      do {
        let state = TransactionState(
          engine: .postgres, runner: runner, now: clock.now, isReadOnly: readOnly)
        let value = try body(state)
        try state.finish()
        try runner.commit()
        bell.ring(state.tenantsWithEvents)
        return value
      } catch {
        end(runner)
        // What decides is the server's last word, even if the body made another error of it.
        switch runner.failure {
        case .conflict? where attempt < Self.attempts:
          // The whole range is drawn from: victims of one deadlock that wait alike meet again.
          Thread.sleep(
            forTimeInterval: Double.random(in: 0.0...0.004) * Double(1 << min(attempt, 7)))
        case .conflict?: throw StoreError.busy
        case .stalePlan? where attempt < Self.attempts: disconnect()
        case .unavailable? where wasIdle && attempt == 1 && !runner.hasBegun: disconnect()
        default: throw error
        }
        attempt += 1
        figures.retried()
      }
    }
  }

  /// The connection itself, outside a transaction.
  func connected() throws(StoreError) -> PostgresConnection {
    if let connection, !connection.isLost { return connection }
    let fresh: PostgresConnection
    do throws(StoreError) {
      fresh = try PostgresConnection(
        conninfo, names: names, timeout: limits.statementTimeout + .seconds(5))
      figures.connected(nil)
    } catch {
      figures.connected(error)
      throw error
    }
    var known: [String: String] = [:]
    for row in try fresh.perform(text: ConstraintNames.query).rows(limit: nil) {
      guard case .text(let index) = row.values[0], case .text(let name) = row.values[1] else {
        continue
      }
      known[index] = name
    }
    names.set(known)
    connection = fresh
    return fresh
  }

  private func end(_ runner: PostgresRunner) {
    do throws(StoreError) { try runner.rollback() } catch { disconnect() }
    if connection?.isLost ?? false { disconnect() }
  }
}

/// Statements of one transaction, which begins with the first of them.
final class PostgresRunner: StatementRunner {
  private let connection: PostgresConnection
  private let kind: TransactionKind
  private let readOnly: Bool
  private let timeout: Duration
  private var isQueued = false
  private(set) var hasBegun = false
  /// The first error of the server in this transaction.
  private(set) var failure: StoreError?

  init(
    _ connection: PostgresConnection, _ kind: TransactionKind, readOnly: Bool, timeout: Duration
  ) {
    self.connection = connection
    self.kind = kind
    self.readOnly = readOnly
    self.timeout = timeout
  }

  func run(_ statement: Statement) throws(StoreError) -> Int {
    try perform(statement).changedRows
  }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    try perform(statement).rows(limit: limit)
  }

  private func perform(_ statement: Statement) throws(StoreError) -> PostgresResult {
    do throws(StoreError) {
      if !isQueued {
        isQueued = true
        for sql in prelude { try connection.enqueue(sql.statement(for: .postgres)) }
      }
      let result = try connection.perform(statement)
      hasBegun = true
      return result
    } catch {
      failure = failure ?? error
      throw error
    }
  }

  private var prelude: [SQL] {
    let begin: SQL = readOnly ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN"
    let milliseconds = String(timeout.wholeMilliseconds)
    switch kind {
    case .tenant(let tenant):
      return [
        begin,
        """
        SELECT set_config('app.tenant', \(tenant), true),
          set_config('statement_timeout', \(milliseconds), true)
        """,
      ]
    case .acrossTenants(let role):
      return [
        begin,
        """
        SELECT set_config('role', \(role), true), set_config('app.tenant', '', true),
          set_config('statement_timeout', \(milliseconds), true)
        """,
      ]
    }
  }

  func commit() throws(StoreError) {
    guard isQueued else { return }
    do throws(StoreError) {
      let tag = try connection.perform(text: "COMMIT").tag
      guard tag == "COMMIT" else { throw .statement("the transaction had failed: \(tag)") }
      isQueued = false
    } catch {
      // Whether it was committed is not known when the connection broke: no second attempt.
      if case .unavailable = error {} else { failure = failure ?? error }
      throw error
    }
  }

  func rollback() throws(StoreError) {
    guard isQueued else { return }
    isQueued = false
    _ = try connection.perform(text: "ROLLBACK")
  }
}

extension Duration {
  var wholeMilliseconds: Int64 { wholeMicroseconds / 1000 }
}
