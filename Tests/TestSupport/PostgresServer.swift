import Foundation
import StorePostgres
import Synchronization

/// A PostgreSQL of the test run's own: made in a temporary directory, on a Unix socket, ended with
/// the process. PostgreSQL refuses to run as root; then it runs as the `postgres` user.
public actor PostgresServer {
  public static let shared = PostgresServer()

  public struct Database: Sendable {
    /// How the owner of the tables connects.
    public var owner: String
    /// How a service connects.
    public var app: String
    public var roles: PostgresRoles
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  private var starting: Task<String, any Error>?
  private var count = 0

  /// A new, empty database with an owner and an application role.
  public func database() async throws -> Database {
    let task = starting ?? Task { try Self.start() }
    starting = task
    let directory = try await task.value
    count += 1
    let name = "test\(count)"
    try Self.run(
      "createdb",
      ["-h", directory, "-U", "owner", "-T", "template0", "-l", "C.UTF-8", "-E", "UTF8", name])
    let base = "host=\(directory) dbname=\(name)"
    return Database(
      owner: "\(base) user=owner", app: "\(base) user=portico_app", roles: PostgresRoles())
  }

  private static func start() throws -> String {
    // A socket's path is limited to about a hundred bytes: a short name in /tmp, not a deep one.
    let directory = "/tmp/portico-pg-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    if getuid() == 0 { try run("chown", ["postgres", directory], asServer: false) }
    try run(
      "initdb",
      [
        "-D", "\(directory)/data", "-U", "super", "-A", "trust", "--no-sync", "-E", "UTF8",
        "--locale=C.UTF-8",
      ])
    try serve(directory)
    try run(
      "psql",
      [
        "-h", directory, "-U", "super", "-d", "postgres", "-qc",
        "CREATE ROLE owner LOGIN CREATEDB CREATEROLE",
      ])
    return directory
  }

  /// The server's shell waits on a pipe from this process: however this process ends, the pipe closes,
  /// the server stops and its files go.
  private static func serve(_ directory: String) throws {
    let script = """
      postgres=$1 directory=$2
      "$postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c fsync=off \
        -c max_connections=300 -c deadlock_timeout=50ms >"$directory/log" 2>&1 &
      server=$!
      cat >/dev/null
      kill -INT $server
      wait $server
      rm -rf "$directory"
      """
    let process = Process()
    let shell = ["/bin/sh", "-c", script, "sh", try find("postgres"), directory]
    let command = asServerUser(shell)
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let pipe = Pipe()
    process.standardInput = pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    lifeline.withLock { $0 = pipe }
    for _ in 0..<600 {
      do { return try run("pg_isready", ["-q", "-h", directory]) } catch { usleep(100_000) }
    }
    throw Failure(description: "PostgreSQL did not start within a minute")
  }

  private static let lifeline = Mutex<Pipe?>(nil)

  private static func asServerUser(_ command: [String]) -> [String] {
    guard getuid() == 0 else { return command }
    let user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["/usr/bin/setpriv"] + user + command
  }

  /// Runs one of PostgreSQL's programs to its end; as `postgres` when this is root.
  private static func run(
    _ program: String, _ arguments: [String], asServer: Bool = true
  ) throws {
    let process = Process()
    let command =
      asServer ? asServerUser([try find(program)] + arguments) : ["/bin/\(program)"] + arguments
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let output = URL(fileURLWithPath: "/tmp/portico-pg-\(UUID().uuidString).out")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: output) }
    let handle = try FileHandle(forWritingTo: output)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
      throw Failure(description: "\(program) failed: \(text)")
    }
  }

  private static func find(_ program: String) throws -> String {
    let versions =
      (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let directories =
      versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
      + ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    for directory in directories
    where FileManager.default.isExecutableFile(atPath: "\(directory)/\(program)") {
      return "\(directory)/\(program)"
    }
    throw Failure(description: "PostgreSQL is missing. Install it: apt-get install postgresql")
  }
}
