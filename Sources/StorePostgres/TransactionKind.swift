import Store
import Values

/// What a transaction asks of the server before its first statement.
enum TransactionKind {
  case tenant(TenantID)
  case acrossTenants(role: String)

  var tenant: TenantID? {
    switch self {
    case .tenant(let tenant): tenant
    case .acrossTenants: nil
    }
  }

  /// What is in force until the transaction ends, and not a moment longer.
  /// - Parameter settings: further ones, where no session keeps them.
  func prelude(_ settings: [(name: String, value: String)]) -> Command {
    var parts: [SQL] = []
    switch self {
    case .tenant(let tenant): parts.append("set_config('app.tenant', \(tenant), true)")
    case .acrossTenants(let role):
      parts.append("set_config('role', \(role), true)")
      parts.append("set_config('app.tenant', '', true)")
    }
    for setting in settings {
      parts.append("set_config(\(setting.name), \(setting.value), true)")
    }
    let sql: SQL = "SELECT \(SQL.list(parts))"
    return Command(sql.statement(for: .postgres))
  }
}

extension PostgresStore.Limits {
  /// The server's side of the limits.
  var settings: [(name: String, value: String)] {
    [
      ("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout),
      ("idle_in_transaction_session_timeout", idleTimeout),
    ].map { ($0.0, String($0.1.wholeMilliseconds)) }
  }
}
