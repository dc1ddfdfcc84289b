import ArgumentParser
import Bootstrap
import Foundation
import Gateway
import Logging
import RPC
import Telemetry
import Values

/// Runs the gateway and the five services in this process, on SQLite or PostgreSQL.
struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run everything in one process.",
    discussion: """
      portico up --demo
      PORTICO_DATABASE_OWNER='postgres://portico_owner@localhost/{service}' \
      portico up --demo --database 'postgres://portico_app@localhost/{service}'

      The gateway listens on loopback unless --host says otherwise; the services talk over local \
      sockets. Ctrl-C or SIGTERM lets running requests finish and ends the process.
      """)

  @Option(help: "Folder for keys, databases and files.") var data = "data"
  @Option(
    help: """
      Where the databases are, {service} for each service's name: postgres://portico_app@db/{service}. \
      PORTICO_DATABASE_URL unless given; SQLite in the data folder without either. PORTICO_DATABASE_OWNER says how \
      their owner connects, who brings them up to date; without it `portico migrate` does.
      """)
  var database: String?
  @Option(help: "Address that browsers reach.") var host = "127.0.0.1"
  @Option(help: "Port that browsers reach; 0 picks a free one.") var port = 8080
  @Option(help: "Domain below which portals live, one label each.") var domain = "localhost"
  @Option(help: "Tenant whose portal the bare domain shows.") var tenant: String?
  @Option(help: "PEM file of the certificate chain; makes the port speak TLS.")
  var certificate: String?
  @Option(help: "PEM file of the certificate's key.") var key: String?
  @Option(help: "Rates of requests that differ from the standard, as in the setting `rates`.")
  var rates: String?
  @Option(help: "Sites whose pages may call the API, as in the setting `api.origins`.")
  var apiOrigins: String?
  @Option(
    help:
      "Address and port of /metrics, /healthz and /readyz, for the inside only; none unless given.")
  var `internal`: String?
  @Option(help: "OTLP collector that spans go to, as in the setting `tracing.endpoint`.")
  var tracingEndpoint: String?
  @Option(help: "How many requests are traced, as in the setting `tracing.sample`.")
  var tracingSample: String?
  @Flag(help: "Load the demo tenant when the data folder has none.") var demo = false
  @Flag(help: "Print one line of JSON once it serves, for programs.") var printJson = false
  @Flag(help: "Log every call.") var verbose = false

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key go together")
    }
    guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
  }

  func run() async throws {
    let port = port == 0 ? try FreePort.find() : port
    let folder = URL(fileURLWithPath: data, isDirectory: true)
    let scheme = certificate == nil ? "http" : "https"
    let origin = "\(scheme)://{tenant}.\(domain):\(port)"
    let logger = Logger(label: "portico") { [verbose] in
      LineLogHandler(
        label: $0, format: isatty(2) == 1 ? .text : .json, level: verbose ? .info : .notice)
    }
    let databases = try ServiceDatabases.told(database)
    if demo { try await DemoData.load(into: folder, databases, origin: origin) }
    let seen = Settings(observing)
    let telemetry = try ProcessTelemetry(seen)
    let installation = try Installation(
      data: folder, databases: databases, origin: origin, clock: SystemClock(),
      telemetry: telemetry, logger: logger)
    let isDemo = try await DemoData.isLoaded(in: folder, databases)
    let gateway = GatewayHost(
      try edge(installation, port: port, isDemo: isDemo), peers: installation.peers,
      keys: installation.keys, telemetry: telemetry, logger: logger)
    let announcement = Announcement(
      base: "\(scheme)://\(domain):\(port)", origin: origin, isDemo: isDemo, asJSON: printJson)
    let parts: [any ProcessPart] = try installation.hosts() + [gateway, announcement]
    try await ServiceProcess.run(
      telemetry.parts(seen, logger: logger) + parts, telemetry: telemetry, logger: logger)
  }

  /// The settings of what the process shows of itself.
  private var observing: [String: String] {
    var settings: [String: String] = [:]
    settings["internal.listen"] = self.internal
    settings["tracing.endpoint"] = tracingEndpoint
    settings["tracing.sample"] = tracingSample
    return settings
  }

  private func edge(_ installation: Installation, port: Int, isDemo: Bool) throws
    -> GatewayConfiguration
  {
    var settings = [
      "listen": "\(host):\(port)", "domain": domain, "public.port": "\(port)",
    ]
    settings["tenant"] = tenant ?? (isDemo ? DemoTenant.id : nil)
    settings["edge.certificate"] = certificate
    settings["edge.key"] = key
    settings["rates"] = rates
    settings["api.origins"] = apiOrigins
    // One process is one house: who owns the bare domain runs it.
    settings["operation.tenants"] = settings["tenant"]
    return try GatewayConfiguration(Settings(settings), keys: installation.keys)
  }
}

/// Tells where the portal is, last of all parts: when it starts, everything serves.
private struct Announcement: ProcessPart {
  let name = "announcement"
  let base: String
  let origin: String
  let isDemo: Bool
  let asJSON: Bool

  func start() async throws {
    if asJSON { try sayJSON() } else { sayText() }
  }

  func stop() async {}

  private func url(of tenant: String) -> String {
    origin.replacingOccurrences(of: "{tenant}", with: tenant)
  }

  private func sayText() {
    Console.say("Portico is running at \(isDemo ? url(of: DemoTenant.id) : base)")
    guard isDemo else {
      Console.say("Portals are at \(url(of: "TENANT")); open one with: portico tenant")
      return
    }
    Console.say("")
    Console.say("Demo logins, all with the password \(DemoTenant.password):")
    for login in DemoData.logins {
      let portal = login.tenant == DemoTenant.id ? "" : "  at \(url(of: login.tenant))"
      Console.say(
        "  \(login.userName.padding(toLength: 30, withPad: " ", startingAt: 0))\(login.role)\(portal)"
      )
    }
    Console.say("")
    Console.say("Mail is kept and shown to administrators at \(url(of: DemoTenant.id))/mail")
  }

  private struct Facts: Encodable {
    struct Login: Encodable {
      let role: String
      let tenant: String
      let user: String
      let password: String
    }
    let url: String
    let portal: String
    let mail: String
    let logins: [Login]
    let pid: Int32
  }

  private func sayJSON() throws {
    let facts = Facts(
      url: isDemo ? url(of: DemoTenant.id) : base, portal: origin,
      mail: isDemo ? "\(url(of: DemoTenant.id))/mail" : "",
      logins: isDemo
        ? DemoData.logins.map {
          .init(
            role: $0.role, tenant: $0.tenant, user: $0.userName, password: DemoTenant.password)
        } : [], pid: ProcessInfo.processInfo.processIdentifier)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Console.say(String(decoding: try encoder.encode(facts), as: UTF8.self))
  }
}
