import Foundation

/// A pgbouncer in transaction mode before a server, on a Unix socket.
public final class PgBouncer: Sendable {
  /// `host=… port=…`.
  public let place: String
  private let folder: String
  private let guardian: GuardedProcess
  private let process: GuardedProcess

  /// - Parameter connections: to the server, for each database and user.
  public init(before cluster: PostgresCluster, connections: Int) async throws {
    (folder, guardian) = try GuardedProcess.folder("pb")
    place = "host=\(folder) port=6432"
    let settings = """
      [databases]
      * = host=\(cluster.folder) port=\(cluster.port)
      [pgbouncer]
      pool_mode = transaction
      listen_addr =
      listen_port = 6432
      unix_socket_dir = \(folder)
      auth_type = trust
      auth_file = \(folder)/users
      max_client_conn = 2000
      default_pool_size = \(connections)
      server_idle_timeout = 20
      logfile = \(folder)/log
      """
    let users = "\"portico_app\" \"\"\n\"super\" \"\"\n"
    for (name, text) in [("ini", settings), ("users", users)] {
      let file = "\(folder)/\(name)"
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    }
    process = try GuardedProcess(
      [try GuardedProcess.find("pgbouncer"), "-q", "\(folder)/ini"], log: "\(folder)/out")
    try await untilItAnswers()
  }

  private func untilItAnswers() async throws {
    for _ in 0..<1200 {
      do {
        return try await onOwnThread { [folder] in
          _ = try GuardedProcess.run([
            try GuardedProcess.find("pg_isready"), "-q", "-h", folder, "-p", "6432",
          ])
        }
      } catch { try await Task.sleep(for: .milliseconds(50)) }
    }
    throw GuardedProcess.Failure(description: "pgbouncer did not start within a minute")
  }

  public func clear() async throws {
    try await onOwnThread { [process, guardian] in
      try process.end()
      try guardian.end()
    }
  }
}
