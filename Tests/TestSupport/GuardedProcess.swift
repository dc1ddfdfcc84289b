import Foundation
import Synchronization
import TestProcesses

/// A server for tests that ends with the process that started it, however that ends: a shell between the two waits on a
/// pipe from here, which closes with this process.
public final class GuardedProcess: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  private let shell: Process
  private let pipe: Mutex<FileHandle?>

  /// - Parameters:
  ///   - command: with the path of the program. PostgreSQL's and pgbouncer refuse to run as root: they run as `postgres`
  ///     then.
  ///   - log: what the program says is appended to it.
  ///   - signal: what ends it. This process's threads block most signals, which is inherited: who does not lift that, as
  ///     PostgreSQL does, hears nothing but KILL.
  ///   - folder: goes afterwards.
  public init(
    _ command: [String], log: String, signal: String = "KILL", removing folder: String = ""
  ) throws {
    let script = """
      log=$1 signal=$2 folder=$3; shift 3
      "$@" >>"$log" 2>&1 &
      server=$!
      cat >/dev/null
      kill -$signal $server 2>/dev/null
      wait $server
      if [ -n "$folder" ]; then sleep 2; rm -rf "$folder"; fi
      """
    let arguments = Self.asServerUser(
      ["/bin/sh", "-c", script, "sh", log, signal, folder] + command)
    shell = Process()
    shell.executableURL = URL(fileURLWithPath: arguments[0])
    shell.arguments = Array(arguments.dropFirst())
    shell.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let lifeline = Pipe.ofOneChild()
    // Only this process may hold it open: a server that was started later would keep this one alive.
    guard fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else {
      throw Failure(description: "the lifeline cannot be kept from other processes")
    }
    shell.standardInput = lifeline
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.start()
    pipe = Mutex(lifeline.fileHandleForWriting)
  }

  /// Asks the program to end and waits for it.
  public func end() throws {
    try pipe.withLock { handle in
      try handle?.close()
      handle = nil
    }
    shell.waitUntilExit()
  }

  /// A folder of the server's own, which goes a moment after this process at the latest.
  public static func folder(_ name: String) throws -> (path: String, guardian: GuardedProcess) {
    // A socket's path is limited to about a hundred bytes: a short name in /tmp, not a deep one.
    let path = "/tmp/portico-\(name)-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    if getuid() == 0 { try run(["/bin/chown", "postgres", path], asServer: false) }
    let guardian = try GuardedProcess(
      ["/bin/sleep", "infinity"], log: "/dev/null", removing: path)
    return (path, guardian)
  }

  /// Runs a program to its end; as the servers' user when this is root. Returns what it said.
  @discardableResult
  public static func run(_ command: [String], asServer: Bool = true) throws -> String {
    let command = asServer ? asServerUser(command) : command
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let output = URL(fileURLWithPath: "/tmp/portico-run-\(UUID().uuidString).out")
    try Data().write(to: output)
    defer { unlink(output.path) }
    let handle = try FileHandle(forWritingTo: output)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.start()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(command.joined(separator: " ")) failed: \(text)")
    }
    return text
  }

  private static func asServerUser(_ command: [String]) -> [String] {
    guard getuid() == 0 else { return command }
    let user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["/usr/bin/setpriv"] + user + command
  }

  /// Where a program of PostgreSQL, or one beside it, is.
  public static func find(_ program: String) throws -> String {
    let folder = "/usr/lib/postgresql"
    let versions =
      FileManager.default.fileExists(atPath: folder)
      ? try FileManager.default.contentsOfDirectory(atPath: folder) : []
    let directories =
      versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(folder)/\($0)/bin" }
      + ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"]
    for directory in directories
    where FileManager.default.isExecutableFile(atPath: "\(directory)/\(program)") {
      return "\(directory)/\(program)"
    }
    throw Failure(description: "\(program) is missing: scripts/setup test")
  }
}
