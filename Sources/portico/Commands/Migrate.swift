import ArgumentParser
import BillingService
import Bootstrap
import CmsService
import Foundation
import IdentityService
import Logging
import MessagingService
import Telemetry
import TicketingService
import Values

/// Brings the databases of services up to date, before the services of a new version start.
struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring the services' databases to the schema of this version.",
    discussion: """
      portico migrate --database 'postgres://portico_owner@db/{service}?sslmode=verify-full'
      portico migrate --database 'sqlite:/var/lib/portico/{service}/{service}.db' ticketing

      {service} stands for each service's name. The address is the owner's, who may create tables; the services \
      themselves need no such right then (leave out database.owner). It may also come from \
      PORTICO_DATABASE_OWNER, which no list of processes shows. What is applied already is left alone, and a run \
      that was cut off goes on where it stopped. Several at once wait for each other.
      """)

  @Option(help: "Where the databases are; PORTICO_DATABASE_OWNER unless given.")
  var database: String?
  @Option(help: "Seconds to wait for a database that cannot be reached yet.") var wait = 0
  @Argument(help: "Services; all unless given.") var service: [String] = []

  /// Where each service keeps its schema.
  static let migrations: [String: URL] = [
    "identity": IdentityService.migrations, "ticketing": TicketingService.migrations,
    "messaging": MessagingService.migrations, "billing": BillingService.migrations,
    "cms": CmsService.migrations,
  ]

  func validate() throws {
    for name in service where Self.migrations[name] == nil {
      throw ValidationError(
        "\(name) is no service: \(Installation.services.joined(separator: ", "))")
    }
    guard (0...3600).contains(wait) else { throw ValidationError("--wait must be 0 to 3600") }
  }

  func run() async throws {
    let variable = ProcessInfo.processInfo.environment["PORTICO_DATABASE_OWNER"]
    guard let address = database ?? variable else {
      throw ValidationError("--database or PORTICO_DATABASE_OWNER must say where the databases are")
    }
    let deadline = ContinuousClock.now + .seconds(wait)
    for name in service.isEmpty ? Installation.services : service {
      let own = address.replacingOccurrences(of: "{service}", with: name)
      try await migrate(name, StoreLocation(Secret(own)), until: deadline)
    }
  }

  private func migrate(
    _ name: String, _ location: StoreLocation, until deadline: ContinuousClock.Instant
  ) async throws {
    let logger = Logger(label: "portico") {
      LineLogHandler(label: $0, format: .text, level: .warning)
    }
    while true {
      do {
        let applied = try await location.migrate(
          Self.migrations[name], clock: SystemClock(), logger: logger
        ) { Console.progress("\(name) migrations", $0, of: $1) }
        for migration in applied { Console.say("\(name): applied \(migration)") }
        if applied.isEmpty { Console.say("\(name): up to date") }
        return
      } catch let error where StoreLocation.mayComeBack(error) && ContinuousClock.now < deadline {
        Console.complain("\(name): \(error); trying again")
        try await Task.sleep(for: .seconds(1))
      }
    }
  }
}
