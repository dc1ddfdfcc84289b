import Access
import Foundation
import GRPCServices
import HTTP2
import PorticoAPI
import RPC
import TestProcesses
import TestSupport
import Testing
import WellKnown

/// `portico-billing` as a process of its own, on a socket in a folder of its own.
private struct BillingProcess {
  let program: RunningProgram
  var folder: URL { program.folder }

  /// One for as long as `body` runs.
  static func during(
    _ settings: [String] = [], in folder: URL, _ body: (BillingProcess) async throws -> Void
  ) async throws {
    _ = try Keyring.create(in: folder.appending(path: "keys"), for: Stage.services)
    let arguments = [
      "--listen", "unix:\(folder.path)/socket", "--database-url", "sqlite::memory:",
      "--keys-folder", folder.appending(path: "keys").path,
      "--blobs-folder", folder.appending(path: "blobs").path, "--reflection", "true",
      // Longer than any test: it is not the end of the grace that ends a call.
      "--drain-seconds", "600",
    ]
    try await RunningProgram.during("portico-billing", arguments + settings, in: folder) {
      try await body(BillingProcess(program: $0))
    }
  }

  func send(_ signal: Int32) { program.send(signal) }
  func status() async -> Int32 { await program.status() }

  func channel(_ tls: TLSConfiguration? = nil) throws -> RPC.Channel {
    var configuration = ChannelConfiguration(tls: tls)
    configuration.firstBackoff = .milliseconds(20)
    configuration.longestBackoff = .milliseconds(100)
    return try RPC.Channel("unix:\(folder.path)/socket", configuration)
  }

  /// Whether a new connection is served.
  func serves(_ tls: TLSConfiguration? = nil) async throws -> Bool {
    let channel = try channel(tls)
    let options = CallOptions(deadline: .after(.seconds(60)))
    do {
      let answer = try await HealthClient(channel).check(.init(), options)
      await channel.shutDown(grace: .zero)
      return answer.status == .serving
    } catch let status as Status where status.code == .unavailable {
      await channel.shutDown(grace: .zero)
      return false
    }
  }

  func untilItServes(_ tls: TLSConfiguration? = nil) async throws {
    while try await !serves(tls) { try await Task.sleep(for: .milliseconds(10)) }
  }

  func untilItRefuses() async throws {
    while try await serves() { try await Task.sleep(for: .milliseconds(10)) }
  }
}

@Suite("A service's process and its signals", .timeLimit(.minutes(3)))
struct SignalTests {
  private let question = GrpcReflection.ServerReflectionRequest(messageRequest: .listServices("*"))

  /// A call that runs for as long as `body` does.
  private func withCall(
    to process: BillingProcess,
    _ body: (
      RequestWriter<GrpcReflection.ServerReflectionRequest>,
      inout ResponseStream<GrpcReflection.ServerReflectionResponse>.AsyncIterator
    ) async throws -> Void
  ) async throws {
    let channel = try process.channel()
    let client = ServerReflectionClient(channel)
    do {
      try await client.serverReflectionInfo(CallOptions(waitsForReady: true)) { writer, responses in
        var answers = responses.makeAsyncIterator()
        try await writer.write(question)
        _ = try #require(try await answers.next())
        try await body(writer, &answers)
      }
    } catch {
      await channel.shutDown(grace: .zero)
      throw error
    }
    await channel.shutDown(grace: .zero)
  }

  @Test("R-032 SIGTERM lets a call that runs go on to its end, and the process leaves with 0")
  func drain() async throws {
    try await RunningProgram.withFolder { folder in
      try await BillingProcess.during(in: folder) { process in
        try await withCall(to: process) { writer, answers in
          process.send(SIGTERM)
          try await process.untilItRefuses()
          try await writer.write(question)
          let answer = try await answers.next()
          #expect(answer != nil)
          try await writer.finish()
          let end = try await answers.next()
          #expect(end == nil)
        }
        #expect(await process.status() == 0)
      }
    }
  }

  @Test("R-032 the second SIGTERM ends what still runs, and the process leaves with 0")
  func hurry() async throws {
    try await RunningProgram.withFolder { folder in
      try await BillingProcess.during(in: folder) { process in
        let status = await #expect(throws: Status.self) {
          try await withCall(to: process) { _, answers in
            process.send(SIGTERM)
            try await process.untilItRefuses()
            process.send(SIGTERM)
            while try await answers.next() != nil {}
          }
        }
        #expect([.unavailable, .cancelled].contains(status?.code))
        #expect(await process.status() == 0)
      }
    }
  }

  /// A certificate for this machine that is its own authority.
  private func makeCertificate(_ name: String, in folder: URL) async throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost",
      "-keyout", "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem",
    ]
    process.standardError = FileHandle.nullDevice
    try process.start()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try String(contentsOfFile: "\(folder.path)/\(name).pem", encoding: .utf8)
  }

  private func trusting(_ name: String, in folder: URL) -> TLSConfiguration {
    .client(
      trustRootsFile: "\(folder.path)/\(name).pem",
      certificateChainFile: "\(folder.path)/\(name).pem",
      privateKeyFile: "\(folder.path)/\(name).key")
  }

  @Test("R-037 SIGHUP puts renewed certificates to use, and what runs goes on")
  func reload() async throws {
    try await RunningProgram.withFolder { folder in
      let old = try await makeCertificate("old", in: folder)
      let new = try await makeCertificate("new", in: folder)
      try (old + new).write(toFile: "\(folder.path)/roots.pem", atomically: true, encoding: .utf8)
      func put(_ name: String) throws {
        for kind in ["key", "pem"] {
          let text = try String(contentsOfFile: "\(folder.path)/\(name).\(kind)", encoding: .utf8)
          try text.write(toFile: "\(folder.path)/tls.\(kind)", atomically: true, encoding: .utf8)
        }
      }
      try put("old")
      let settings = [
        "--tls-certificate", "\(folder.path)/tls.pem", "--tls-key", "\(folder.path)/tls.key",
        // Not by itself while this test runs.
        "--tls-roots", "\(folder.path)/roots.pem", "--tls-reload-seconds", "86400",
        "--tls-clients", "localhost",
      ]
      try await BillingProcess.during(settings, in: folder) { process in
        let (before, after) = (trusting("old", in: folder), trusting("new", in: folder))
        try await process.untilItServes(before)
        let open = try process.channel(before)
        _ = try await HealthClient(open).check(.init())
        try put("new")
        #expect(try await !process.serves(after))
        process.send(SIGHUP)
        try await process.untilItServes(after)
        #expect(try await !process.serves(before))
        let answer = try await HealthClient(open).check(.init())
        #expect(answer.status == .serving)
        await open.shutDown(grace: .zero)
        process.send(SIGTERM)
        #expect(await process.status() == 0)
      }
    }
  }
}
