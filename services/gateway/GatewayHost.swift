import Access
import Bootstrap
import Crypto
import Foundation
import HTTP2
import Logging
import RPC
import Synchronization
import Values

/// The gateway as a part of a process: of its own (`portico-gateway`), or beside the services (`portico up`).
public final class GatewayHost: ProcessPart {
  public let name = "gateway"
  private let configuration: GatewayConfiguration
  private let peers: Peers
  private let keys: Keyring
  private let clock: any WallClock
  private let logger: Logger
  private let telemetry: ProcessTelemetry
  private let server = Mutex<GatewayServer?>(nil)
  /// What was added to the telemetry of the process.
  private let watching = Mutex<(metrics: Int, checks: [Int])?>(nil)

  /// The services that methods may belong to.
  private static let services = ["identity", "ticketing", "messaging", "billing", "cms"]

  /// - Parameter peers: where the services are: `["identity": "unix:/run/identity.sock"]`.
  public init(
    _ configuration: GatewayConfiguration, peers: [String: String], keys: Keyring,
    channel: ChannelConfiguration = .betweenServices(), clock: any WallClock = SystemClock(),
    telemetry: ProcessTelemetry = ProcessTelemetry(), logger: Logger
  ) {
    self.telemetry = telemetry
    self.configuration = configuration
    // Identity and gate stand in the server, once for all services.
    self.peers = Peers(
      peers, identity: nil, configuration: channel,
      recorder: telemetry.tracer?.recorder(of: "gateway"), logger: logger)
    self.keys = keys
    self.clock = clock
    self.logger = logger
  }

  /// Reads the settings of a process of its own: those of `GatewayConfiguration`, and `peers`, `keys.folder`,
  /// `keepalive.seconds` and the `tls.*` of the connections to the services as `HostConfiguration` has them.
  public convenience init(
    _ settings: Settings, telemetry: ProcessTelemetry = ProcessTelemetry(), logger: Logger
  ) throws {
    let keys = try HostConfiguration.keys(settings)
    self.init(
      try GatewayConfiguration(settings, keys: keys), peers: try HostConfiguration.peers(settings),
      keys: keys, channel: try HostConfiguration.channel(settings), telemetry: telemetry,
      logger: logger)
  }

  /// Its calls to the services.
  public var metrics: CallMetrics { peers.metrics }

  /// The port that it listens on, once started.
  public var port: Int? { server.withLock { $0?.port } }

  public func start() async throws {
    let callers = Self.services.map { ($0, peers.directCaller($0)) }
    let started = try await GatewayServer.start(
      configuration, backends: Backends(Dictionary(uniqueKeysWithValues: callers)),
      identity: try keys.serviceIdentity("gateway", clock: clock),
      verifier: keys.verifier(for: "gateway", clock: clock), clock: clock, log: logger,
      tracer: telemetry.tracer, servers: { [peers] in await peers.servers(of: $0) })
    server.withLock { $0 = started }
    watch(started)
  }

  /// Shows the figures and the dependencies of this gateway among those of the process. Without identity nobody is
  /// signed in, and nothing else works.
  private func watch(_ started: GatewayServer) {
    let peers = peers
    let metrics = telemetry.metrics.add([.init("service", name)]) {
      started.families + peers.metrics.families + peers.counters.families([.init("side", "client")])
    }
    let checks = Self.services.map { service in
      telemetry.readiness.add(
        "gateway/peers/\(service)", isNeeded: service == Verifier.identity, isRemote: true
      ) { await peers.reason(against: service) }
    }
    watching.withLock { $0 = (metrics, checks) }
  }

  private func unwatch() {
    let watched = watching.withLock { watching in
      defer { watching = nil }
      return watching
    }
    guard let watched else { return }
    telemetry.metrics.remove(watched.metrics)
    for check in watched.checks { telemetry.readiness.remove(check) }
  }

  public func reload() async throws {
    try server.withLock { $0 }?.reloadCertificate()
    try peers.reloadCertificates()
  }

  public func stop() async {
    let running = server.withLock { server in
      defer { server = nil }
      return server
    }
    unwatch()
    await running?.stop()
    await peers.shutDown(grace: configuration.drainGrace)
  }
}

extension GatewayConfiguration {
  /// Reads the settings of the gateway.
  ///
  ///     listen              127.0.0.1:8080
  ///     domain              localhost: where portals live, one label below
  ///     tenant              whose portal the bare domain shows
  ///     public.scheme       http or https, and public.port: how browsers reach us, for links in mails
  ///     edge.certificate, edge.key      PEM files for TLS on the port itself
  ///     proxies             addresses and ranges (10.0.0.0/8,fd00::/8) of proxies whose X-Forwarded-* are believed
  ///     rates               what differs from the standard: read.identity=800/400,login.address=none; none lifts all
  ///     limits.connections-per-address  256, of an IPv4 address or IPv6 /64; one more is closed
  ///     limits.streams-per-identity     64 answers that go on, of one user or address; one more gets 429
  ///     live.streams        6 streams of events of one session; one more ends the oldest
  ///     secret              at least 32 bytes, base64url; derived from the gateway's private key when not set
  ///     operation.tenants   whose staff may see how the installation is doing: acme,other; nobody when not set
  ///     api.*               the JSON API, as `APIOptions` has them
  ///     drain.seconds       8
  public init(_ settings: Settings, keys: Keyring) throws {
    guard
      case .tcp(let host, let port) = try HostConfiguration.address(
        settings.string("listen", default: "127.0.0.1:8080"))
    else { throw SettingError.invalid("listen", "must be host:port") }
    let publicPort = try settings.int("public.port", default: port, in: 1...65535)
    let tls = try Self.tls(settings)
    let scheme: Scheme = try settings.choice("public.scheme", default: tls == nil ? .http : .https)
    self.init(
      host: host, port: port, baseDomain: try settings.string("domain", default: "localhost"),
      defaultTenant: try settings.string("tenant").map { TenantID($0) },
      publicScheme: scheme.rawValue,
      publicPort: publicPort == scheme.port ? nil : publicPort, tls: tls,
      secret: try Self.secret(settings, keys),
      trustedProxies: try Self.ranges(settings, "proxies"),
      rates: try Self.rates(settings), allowance: try ClientAllowance(settings),
      operationTenants: Set(
        try settings.string("operation.tenants", default: "").split(separator: ",")
          .map { TenantID(String($0.trimmed)) }),
      api: try APIOptions(settings),
      drainGrace: .seconds(try settings.int("drain.seconds", default: 8, in: 0...600)))
  }

  private static func ranges(_ settings: Settings, _ key: String) throws -> [AddressRange] {
    try settings.string(key, default: "").split(separator: ",").map { part in
      guard let range = AddressRange(String(part.trimmed)) else {
        throw SettingError.invalid(key, "must be addresses and ranges, `10.0.0.0/8,fd00::/8`")
      }
      return range
    }
  }

  private static func rates(_ settings: Settings) throws -> RateTable {
    let changes = try settings.string("rates", default: "")
    do { return try RateTable(changes: changes) } catch {
      throw SettingError.invalid("rates", error.reason)
    }
  }

  private enum Scheme: String, CaseIterable {
    case http, https
    var port: Int { self == .http ? 80 : 443 }
  }

  private static func tls(_ settings: Settings) throws -> TLSConfiguration? {
    switch (try settings.string("edge.certificate"), try settings.string("edge.key")) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      return .server(certificateChainFile: certificate, privateKeyFile: key)
    default: throw SettingError.invalid("edge", "needs edge.certificate and edge.key together")
    }
  }

  private static func secret(_ settings: Settings, _ keys: Keyring) throws -> Secret<[UInt8]> {
    guard let text = try settings.secret("secret") else {
      return Secret(try keys.derivedSecret("portico gateway cookies", of: "gateway"))
    }
    guard let bytes = Base64URL.decode(text.reveal()), bytes.count >= 32 else {
      throw SettingError.invalid("secret", "must be at least 32 bytes in base64url")
    }
    return Secret(bytes)
  }
}

extension ClientAllowance {
  init(_ settings: Settings) throws {
    self.init()
    func count(_ key: String, _ standard: Int) throws -> Int {
      try settings.int(key, default: standard, in: 1...1_000_000)
    }
    connectionsPerAddress = try count("limits.connections-per-address", connectionsPerAddress)
    streamsPerIdentity = try count("limits.streams-per-identity", streamsPerIdentity)
    eventStreamsPerSession = try count("live.streams", eventStreamsPerSession)
  }
}
