import Foundation
import Logging
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import portico

/// A PostgreSQL of a test's own with the databases of deploy/postgres, and a folder for keys and files.
struct PostgresInstallation {
  let cluster: PostgresCluster
  let data: URL
  let databases: ServiceDatabases

  static func during(_ body: (PostgresInstallation) async throws -> Void) async throws {
    let cluster = try await PostgresCluster(settings: ["fsync=off", "autovacuum=off"])
    let data = FileManager.default.temporaryDirectory
      .appending(path: "portico-postgres-\(RequestID.make())", directoryHint: .isDirectory)
    do {
      for role in [
        "CREATE ROLE portico_jobs", "CREATE ROLE portico_app LOGIN NOINHERIT",
        "GRANT portico_jobs TO portico_app",
      ] {
        try await cluster.run("psql", ["-d", "postgres", "-qc", role])
      }
      for service in Installation.services { _ = try await cluster.database(service) }
      let place =
        "@\(cluster.folder.replacingOccurrences(of: "/", with: "%2F")):\(cluster.port)/{service}"
      try await body(
        .init(
          cluster: cluster, data: data,
          databases: try ServiceDatabases(
            address: "postgres://portico_app\(place)", owner: "postgres://owner\(place)")))
    } catch {
      try await cluster.clear()
      throw error
    }
    try await cluster.clear()
    for folder in [data, URL(fileURLWithPath: data.path + ".loading")]
    where FileManager.default.fileExists(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder)
    }
  }
}

@Suite("The demo on PostgreSQL", .timeLimit(.minutes(5)))
struct DemoOnPostgresTests {
  private static let now = Instant(seconds: 1_795_003_200)
  private static let silent = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
  private static let origin = "http://{tenant}.localhost:8080"

  @Test(
    "a load that was cut off is made anew, a second one changes nothing, and somebody else's data is left alone"
  )
  func play() async throws {
    try await PostgresInstallation.during { place in
      try await Self.cutOff(place)
      #expect(try await !DemoData.isLoaded(in: place.data, place.databases))
      try await Self.load(place)
      #expect(try await DemoData.isLoaded(in: place.data, place.databases))
      let before = try await Self.tickets(place)
      #expect(before == 12)
      try await Self.load(place)
      #expect(try await Self.tickets(place) == before)

      let installation = try Installation(
        data: place.data, databases: place.databases, origin: Self.origin,
        clock: ManualClock(Self.now), logger: Self.silent)
      try await installation.running {
        let office = try Office(installation, at: Self.now)
        try await office.checkInvoices()
        await office.close()
      }
      // A folder that knows nothing of it finds the databases occupied.
      let other = place.data.appending(path: "other", directoryHint: .isDirectory)
      await #expect(throws: DemoError.self) {
        try await DemoData.load(into: other, place.databases, origin: Self.origin)
      }
      #expect(try await Self.tickets(place) == before)
    }
  }

  private static func load(_ place: PostgresInstallation) async throws {
    try await DemoData.load(
      into: place.data, place.databases, origin: origin, tickets: 12, now: now)
  }

  /// Ends in the midst of the year.
  private static func cutOff(_ place: PostgresInstallation) async throws {
    let load = Task { try await Self.load(place) }
    while try await tenants(place) == 0 { try await Task.sleep(for: .milliseconds(20)) }
    load.cancel()
    await #expect(throws: (any Error).self) { try await load.value }
  }

  private static func tenants(_ place: PostgresInstallation) async throws -> Int {
    try await place.number(
      "identity", "SELECT CASE WHEN to_regclass('tenants') IS NULL THEN 0 ELSE 1 END") == 0
      ? 0 : try await place.number("identity", "SELECT COUNT(*) FROM tenants")
  }

  private static func tickets(_ place: PostgresInstallation) async throws -> Int {
    try await place.number(
      "ticketing", "SELECT COUNT(*) FROM tickets WHERE tenant = '\(DemoTenant.id)'")
  }
}

extension PostgresInstallation {
  /// What the superuser is told.
  func number(_ database: String, _ query: String) async throws -> Int {
    let said = try await cluster.run("psql", ["-d", database, "-qAtc", query])
    return try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
  }
}
