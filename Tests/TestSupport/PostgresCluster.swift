import Foundation
import Synchronization

/// A PostgreSQL server of a test's own, on a Unix socket and, where it is asked for, on loopback: for what the one
/// that all tests share is not set up for.
public final class PostgresCluster: Sendable {
  /// Its socket and data are in here.
  public let folder: String
  public let port: Int
  private let settings: [String]
  private let guardian: GuardedProcess
  private let server = Mutex<GuardedProcess?>(nil)

  /// Made and started.
  ///
  /// - Parameters:
  ///   - port: of the socket and, with `listen_addresses` among the settings, of loopback.
  ///   - settings: `["fsync=off"]`.
  public init(port: Int = 5432, settings: [String] = []) async throws {
    (folder, guardian) = try GuardedProcess.folder("pg")
    self.port = port
    self.settings = settings
    try await onOwnThread { [folder] in
      _ = try GuardedProcess.run([
        try GuardedProcess.find("initdb"), "-D", "\(folder)/data", "-U", "super", "-A", "trust",
        "--no-sync", "-E", "UTF8", "--locale=C.UTF-8",
      ])
    }
    try await start()
    try await run("psql", ["-d", "postgres", "-qc", "CREATE ROLE owner LOGIN CREATEDB CREATEROLE"])
  }

  /// `host=… port=…`
  public var place: String { "host=\(folder) port=\(port)" }

  private func start() async throws {
    let command = [
      try GuardedProcess.find("postgres"), "-D", "\(folder)/data", "-k", folder, "-p", "\(port)",
      "-c", "listen_addresses=",
    ]
    let options = settings.flatMap { ["-c", $0] }
    let process = try GuardedProcess(command + options, log: "\(folder)/log", signal: "INT")
    server.withLock { $0 = process }
    try await untilItAnswers()
  }

  private func untilItAnswers() async throws {
    for _ in 0..<3600 {
      do {
        try await run("pg_isready", ["-q"])
        return
      } catch {
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    let log = try GuardedProcess.run(["/usr/bin/tail", "-n", "20", "\(folder)/log"])
    throw GuardedProcess.Failure(description: "PostgreSQL did not start within minutes: \(log)")
  }

  /// Runs a client program of PostgreSQL as its superuser, and returns what it said.
  @discardableResult
  public func run(_ program: String, _ arguments: [String]) async throws -> String {
    try await onOwnThread { [folder, port] in
      let user = program == "pg_isready" ? [] : ["-U", "super"]
      return try GuardedProcess.run(
        [try GuardedProcess.find(program), "-h", folder, "-p", "\(port)"] + user + arguments)
    }
  }

  /// A new, empty database.
  public func database(_ name: String) async throws -> PostgresServer.Database {
    try await run(
      "createdb", ["-O", "owner", "-T", "template0", "-l", "C.UTF-8", "-E", "UTF8", name])
    return PostgresServer.Database(
      name: name, place: place, roles: .init())
  }

  /// Ends it and takes its files away.
  public func clear() async throws {
    let process = server.withLock { $0 }
    try await onOwnThread { [guardian] in
      try process?.end()
      try guardian.end()
    }
  }
}
