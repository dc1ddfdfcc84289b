import Access
import HTTP2
import Logging
import NIOCore
import NIOPosix
import RPC
import Synchronization

/// The other services by name: for each one channel on every event loop that calls it, made with the first call. Who
/// calls on a loop has the answer on the same one: no call waits for another thread to wake up.
public final class Peers: Sendable {
  private struct Place: Hashable {
    let service: String
    /// Nil for callers on no event loop of the process's group.
    let loop: ObjectIdentifier?
  }

  private let addresses: [String: String]
  private let configuration: ChannelConfiguration
  private let interceptors: [any ClientInterceptor]
  private let logger: Logger
  private let channels = Mutex<[Place: RPC.Channel]>([:])
  /// The calls through all channels, and the channels' connections.
  public let metrics: CallMetrics
  public let counters: HTTP2Counters
  private static let group = MultiThreadedEventLoopGroup.singleton
  private static let loops = Set(group.makeIterator().map { ObjectIdentifier($0) })

  /// - Parameters:
  ///   - identity: signs the calls a process makes in its own name.
  ///   - recorder: takes a span for each call of a recorded trace; nil where none is.
  ///   - interceptors: stand inside `IdentityPropagation`: the gateway's `ClientGate`.
  public init(
    _ addresses: [String: String], identity: ServiceIdentity?,
    interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = .betweenServices(),
    recorder: (any SpanRecorder)? = nil, logger: Logger
  ) {
    self.addresses = addresses
    metrics = configuration.metrics ?? CallMetrics(.client)
    counters = configuration.http2.counters ?? HTTP2Counters()
    var configuration = configuration
    configuration.metrics = metrics
    configuration.http2.counters = counters
    self.configuration = configuration
    self.interceptors =
      [IdentityPropagation(identity)] + (recorder.map { [ClientTracing($0)] } ?? []) + interceptors
    self.logger = logger
  }

  /// Calls to a service by its name; UNAVAILABLE when it has no address.
  public func caller(_ service: String) -> any Caller {
    InterceptedCaller(
      RequestNaming(base: LazyCaller(service: service, peers: self)), interceptors)
  }

  /// The same without any interceptor, for who has them around all services at once.
  public func directCaller(_ service: String) -> any Caller {
    RequestNaming(base: LazyCaller(service: service, peers: self))
  }

  /// The servers of a service as the connections of this process see them, by address; empty before the first call. The
  /// channels of several event loops are one: connected where any is, and all their calls together.
  public func servers(of service: String) async -> [ServerState] {
    let own = channels.withLock { channels in
      channels.filter { $0.key.service == service }.map(\.value)
    }
    var seen: [String: ServerState] = [:]
    for channel in own {
      for server in await channel.servers() {
        seen[server.address] = seen[server.address].map { $0.merged(with: server) } ?? server
      }
    }
    return seen.values.sorted { $0.address < $1.address }
  }

  /// Reads the certificates of every channel again. Throws when those of some cannot be used.
  public func reloadCertificates() throws {
    var failure: (any Error)?
    for channel in channels.withLock({ Array($0.values) }) {
      do { try channel.reloadCertificates() } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Lets running calls finish within `grace` and closes every channel.
  public func shutDown(grace: Duration) async {
    let open = channels.withLock { channels in
      defer { channels = [:] }
      return Array(channels.values)
    }
    await withTaskGroup(of: Void.self) { group in
      for channel in open { group.addTask { await channel.shutDown(grace: grace) } }
    }
  }

  fileprivate func channel(_ service: String) throws -> RPC.Channel {
    let current = MultiThreadedEventLoopGroup.currentEventLoop
    // The loops of another group may end before this object does.
    let loop = current.flatMap { Self.loops.contains(ObjectIdentifier($0)) ? $0 : nil }
    let place = Place(service: service, loop: loop.map { ObjectIdentifier($0) })
    return try channels.withLock { channels in
      if let channel = channels[place] { return channel }
      guard let address = addresses[service] else {
        throw Status(.unavailable, "\(service) cannot be reached", because: "no address in `peers`")
      }
      var configuration = configuration
      // Whoever answers at the address must be the service, and it may be at any address.
      configuration.tls?.permittedPeerNames = [service]
      let channel = try RPC.Channel(
        address, configuration, logger: logger, group: loop ?? Self.group)
      channels[place] = channel
      return channel
    }
  }
}

private struct LazyCaller: Caller {
  let service: String
  let peers: Peers

  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    try await peers.channel(service).unary(method, request, options)
  }

  func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    try peers.channel(service).start(method, request, options, completion)
  }

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await peers.channel(service).stream(method, options, body)
  }
}
