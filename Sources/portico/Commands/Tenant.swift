import Access
import ArgumentParser
import Foundation
import Logging
import PorticoAPI
import RPC
import Telemetry
import Values

/// Opens a portal for a provider, and prints the link with which its first administrator sets a password.
struct Tenant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open a portal for a provider, with its first administrator.",
    discussion: """
      portico tenant acme --name 'Acme IT' --first-name Ada --last-name Byron --email ada@acme.example

      Works on a data folder that no `portico up` is using. The link is good for 24 hours; it is mailed as \
      well once a mail server is configured.
      """)

  @Argument(help: "First label of the portal's host: 3 to 40 of a-z, 0-9 and hyphen.")
  var tenant: String
  @Option(help: "The provider's name.") var name: String
  @Option(help: "The administrator's first name.") var firstName: String
  @Option(help: "The administrator's last name.") var lastName = ""
  @Option(help: "The administrator's e-mail address, which is the user name unless one is given.")
  var email: String
  @Option(help: "The administrator's user name.") var userName: String?
  @Option(help: "IANA time zone.") var timeZone = "UTC"
  @Option(help: "ISO 4217 currency.") var currency = "EUR"
  @Option(help: "Folder for keys, databases and files.") var data = "data"
  @Option(help: "Where portals are reached; {tenant} stands for the tenant's name.")
  var origin = "http://{tenant}.localhost:8080"

  func run() async throws {
    let logger = Logger(label: "portico") {
      LineLogHandler(label: $0, format: .text, level: .warning)
    }
    let clock = SystemClock()
    let installation = try Installation(
      data: URL(fileURLWithPath: data, isDirectory: true), origin: origin, clock: clock,
      logger: logger)
    let link = try await installation.running {
      let channels = try installation.peers.mapValues { try RPC.Channel($0, logger: logger) }
      do {
        let link = try await open(over: channels, installation.keys, clock)
        for channel in channels.values { await channel.shutDown(grace: .zero) }
        return link
      } catch {
        for channel in channels.values { await channel.shutDown(grace: .zero) }
        throw error
      }
    }
    Console.say(
      "The portal of \(name) is open. Its administrator sets a password here, within 24 hours:")
    Console.say(link)
  }

  private func open(
    over channels: [String: RPC.Channel], _ keys: Keyring, _ clock: any WallClock
  ) async throws -> String {
    guard let identity = channels["identity"], let messaging = channels["messaging"] else {
      throw Status(.unavailable, "identity and messaging are not there")
    }
    let signing = IdentityPropagation(try keys.serviceIdentity("operator", clock: clock))
    _ = try await TenantsClient(InterceptedCaller(identity, [signing])).createTenant(
      .init(
        tenantID: tenant,
        tenant: .init(displayName: name, timeZone: timeZone, currency: currency),
        administrator: .init(
          userName: userName ?? email, email: email, firstName: firstName, lastName: lastName),
        requestID: "tenant-\(tenant)"), CallOptions().asService(in: TenantID(tenant)))
    let token = try await Postmaster(keys: keys, clock: clock, messaging: messaging)
      .link(mailedTo: email, in: TenantID(tenant))
    return origin.replacingOccurrences(of: "{tenant}", with: tenant) + "/welcome?token=\(token)"
  }
}
