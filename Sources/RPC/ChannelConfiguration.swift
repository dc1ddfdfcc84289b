import HTTP2
import NIOCore

/// How a channel connects and what it accepts.
public struct ChannelConfiguration: Sendable {
  /// Nil: plain HTTP/2, for loopback and private networks only.
  public var tls: TLSConfiguration?
  public var http2 = HTTP2Configuration()
  /// Largest response message, bytes.
  public var maximumResponseBytes = 4 * 1024 * 1024
  /// Largest request message, bytes.
  public var maximumRequestBytes = 64 * 1024 * 1024
  /// Calls that may wait for a connection or for a free stream.
  public var maximumQueuedCalls = 10_000
  public var connectTimeout: Duration = .seconds(20)
  /// Wait after a failed connection attempt: first, growth and longest, each ±20 % (R-057).
  public var firstBackoff: Duration = .seconds(1)
  public var backoffMultiplier = 1.6
  public var longestBackoff: Duration = .seconds(120)
  /// A further address of a server is tried when the one before has not answered for this long (R-054, gRFC A61).
  public var addressInterval: Duration = .milliseconds(250)
  /// Where there are several servers, a new connection takes 32 calls at first and twice as many after each interval, so that
  /// what waited does not all go there. Zero: all at once.
  public var slowStartInterval: Duration = .milliseconds(50)
  /// Connections to one server, opened as the streams of those there are run out (R-074, gRFC A105).
  public var maximumConnectionsPerBackend = 1
  /// Calls that may run on one server at once; further ones are UNAVAILABLE when no server has room. Nil: as many
  /// as the server takes.
  public var maximumCallsPerBackend: Int?
  /// Without calls for this long a channel closes its connections.
  public var idleTimeout: Duration = .seconds(300)
  /// Which server gets which call; a service config of the target's replaces it.
  public var loadBalancing = LoadBalancing()
  /// Resolvers by scheme, beside `dns`.
  public var resolvers: [String: any Resolver] = [:]
  /// Names are looked up again at least this often, and at most every `minimumResolutionInterval`.
  public var resolutionInterval: Duration = .seconds(60)
  public var minimumResolutionInterval: Duration = .seconds(30)
  /// The `:authority` of requests and the name that the servers' certificates must be for, when that is not the
  /// target's: for addresses without names, such as `unix:` and `ipv4:`.
  public var authority: String?
  /// Counts until a resolver sends another.
  public var serviceConfiguration: ServiceConfiguration?
  /// Whether the retry and hedging policies of the service configuration are followed. Attempts that no server saw are
  /// repeated in any case.
  public var retries = true
  /// Bytes of request that one call, and all calls together, keep so that they can be sent again; what is larger is
  /// sent once.
  public var retryBufferBytes = 256 * 1024
  public var retryBufferBytesInAll = 16 * 1024 * 1024
  /// Compression of requests, unless the call's options say otherwise.
  public var compression = Compression.identity
  /// Bytes that compressed answers may have once inflated, all calls together, at a time.
  public var inflatedBytesInAll = 256 * 1024 * 1024
  /// How many times its size on the wire a response may have once inflated.
  public var maximumInflationRatio = 1032
  /// Size of a request's header list, name + value + 32 a field; a call with more fails before it is sent.
  public var maximumRequestHeaderBytes = 16 * 1024
  /// Counts the calls, each once however many attempts it takes. Several channels may share one; nil counts nothing.
  public var metrics: CallMetrics?
  /// For calls whose options have none.
  public var credentials: CallCredentials?
  /// `grpc-` and the name of the implementation; a program may put its own name and a space before it.
  public var userAgent = ChannelConfiguration.implementation
  public static let implementation = "grpc-swift-portico/1.0"

  public init(tls: TLSConfiguration? = nil) {
    self.tls = tls
    // As long as gRPC gives a connection attempt at least.
    http2.handshakeTimeout = .seconds(20)
  }
}
