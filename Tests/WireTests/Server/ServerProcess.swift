import Foundation
import PorticoAPI
import RPC
import TestProcesses
import Testing

/// `interop serve` as a process of its own, so that its memory is its own.
final class ServerProcess: Sendable {
  let port: Int
  private let process: Process

  /// One for as long as `body` runs: warm at its start, and gone in order at its end.
  static func during<R>(
    descriptors: Int? = nil, _ body: (ServerProcess) async throws -> R
  ) async throws -> R {
    let server = try await onThread { try ServerProcess(descriptors: descriptors) }
    do {
      // What is made once is made before anything is measured.
      for _ in 0..<5 { try await server.expectService() }
      let result = try await body(server)
      server.terminate()
      let status = try await server.status()
      #expect(status == 0, "the server left with \(status)")
      return result
    } catch {
      server.process.interrupt()
      server.terminate()
      _ = try await server.status()
      throw error
    }
  }

  private init(descriptors: Int?) throws {
    process = Process()
    // The shell sets the limit and becomes the server.
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let limit = descriptors.map { "ulimit -n \($0); " } ?? ""
    process.arguments = ["-c", limit + "exec \"$0\" serve --port 0", try Self.executable().path]
    let output = Pipe.ofOneChild()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.start()
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first else {
        throw WireError.unexpected("interop serve printed no address")
      }
      line.append(byte)
    }
    let text = String(decoding: line.dropLast(), as: UTF8.self)
    guard let port = text.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw WireError.unexpected(text)
    }
    self.port = port
  }

  /// Beside the test bundle, where the build has put it.
  private static func executable() throws -> URL {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<3 {
      let candidate = folder.appendingPathComponent("interop")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    throw WireError.unexpected("interop was not built")
  }

  /// Resident bytes.
  var resident: Int {
    get throws { try ProcessMemory.resident(process.processIdentifier) }
  }

  /// Open descriptors.
  var descriptors: Int {
    get throws { try ProcessMemory.descriptors(process.processIdentifier) }
  }

  /// Seconds of processor time so far.
  var processorTime: Double {
    get throws { try ProcessMemory.processorTime(process.processIdentifier) }
  }

  /// Waits a while for connections to be closed.
  func descriptors(atMost limit: Int) async throws -> Int {
    for _ in 0..<300 {
      if try descriptors <= limit { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try descriptors
  }

  /// Waits a while for memory to come back.
  func resident(below limit: Int) async throws -> Int {
    for _ in 0..<300 {
      if try resident < limit { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    return try resident
  }

  /// An honest client is served.
  func expectService() async throws {
    let channel = try Channel("127.0.0.1:\(port)")
    let options = CallOptions(deadline: .after(.seconds(HangGuard.seconds)))
    let answer = try await NestingClient(channel).echo(.init(text: "x"), options)
    #expect(answer.text == "x")
    await channel.shutDown(grace: .zero)
  }

  func terminate() { process.terminate() }

  /// Waits for the end; the exit status, negative for a signal.
  func status() async throws -> Int32 {
    try await onThread { [process] in
      process.waitUntilExit()
      return process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus
    }
  }
}
