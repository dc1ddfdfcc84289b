import Bootstrap
import Foundation
import Logging
import RPC
import Telemetry
import Values

/// The demo tenant on disk. It is played through the public RPCs into a folder of its own and moved
/// into place when it is complete: a start that was cut short leaves nothing half made.
enum DemoData {
  private static let marker = "demo.json"

  static func isLoaded(in data: URL) -> Bool {
    FileManager.default.fileExists(atPath: data.appending(path: marker).path)
  }

  /// - Parameter tickets: how many; fewer for a quick look.
  static func load(
    into data: URL, origin: String, tickets: Int = 200, now: Instant = SystemClock().now
  ) async throws {
    guard !isLoaded(in: data) else { return }
    let files = FileManager.default
    if files.fileExists(atPath: data.appending(path: "identity.db").path) {
      throw DemoError.occupied(data.path)
    }
    let folder = URL(fileURLWithPath: data.standardizedFileURL.path + ".loading")
    if files.fileExists(atPath: folder.path) { try files.removeItem(at: folder) }
    let clock = ManualClock(now - .days(366))
    // Calls that were under way when the clock moved are refused and made again: no news to anybody.
    let logger = Logger(label: "demo") { LineLogHandler(label: $0, format: .text, level: .error) }
    let installation = try Installation(data: folder, origin: origin, clock: clock, logger: logger)
    Console.complain("Loading the demo tenant, a year of it")
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
    try settle(folder, into: data)
  }

  private static func settle(_ folder: URL, into data: URL) throws {
    let files = FileManager.default
    try files.createDirectory(
      at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for file in try files.contentsOfDirectory(atPath: folder.path) {
      let target = data.appending(path: file)
      if files.fileExists(atPath: target.path) { try files.removeItem(at: target) }
      try files.moveItem(at: folder.appending(path: file), to: target)
    }
    try files.removeItem(at: folder)
    try Data(#"{"tenant": "\#(DemoTenant.id)"}"#.utf8).write(to: data.appending(path: marker))
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
