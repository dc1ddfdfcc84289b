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
  public var userAgent = "portico-swift/1"

  public init(tls: TLSConfiguration? = nil) { self.tls = tls }
}
