import StorePostgres

extension Settings {
  /// `database.url`, `database.owner`, and the limits of the connections to PostgreSQL.
  var database: StoreLocation {
    get throws(SettingError) {
      guard let address = try secret("database.url") else { throw .missing("database.url") }
      var limits = PostgresStore.Limits()
      limits.connections = try int("database.connections", default: 8, in: 1...500)
      limits.waiting = try int("database.waiting", default: 2048, in: 1...100_000)
      limits.longestWait = .seconds(try int("database.wait.seconds", default: 10, in: 1...300))
      limits.statementTimeout = .seconds(
        try int("database.statement.seconds", default: 15, in: 1...600))
      limits.lockTimeout = .seconds(try int("database.lock.seconds", default: 10, in: 1...600))
      limits.idleTimeout = .seconds(try int("database.idle.seconds", default: 20, in: 1...600))
      return try StoreLocation(address, owner: try secret("database.owner"), limits: limits)
    }
  }
}
