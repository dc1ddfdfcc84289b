import Foundation
import Store
import Values

/// One thread's connection, and transactions on it.
final class PostgresWorker {
  private static let attempts = 20
  /// How often a transaction is begun again because its connection broke before COMMIT was sent.
  private static let reconnections = 2

  private let address: ConnectionAddress
  private let names: ConstraintNames
  private let limits: PostgresStore.Limits
  private let outage: Outage
  private let figures: PostgresFigures
  private var connection: PostgresConnection?

  init(
    _ address: ConnectionAddress, names: ConstraintNames, limits: PostgresStore.Limits,
    outage: Outage, figures: PostgresFigures
  ) {
    self.address = address
    self.names = names
    self.limits = limits
    self.outage = outage
    self.figures = figures
  }

  func disconnect() { connection = nil }

  /// Reads what the last transaction left unread, after its caller has been answered.
  func settle() {
    do throws(StoreError) { try connection?.settle() } catch { disconnect() }
  }

  /// Runs a body in a transaction; again after a serialization failure, after a stale plan, and when the connection
  /// breaks before COMMIT was sent. Never again once it was: the outcome is unknown then.
  func transaction<T>(
    _ kind: TransactionKind, readOnly: Bool, clock: any WallClock,
    _ body: (TransactionState) throws -> T
  ) throws -> (value: T, tenantsWithEvents: Set<TenantID>) {
    var attempt = 1
    figures.began()
    defer { figures.ended() }
    while true {
      let runner = PostgresRunner(try connected(), kind, readOnly: readOnly, limits: limits)
      do {
        let state = TransactionState(
          engine: .postgres, runner: runner, now: clock.now, isReadOnly: readOnly)
        let value = try body(state)
        try state.finish()
        try runner.commit()
        return (value, state.tenantsWithEvents)
      } catch {
        end(runner)
        try recover(from: error, runner, readOnly: readOnly, attempt: attempt)
        attempt += 1
        figures.retried()
      }
    }
  }

  /// Returns when the transaction may be run again; throws what it ends with otherwise.
  private func recover(
    from error: any Error, _ runner: PostgresRunner, readOnly: Bool, attempt: Int
  ) throws {
    // What decides is the server's last word, even if the body made another error of it.
    switch runner.failure {
    case .conflict? where attempt < Self.attempts:
      // The whole range is drawn from: victims of one deadlock that wait alike meet again.
      Thread.sleep(
        forTimeInterval: Double.random(in: 0.0...0.004) * Double(1 << min(attempt, 7)))
    case .conflict?: throw StoreError.busy
    case .stalePlan? where attempt < Self.attempts: disconnect()
    case .readOnly? where !readOnly:
      // A server that was the first and is a standby now.
      disconnect()
      guard attempt <= Self.reconnections else {
        throw StoreError.unavailable("the server takes no writes")
      }
    case .unavailable?:
      disconnect()
      guard attempt <= Self.reconnections, !runner.mayBeCommitted else { throw error }
    default: throw error
    }
  }

  /// A connection that stands, as far as can be told. Throws `unavailable` without an attempt when one failed a moment ago.
  func connected() throws(StoreError) -> PostgresConnection {
    settle()
    if let connection, connection.isAlive(), connection.opened + limits.connectionLife > .now {
      return connection
    }
    disconnect()
    try outage.check()
    do throws(StoreError) {
      let fresh = try connect()
      outage.end()
      figures.connected(nil)
      connection = fresh
      return fresh
    } catch {
      if case .unavailable(let reason) = error { outage.begin(reason) }
      figures.connected(error)
      throw error
    }
  }

  private func connect() throws(StoreError) -> PostgresConnection {
    let fresh = try PostgresConnection(
      address, names: names, patience: limits.statementTimeout + .seconds(5))
    if !fresh.isPooled {
      let settings = limits.settings.map { setting -> SQL in
        "set_config(\(setting.name), \(setting.value), false)"
      }
      let sql: SQL = "SELECT \(SQL.list(settings))"
      try fresh.enqueue(Command(sql.statement(for: .postgres)))
    }
    var known: [String: String] = [:]
    for row in try fresh.perform(text: ConstraintNames.query).rows(limit: nil) {
      guard case .text(let index) = row.values[0], case .text(let name) = row.values[1] else {
        continue
      }
      known[index] = name
    }
    names.set(known)
    return fresh
  }

  private func end(_ runner: PostgresRunner) {
    do throws(StoreError) { try runner.rollback() } catch { disconnect() }
    if connection?.isLost ?? false { disconnect() }
  }
}

extension Duration {
  var wholeMilliseconds: Int64 { wholeMicroseconds / 1000 }
}
