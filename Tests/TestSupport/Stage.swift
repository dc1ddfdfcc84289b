import Access
import Bootstrap
import Foundation
import Logging
import RPC
import Store
import Synchronization
import Values

/// A place where services run for one test: each a real server on a Unix socket with the real gate, keys and stores of
/// their own, and one clock for all.
///
///     try await Stage.run { stage in
///       try await stage.start(TicketingService.self)
///       let tickets = TicketsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
///       let ticket = try await tickets.createTicket(…)
///     }
public final class Stage: Sendable {
  /// Who may stand on one: the product's processes, and `testing`, which answers portico.testing.
  public static let services = [
    "identity", "ticketing", "messaging", "billing", "cms", "gateway", "operator", "testing",
  ]

  public let clock: ManualClock
  public let keys = Keyring(Stage.services)
  public let folder: URL
  private let parts = Mutex<[any ProcessPart]>([])
  private let channels = Mutex<[String: RPC.Channel]>([:])

  private init(at start: Instant) throws {
    clock = ManualClock(start)
    // A socket's path has room for a hundred bytes: a short name.
    folder = URL(fileURLWithPath: "/tmp/pt-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  /// Gives `body` a stage, and clears it away afterwards.
  public static func run<T>(
    at start: Instant = Instant(seconds: 1_772_445_600), _ body: (Stage) async throws -> T
  ) async throws -> T {
    let stage = try Stage(at: start)
    do {
      let result = try await body(stage)
      try await stage.clear()
      return result
    } catch {
      try await stage.clear()
      throw error
    }
  }

  /// Starts a service as `portico up` does, with its relay and its jobs.
  /// - Parameter settings: what an operator would say.
  @discardableResult
  public func start<Service: HostedService>(
    _ service: Service.Type, store: StoreLocation? = nil, settings: [String: String] = [:],
    telemetry: ProcessTelemetry = ProcessTelemetry()
  ) async throws -> ServiceHost<Service> {
    let place: StoreLocation
    if let store { place = store } else { place = try await TestStore.location(TestStore.engine) }
    let host = ServiceHost(
      service,
      HostConfiguration(
        settings: Settings(settings), listener: .betweenServices(.unix(path: socket(Service.name))),
        store: place, blobs: folder.appendingPathComponent("blobs"), keys: keys,
        peers: peers, clock: clock, logger: Self.logger, telemetry: telemetry,
        grace: .seconds(2)))
    try await host.start()
    parts.withLock { $0.append(host) }
    return host
  }

  /// Puts services that a test wrote where the others look for a peer, behind the same gate.
  public func serve(_ name: String, _ services: [any RPCService]) async throws {
    let server = Server(
      services: services, interceptors: [Gate(keys.verifier(for: name, clock: clock))],
      clock: clock, logger: Self.logger)
    try await server.listen(Listener(.unix(path: socket(name))))
    parts.withLock { $0.append(Served(name: name, server: server)) }
  }

  /// Calls a service as a person: each call carries a fresh token that identity signed.
  public func caller(_ service: String, as principal: Principal) -> any Caller {
    InterceptedCaller(
      StagedChannel(name: service, stage: self), [Signing(principal: principal, stage: self)])
  }

  /// Calls a service with nobody signed in.
  public func caller(_ service: String) -> any Caller {
    StagedChannel(name: service, stage: self)
  }

  /// Calls a service as another one in its own name: `stage.caller("identity", asService: "ticketing")`.
  public func caller(
    _ service: String, asService name: String, tenant: TenantID = TestPrincipal.tenant,
    actor: String? = nil
  ) -> any Caller {
    InterceptedCaller(
      StagedChannel(name: service, stage: self),
      [Signing(principal: .service(name, tenant: tenant, actor: actor), stage: self)])
  }

  private static let logger = Logger(label: "stage") { _ in SwiftLogNoOpLogHandler() }

  private func socket(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Where each process listens, as `peers` has it.
  public var peers: [String: String] {
    Dictionary(uniqueKeysWithValues: Self.services.map { ($0, "unix:\(socket($0))") })
  }

  fileprivate func channel(_ name: String) throws -> RPC.Channel {
    try channels.withLock { channels in
      if let channel = channels[name] { return channel }
      // However long this machine stands still, who listens is reached; who does not is known at once.
      var configuration = ChannelConfiguration()
      configuration.connectTimeout = .seconds(600)
      configuration.http2.handshakeTimeout = .seconds(600)
      let channel = try RPC.Channel("unix:\(socket(name))", configuration, logger: Self.logger)
      channels[name] = channel
      return channel
    }
  }

  private func clear() async throws {
    for channel in channels.withLock({ Array($0.values) }) {
      await channel.shutDown(grace: .zero)
    }
    for part in parts.withLock({ $0 }).reversed() { await part.stop() }
    try FileManager.default.removeItem(at: folder)
  }
}

private struct Served: ProcessPart {
  let name: String
  let server: Server

  func start() async throws {}
  func stop() async { await server.shutDown(grace: .seconds(2)) }
}

/// The channel to a service of a stage, made with the first call.
private struct StagedChannel: Caller {
  let name: String
  let stage: Stage

  func unary(
    _ method: RPC.Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await stage.channel(name).unary(method, request, options)
  }

  func stream<Result>(
    _ method: RPC.Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await stage.channel(name).stream(method, options, body)
  }
}

/// Signs each call for a principal, at the stage's time.
private struct Signing: ClientInterceptor {
  let principal: Principal
  let stage: Stage

  func intercept<Result>(
    _ method: RPC.Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result {
    var issuer = Verifier.identity
    if case .service(let name) = principal.kind { issuer = name }
    let now = stage.clock.now
    let token = try stage.keys.signer(for: issuer).token(
      for: principal.freshlyAuthenticated(at: now), at: now)
    return try await next(try options.principal(token.bytes))
  }
}
