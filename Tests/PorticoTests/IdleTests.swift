import BillingService
import Bootstrap
import CmsService
import Foundation
import IdentityService
import Logging
import MessagingService
import RPC
import Store
import Telemetry
import TestSupport
import Testing
import TicketingService
import Values

@testable import portico

@Suite("Services with nothing to do", .timeLimit(.minutes(3)))
struct IdleTests {
  private static let silent = Logger(label: "idle") { _ in SwiftLogNoOpLogHandler() }
  /// Longer than the pauses of relays, feeds, mails and resets.
  private static let window = Duration.seconds(4)

  @Test("on SQLite they write nothing, and still tell that their jobs look for work")
  func sqlite() async throws {
    let data = FileManager.default.temporaryDirectory
      .appending(path: "portico-idle-\(RequestID.make())", directoryHint: .isDirectory)
    defer { Self.remove(data) }
    try await Self.running(data) { writes, looks in
      let before = looks()
      try await Self.expectSilence {
        let files = try Installation.services.flatMap { service in
          try ["db", "db-wal"].map { try Self.state(of: data.appending(path: "\(service).\($0)")) }
        }
        return "\(writes()) write transactions, files \(files)"
      }
      while looks() == before { try await Task.sleep(for: .milliseconds(20)) }
    }
  }

  @Test("on PostgreSQL no transaction writes, between two reports of a process to the others")
  func postgres() async throws {
    try await PostgresInstallation.during { place in
      let telemetry = ProcessTelemetry()
      try await Stage.run { stage in
        func start<Service: HostedService>(_ service: Service.Type) async throws {
          let settings = ["portal.origin": "http://{tenant}.localhost", "report.seconds": "300"]
          try await stage.start(
            service, store: try place.databases.location(of: Service.name, in: place.data),
            settings: settings, telemetry: telemetry)
        }
        try await start(MessagingService.self)
        try await start(IdentityService.self)
        try await start(TicketingService.self)
        try await start(BillingService.self)
        try await start(CmsService.self)
        try await Self.expectSilence {
          let next = try await place.number(
            "postgres", "SELECT pg_snapshot_xmax(pg_current_snapshot())")
          return "\(Self.writes(telemetry)) write transactions, next is \(next)"
        }
      }
    }
  }

  private static func writes(_ telemetry: ProcessTelemetry) -> Double {
    sum("portico_store_transaction_seconds", "_count", .init("kind", "write"), telemetry)
  }

  private static func sum(
    _ name: String, _ suffix: String, _ label: MetricFamily.Label, _ telemetry: ProcessTelemetry
  ) -> Double {
    telemetry.metrics.families.filter { $0.name == name }.flatMap(\.samples)
      .filter { $0.suffix == suffix && $0.labels.contains(label) }
      .reduce(0) { $0 + $1.value }
  }

  /// - Parameter body: is given how many write transactions there were, and how often the queue of mails was looked at.
  private static func running(
    _ data: URL,
    _ body: (_ writes: () -> Double, _ looks: () -> Double) async throws -> Void
  ) async throws {
    let telemetry = ProcessTelemetry()
    let installation = try Installation(
      data: data, origin: "http://{tenant}.localhost", clock: SystemClock(),
      telemetry: telemetry, logger: silent)
    try await installation.running {
      try await body(
        { writes(telemetry) },
        { sum("portico_job_runs_total", "", .init("job_name", "mail-delivery"), telemetry) })
    }
  }

  /// What is measured stays the same for a whole window, once the start is over.
  private static func expectSilence(_ measure: () async throws -> String) async throws {
    var seen: [String] = []
    for _ in 0..<8 {
      let before = try await measure()
      try await Task.sleep(for: window)
      let after = try await measure()
      guard before != after else {
        // The start wrote: what counts, counts.
        return #expect(!after.hasPrefix("0 "))
      }
      seen.append("\(before) → \(after)")
    }
    Issue.record("it never was silent: \(seen.joined(separator: "; "))")
  }

  private static func state(of file: URL) throws -> String {
    guard FileManager.default.fileExists(atPath: file.path) else { return "-" }
    let facts = try FileManager.default.attributesOfItem(atPath: file.path)
    return "\(facts[.size] ?? 0) \(facts[.modificationDate] ?? 0)"
  }

  private static func remove(_ url: URL) {
    do { try FileManager.default.removeItem(at: url) } catch {
      Issue.record("\(url.path) stays behind: \(error)")
    }
  }
}
