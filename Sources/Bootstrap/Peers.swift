import Access
import HTTP2
import Logging
import RPC
import Synchronization

/// The other services by name: one channel for each, made when it is first called.
public final class Peers: Sendable {
  private let addresses: [String: String]
  private let configuration: ChannelConfiguration
  private let interceptors: [any ClientInterceptor]
  private let logger: Logger
  private let channels = Mutex<[String: RPC.Channel]>([:])
  /// The calls through all channels, and the channels' connections.
  public let metrics: CallMetrics
  public let counters: HTTP2Counters

  /// - Parameters:
  ///   - identity: signs the calls a process makes in its own name.
  ///   - interceptors: stand inside `IdentityPropagation`: the gateway's `ClientGate`.
  public init(
    _ addresses: [String: String], identity: ServiceIdentity?,
    interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = .betweenServices(), logger: Logger
  ) {
    self.addresses = addresses
    metrics = configuration.metrics ?? CallMetrics(.client)
    counters = configuration.http2.counters ?? HTTP2Counters()
    var configuration = configuration
    configuration.metrics = metrics
    configuration.http2.counters = counters
    self.configuration = configuration
    self.interceptors = [IdentityPropagation(identity)] + interceptors
    self.logger = logger
  }

  /// Calls to a service by its name; UNAVAILABLE when it has no address.
  public func caller(_ service: String) -> any Caller {
    InterceptedCaller(LazyCaller(service: service, peers: self), interceptors)
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
    guard let address = addresses[service] else {
      throw Status(.unavailable, "\(service) cannot be reached", because: "no address in `peers`")
    }
    return try channels.withLock { channels in
      if let channel = channels[service] { return channel }
      let channel = try RPC.Channel(address, configuration, logger: logger)
      channels[service] = channel
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

  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await peers.channel(service).stream(method, options, body)
  }
}
