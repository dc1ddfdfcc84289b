import Access
import Bootstrap
import Logging
import NIOCore
import NIOPosix
import PorticoAPI
import Protobuf
import RPC
import Synchronization
import Telemetry
import Values
import WellKnown

/// A running gateway. For `portico-gateway` and for `portico up`, which runs it beside the services.
public final class GatewayServer: Sendable {
  private let listener: Listener
  private let readiness: Readiness
  private let grace: Duration
  private let live: LiveHub
  let edge: Edge

  /// The port that it listens on.
  public var port: Int { listener.port }

  /// Whether new connections are taken.
  var isListening: Bool { listener.isListening }

  private init(
    _ listener: Listener, _ readiness: Readiness, _ live: LiveHub, _ edge: Edge, grace: Duration
  ) {
    self.edge = edge
    self.live = live
    self.listener = listener
    self.readiness = readiness
    self.grace = grace
  }

  /// Reads assets, checks every route, and listens.
  ///
  /// - Parameters:
  ///   - backends: a caller for each service.
  ///   - identity: this process as `gateway`, for asking identity about sessions.
  ///   - verifier: checks the principal tokens that identity signs, before any call leaves.
  ///   - servers: what the connections to a service tell, for the operator's page.
  public static func start(
    _ configuration: GatewayConfiguration, backends: Backends, identity: ServiceIdentity,
    verifier: Verifier, clock: any WallClock = SystemClock(), log: Logger,
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, tracer: Tracer? = nil,
    servers: @escaping ServerView = { _ in [] }
  ) async throws -> GatewayServer {
    try await start(
      configuration, pages: .portal, limits: EdgeLimits(configuration.allowance),
      backends: backends, identity: identity,
      verifier: verifier, clock: clock, log: log, group: group, tracer: tracer, servers: servers)
  }

  static func start(
    _ configuration: GatewayConfiguration, pages: PageTable, limits: EdgeLimits,
    backends: Backends, identity: ServiceIdentity, verifier: Verifier, clock: any WallClock,
    log: Logger, group: any EventLoopGroup, tracer: Tracer? = nil,
    servers: @escaping ServerView = { _ in [] }
  ) async throws -> GatewayServer {
    let secret = configuration.secret.reveal()
    guard secret.count >= 32 else { throw GatewayError.weakSecret }
    let gated = SilentServices(Self.gated(backends, identity, verifier, tracer), backends)
    let assets = try StaticAssets.bundled()
    let sessions = SessionDirectory(gated, verifier, clock: clock)
    let readiness = Readiness(backends)
    let live = LiveHub(
      Methods.all, caller: gated, sessions: sessions,
      limits: .init(perSession: limits.eventStreamsPerSession), log: log)
    let pageServing = try PageServing(
      pages, live: live,
      operation: OperationDesk(
        Methods.all, caller: gated, tenants: configuration.operationTenants, servers: servers),
      secret: secret, assets: assets, sessions: sessions, patience: limits.partTime,
      clock: clock, log: log)
    let served = Methods.all.filter { backends[$0.owner] != nil }
    let methods = MethodTable(served)
    let inflation = Inflation(
      bytesInAll: limits.inflatedBytes, maximumRatio: limits.inflationRatio)
    let json = try JSONGateway(
      served, types: Self.types, limits: limits, options: configuration.api)
    let cors = CORS(origins: configuration.api.origins)
    var protection = pageServing.protection
    protection.sharing = cors
    let edge = Edge(
      limits: limits, configuration: configuration, readiness: readiness, assets: assets,
      door: door(
        configuration, limits, gated, sessions, protection, clock,
        cores: group.makeIterator().reduce(0) { count, _ in count + 1 }),
      flood: try Flood(
        pages: pages, types: Self.types,
        isTLS: configuration.tls != nil || configuration.publicScheme == "https", log: log),
      surfaces: [
        LiveSurface(hub: live, types: Self.types),
        APIDocument(types: Self.types),
        SharedSurface(base: json, cors: cors) { json.verbs(of: $0) },
        SharedSurface(
          base: GRPCWebSurface(
            methods: methods, types: Self.types, limits: limits, inflation: inflation),
          cors: cors
        ) { methods.covers($0) ? ["GET", "POST"] : [] },
        SharedSurface(
          base: ConnectSurface(
            methods: methods, types: Self.types, limits: limits, inflation: inflation),
          cors: cors
        ) { _ in [] },
        pageServing,
      ],
      types: Self.types, clock: clock, log: log, figures: EdgeFigures(),
      tracing: tracer.map { EdgeTracing($0) })
    let listener = try await Listener.start(
      host: configuration.host, port: configuration.port,
      tls: try configuration.tls.map { try TLSListener($0, log: log) }, edge: edge, group: group,
      log: log)
    live.start()
    return GatewayServer(listener, readiness, live, edge, grace: configuration.drainGrace)
  }

  private static func door(
    _ configuration: GatewayConfiguration, _ limits: EdgeLimits, _ gated: any Caller,
    _ sessions: SessionDirectory, _ protection: Protection, _ clock: any WallClock, cores: Int
  ) -> Door {
    let admission = Admission(limits.admission(cores: cores))
    return Door(
      portals: PortalDirectory(gated, configuration, patience: limits.portalTime, clock: clock),
      sessions: sessions, protection: protection, rates: RateLimiter(configuration.rates),
      admission: admission,
      signIns: Admission(limits.signInAdmission, refusals: admission.refusals),
      streams: OpenStreams(most: limits.streams, mostEach: limits.streamsPerIdentity),
      backends: gated)
  }

  /// The services as the signed-in user may call them: one gate for all, and a span for each call where spans are recorded.
  private static func gated(
    _ backends: Backends, _ identity: ServiceIdentity, _ verifier: Verifier, _ tracer: Tracer?
  ) -> InterceptedCaller {
    InterceptedCaller(
      backends,
      [IdentityPropagation(identity), ClientGate(service: "gateway", verifier)]
        + (tracer.map { [ClientTracing($0.recorder(of: "gateway"))] } ?? []))
  }

  /// What this gateway counts.
  var families: [MetricFamily] {
    let (door, load) = (edge.door, edge.door.admission.load)
    return edge.figures.families + [
      .gauge(
        "portico_http_connections", Double(listener.connectionCount), help: "Connections open."),
      .gauge(
        "portico_http_streams", Double(door.streams.count), help: "Answers that go on, open now."),
      .gauge("portico_live_tenants", Double(live.tenantCount), help: "Tenants with live pages."),
      .gauge(
        "portico_admission_running", Double(load.running), help: "Requests that are worked on."),
      .gauge("portico_admission_waiting", Double(load.waiting), help: "Requests that wait."),
      .gauge(
        "portico_admission_limit", Double(load.limit), help: "Requests that may be worked on."),
      door.rates.refusals.family, door.admission.refusals.family, door.streams.refusals.family,
    ]
  }

  /// Reads the certificate of the port again, for connections to come.
  func reloadCertificate() throws { try listener.reloadCertificate() }

  /// Takes no new connections, lets running requests end within the configured grace, then closes what is left. The
  /// cancellation of the task ends the grace.
  public func stop() async {
    readiness.drain()
    live.stop()
    await listener.stop(grace: grace)
  }

  /// Every message of the API, and the details that errors carry.
  private static let types = TypeRegistry(
    Methods.all.flatMap { [$0.input, $0.output] } + [
      GoogleRpc.BadRequest.descriptor, GoogleRpc.ErrorInfo.descriptor,
      GoogleRpc.RetryInfo.descriptor, GoogleRpc.PreconditionFailure.descriptor,
      GoogleRpc.ResourceInfo.descriptor, GoogleRpc.QuotaFailure.descriptor,
      GoogleRpc.RequestInfo.descriptor, GoogleRpc.Help.descriptor,
      GoogleRpc.LocalizedMessage.descriptor,
    ])
}

/// Why a gateway cannot start.
enum GatewayError: Error, CustomStringConvertible {
  case weakSecret

  var description: String {
    switch self {
    case .weakSecret: "the gateway's secret must have at least 32 bytes"
    }
  }
}
