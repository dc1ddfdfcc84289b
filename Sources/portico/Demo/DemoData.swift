import Bootstrap
import Foundation
import Logging
import RPC
import Telemetry
import Values

/// The demo tenant, kept. It is played through the public RPCs into a folder of its own and moved
/// into place when it is complete: a start that was cut short leaves nothing half made. Of databases that are not in the
/// folder `DemoDatabases` takes care.
enum DemoData {
  private static let marker = "demo.json"

  static func isLoaded(in data: URL, _ databases: ServiceDatabases = .files) async throws -> Bool {
    guard FileManager.default.fileExists(atPath: data.appending(path: marker).path) else {
      return false
    }
    guard let others = DemoDatabases(databases, logger: logger) else { return true }
    return try await others.hold(TenantID(DemoTenant.id))
  }

  // Calls that were under way when the clock moved are refused and made again: no news to anybody.
  private static let logger = Logger(label: "demo") {
    LineLogHandler(label: $0, format: .text, level: .error)
  }

  /// - Parameter tickets: how many; fewer for a quick look.
  static func load(
    into data: URL, _ databases: ServiceDatabases = .files, origin: String, tickets: Int = 200,
    now: Instant = SystemClock().now
  ) async throws {
    guard try await !isLoaded(in: data, databases) else { return }
    let files = FileManager.default
    if files.fileExists(atPath: data.appending(path: "identity.db").path) {
      throw DemoError.occupied(data.path)
    }
    let folder = URL(fileURLWithPath: data.standardizedFileURL.path + ".loading")
    let others = DemoDatabases(databases, logger: logger)
    try await others?.prepare(for: folder)
    if files.fileExists(atPath: folder.path) { try files.removeItem(at: folder) }
    let clock = ManualClock(now - .days(366))
    let installation = try Installation(
      data: folder, databases: databases, origin: origin, clock: clock, logger: logger)
    try others?.markLoad(in: folder)
    Console.complain("Loading the demo tenant, a year of it")
    try await play(installation, on: clock, tickets: tickets, now: now)
    try settle(folder, into: data)
  }

  private static func play(
    _ installation: Installation, on clock: ManualClock, tickets: Int, now: Instant
  ) async throws {
    try await installation.running {
      let stage = try DemoStage(installation, clock: clock, now: now)
      do {
        try await DemoYear(stage: stage, tickets: tickets).play()
        try await stage.waitForMail()
        await stage.close()
      } catch {
        await stage.close()
        throw error
      }
    }
  }

  private static func settle(_ folder: URL, into data: URL) throws {
    let files = FileManager.default
    try files.createDirectory(
      at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for file in try files.contentsOfDirectory(atPath: folder.path)
    where file != DemoDatabases.mark {
      let target = data.appending(path: file)
      if files.fileExists(atPath: target.path) { try files.removeItem(at: target) }
      try files.moveItem(at: folder.appending(path: file), to: target)
    }
    try Data(#"{"tenant": "\#(DemoTenant.id)"}"#.utf8).write(to: data.appending(path: marker))
    // The mark of a load that is not complete goes last.
    try files.removeItem(at: folder)
  }

  struct Login: Sendable, Hashable {
    var role: String
    var tenant: String
    var userName: String
  }

  /// One login for each kind of person, the second tenant's last.
  static let logins: [Login] = {
    func staff(_ person: DemoTenant.Staff, _ role: String, _ tenant: String = DemoTenant.id)
      -> Login
    {
      Login(role: role, tenant: tenant, userName: person.id)
    }
    func customer(
      _ id: String, of customer: DemoTenant.Customer, _ role: String,
      _ tenant: String = DemoTenant.id
    ) -> Login {
      Login(role: role, tenant: tenant, userName: "\(id)@\(customer.domain)")
    }
    let team = DemoTenant.staff
    return [
      staff(team[0], "Administrator"), staff(team[1], "Technician"),
      staff(team[4], "Billing clerk"), staff(team[5], "Content editor"),
      customer("ciara", of: DemoTenant.larkspur, "External Manager"),
      customer("ruth", of: DemoTenant.larkspur, "External User"),
      customer("paul", of: DemoTenant.larkspur, "External User, another site"),
      customer("nora", of: DemoTenant.tideline, "External Manager, another account"),
      staff(DemoTenant.Other.administrator, "Administrator", DemoTenant.Other.id),
      customer(
        "mina", of: DemoTenant.Other.customer, "External Manager", DemoTenant.Other.id),
    ]
  }()
}

enum DemoError: Error, CustomStringConvertible {
  case occupied(String)
  case mailWaits(Int)

  var description: String {
    switch self {
    case .occupied(let folder):
      "\(folder) holds data already; the demo needs a folder of its own (--data)"
    case .mailWaits(let count): "\(count) mails were not handed over in time"
    }
  }
}
