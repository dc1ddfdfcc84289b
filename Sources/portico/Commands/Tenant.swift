import Access
import ArgumentParser
import Bootstrap
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

      Works on a data folder (and the databases of --database, as of `portico up`) that no `portico up` is using, or on services that run: where they are comes from \
      PORTICO_PEERS (identity=dns:///identity:7000,messaging=…), the certificate to show from PORTICO_TLS_CERTIFICATE, \
      PORTICO_TLS_KEY and PORTICO_TLS_ROOTS, and the keys from the data folder. The link is good for 24 hours; it is \
      mailed as well once a mail server is configured.
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
  @Option(
    help: "Where the databases are, as of `portico up`; SQLite in the data folder unless given.")
  var database: String?
  @Option(
    help: "Where portals are reached, {tenant} for the tenant; PORTICO_PORTAL_ORIGIN unless given.")
  var origin: String?

  func run() async throws {
    let logger = Logger(label: "portico") {
      LineLogHandler(label: $0, format: .text, level: .warning)
    }
    let settings = try await Settings(arguments: [])
    let origin = try self.origin ?? settings.portalOriginPattern
    let token =
      try settings.string("peers") == nil
      ? try await openHere(origin, logger) : try await openThere(settings, logger)
    Console.say(
      "The portal of \(name) is open. Its administrator sets a password here, within 24 hours:")
    Console.say(
      origin.replacingOccurrences(of: "{tenant}", with: tenant) + "/welcome?token=\(token)")
  }

  /// With services that run, as the operator.
  private func openThere(_ settings: Settings, _ logger: Logger) async throws -> String {
    let keys = try Installation.keys(in: URL(fileURLWithPath: data, isDirectory: true))
    let peers = Peers(
      try HostConfiguration.peers(settings), identity: nil,
      configuration: try HostConfiguration.channel(settings), logger: logger)
    do {
      let callers = ["identity", "messaging"].map { ($0, peers.caller($0)) }
      let token = try await open(over: Dictionary(uniqueKeysWithValues: callers), keys)
      await peers.shutDown(grace: .zero)
      return token
    } catch {
      await peers.shutDown(grace: .zero)
      throw error
    }
  }

  /// With services that run for this command alone.
  private func openHere(_ origin: String, _ logger: Logger) async throws -> String {
    let installation = try Installation(
      data: URL(fileURLWithPath: data, isDirectory: true),
      databases: try ServiceDatabases.told(database), origin: origin, clock: SystemClock(),
      logger: logger)
    return try await installation.running {
      let channels = try installation.peers.mapValues { try RPC.Channel($0, logger: logger) }
      do {
        let token = try await open(over: channels, installation.keys)
        for channel in channels.values { await channel.shutDown(grace: .zero) }
        return token
      } catch {
        for channel in channels.values { await channel.shutDown(grace: .zero) }
        throw error
      }
    }
  }

  /// The token of the administrator's link.
  private func open(
    over channels: [String: any Caller], _ keys: Keyring
  ) async throws -> String {
    let clock = SystemClock()
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
    return try await Postmaster(keys: keys, clock: clock, messaging: messaging)
      .link(mailedTo: email, in: TenantID(tenant))
  }
}
