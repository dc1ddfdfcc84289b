import Foundation
import StorePostgres

/// A PostgreSQL of the test run's own: made in a temporary directory, on a Unix socket, ended with the process; and a
/// pgbouncer before it.
public actor PostgresServer {
  public static let shared = PostgresServer()

  public struct Database: Sendable {
    public var name: String
    /// `host=… port=…`.
    public var place: String
    public var roles: PostgresRoles

    /// How the owner of the tables connects.
    public var owner: String { conninfo(user: "owner") }
    /// How a service connects.
    public var app: String { conninfo(user: roles.app) }

    public func conninfo(user: String) -> String { "\(place) dbname=\(name) user=\(user)" }
  }

  private var starting: Task<PostgresCluster, any Error>?
  private var pooler: Task<PgBouncer, any Error>?
  private var count = 0

  private func cluster() async throws -> PostgresCluster {
    let task =
      starting
      ?? Task {
        let cluster = try await PostgresCluster(settings: [
          "fsync=off", "max_connections=1500", "deadlock_timeout=50ms",
        ])
        try await PostgresOwner("host=\(cluster.folder) dbname=postgres user=owner").createRoles()
        return cluster
      }
    starting = task
    return try await task.value
  }

  /// A new, empty database, with the roles of the owner and of the application.
  public func database() async throws -> Database {
    count += 1
    let name = "test\(count)"
    return try await cluster().database(name)
  }

  /// The same place through pgbouncer in transaction mode, which gives each transaction to any of its few connections.
  public func pooled(_ conninfo: String) async throws -> String {
    let cluster = try await cluster()
    let task = pooler ?? Task { try await PgBouncer(before: cluster, connections: 3) }
    pooler = task
    return conninfo.replacingOccurrences(of: cluster.place, with: try await task.value.place)
  }

  /// Statements of the superuser's.
  public func run(_ script: String, in database: Database) async throws {
    try await cluster().run("psql", ["-d", database.name, "-v", "ON_ERROR_STOP=1", "-qc", script])
  }
}
