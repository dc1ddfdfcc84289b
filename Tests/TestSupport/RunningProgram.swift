import Foundation
import RPC
import TestProcesses

/// One of the product's programs as a process of its own. What it logs is in `log`.
public final class RunningProgram: Sendable {
  /// Its working place: keys, sockets, certificates.
  public let folder: URL
  private let process: Process
  private let logFile: URL

  /// One for as long as `body` runs; whatever happens, it has ended afterwards.
  ///
  /// - Parameters:
  ///   - name: of the executable, `portico-gateway`.
  ///   - environment: what it has beside this process's own.
  public static func during(
    _ name: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
    _ body: (RunningProgram) async throws -> Void
  ) async throws {
    let running = try RunningProgram(name, arguments, in: folder, environment)
    do { try await body(running) } catch {
      running.end()
      _ = await running.status()
      throw error
    }
    running.end()
    _ = await running.status()
  }

  private init(
    _ name: String, _ arguments: [String], in folder: URL, _ environment: [String: String]
  ) throws {
    self.folder = folder
    logFile = folder.appending(path: "\(name).log")
    try Data().write(to: logFile)
    process = Process()
    process.executableURL = try Self.executable(name)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: logFile)
    try process.start()
  }

  /// Beside the test bundle, where the build has put it.
  private static func executable(_ name: String) throws -> URL {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<3 {
      let candidate = folder.appending(path: name)
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    throw Status(.notFound, "\(name) was not built")
  }

  /// A folder that is gone after `body`, with a path short enough for sockets in it: they have room for a hundred bytes.
  public static func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = URL(fileURLWithPath: "/tmp/ps-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    do { try await body(folder) } catch {
      try FileManager.default.removeItem(at: folder)
      throw error
    }
    try FileManager.default.removeItem(at: folder)
  }

  public var log: String {
    get throws { try String(contentsOf: logFile, encoding: .utf8) }
  }

  public var isRunning: Bool { process.isRunning }

  public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Asks politely, and at once for less.
  private func end() {
    guard process.isRunning else { return }
    send(SIGTERM)
    send(SIGTERM)
  }

  /// Waits for the end; the exit status, negative for a signal.
  public func status() async -> Int32 {
    await withCheckedContinuation { continuation in
      Thread { [process] in
        process.waitUntilExit()
        continuation.resume(
          returning: process.terminationReason == .exit
            ? process.terminationStatus : -process.terminationStatus)
      }.start()
    }
  }
}
