import NIOCore

/// The limits of one listener or one channel. Defaults suit connections between services; a public
/// listener uses `.publicListener`. docs/decisions/0302 has them in one table with their reasons.
public struct HTTP2Configuration: Sendable {
  // MARK: streams, windows, headers

  /// Streams a peer may have open at once; more are refused.
  public var maximumConcurrentStreams: UInt32 = 1000
  /// Bytes a peer may send on one stream before the application takes them.
  public var initialStreamWindow: Int32 = 256 * 1024
  /// Bytes a peer may send on all streams of a connection before the application takes them.
  public var connectionWindow: Int32 = 1024 * 1024
  /// Windows grow with the bandwidth-delay product, measured by PING while data flows, up to this many
  /// bytes; nil keeps the two windows above.
  public var largestWindow: Int32? = 16 * 1024 * 1024
  /// Size of a header list, name + value + 32 a field.
  public var maximumHeaderListSize: Int = 16 * 1024
  public var maximumHeaderFields: Int = 128
  /// What a server answers to a request with more than that: headers that end the stream.
  public var tooLargeHeadersAnswer = HeaderFields([":status": "431"])
  /// CONTINUATION frames a header block may have.
  public var maximumContinuations: Int = 8
  /// Bytes a writer may have waiting in one stream before it is suspended.
  public var streamWriteBuffer: Int = 64 * 1024

  // MARK: floods

  /// Streams a peer may reset or have refused in a burst, and how many it earns back a second.
  public var resetBurst: UInt64 = 10_000
  public var resetRate: UInt64 = 1_000
  /// Whether every call that is answered earns one back too: who hedges or gives up early does so in proportion to
  /// what it lets finish.
  public var answersForgiveResets = true
  /// Streams we reset for the peer's faults before the connection ends, and how many faults are
  /// forgiven a second.
  public var faultBurst: Int = 200
  public var faultRate: Int = 10
  /// Frames that carry nothing (SETTINGS, PING, PRIORITY, empty DATA, unknown ones, WINDOW_UPDATE beyond
  /// what our DATA explains) in a burst, and a second.
  public var controlBurst: Int = 10_000
  public var controlRate: Int = 1_000
  /// Frames other than DATA that may wait for a peer that does not read.
  public var maximumOutboundQueue: Int = 5_000
  /// Memory that all connections sharing it may hold in unread and unsent bytes.
  public var budget: BufferBudget = .shared

  // MARK: time

  /// Time for TLS handshake and connection preface.
  public var handshakeTimeout: TimeAmount = .seconds(10)
  /// A PING after this long without a byte from the peer. Nil: 2 h for a server, never for a client;
  /// a client's is at least 10 s.
  public var keepaliveTime: TimeAmount?
  /// The connection is lost when nothing at all comes within this time after that PING.
  public var keepaliveTimeout: TimeAmount = .seconds(20)
  /// Client: also without calls. A server always does.
  public var keepaliveWithoutCalls = false
  /// Server: PINGs of a client that are closer together are a strike; without calls the distance is 2 h
  /// unless `permitsPingsWithoutCalls`.
  public var minimumPingInterval: TimeAmount = .seconds(300)
  public var maximumPingStrikes = 2
  public var permitsPingsWithoutCalls = false
  /// Server: a connection without calls for this long is told to go away; nil: never.
  public var maximumConnectionIdle: TimeAmount?
  /// Server: after this long, ±10 %, a connection is told to go away; nil: never.
  public var maximumConnectionAge: TimeAmount?
  /// How long its calls may run on then. A stream that is to live longer than age and grace together has to be
  /// taken up again by its client.
  public var maximumConnectionAgeGrace: TimeAmount = .seconds(60)
  /// A peer whose socket takes nothing for this long while bytes wait for it is cut off.
  public var socketStallTimeout: TimeAmount = .seconds(30)
  /// The same for a peer that reads but opens no window.
  public var windowStallTimeout: TimeAmount = .seconds(120)

  /// Where events are counted; nil: nowhere.
  public var counters: HTTP2Counters?

  public init() {}

  /// For listeners that browsers and strangers reach.
  public static let publicListener: HTTP2Configuration = {
    var configuration = HTTP2Configuration()
    configuration.maximumConcurrentStreams = 128
    configuration.largestWindow = nil
    configuration.resetBurst = 1_000
    configuration.resetRate = 33
    configuration.answersForgiveResets = false
    configuration.faultBurst = 100
    configuration.controlBurst = 2_000
    configuration.controlRate = 200
    configuration.maximumOutboundQueue = 2_000
    // Browsers send PINGs of their own on idle connections, some every minute.
    configuration.minimumPingInterval = .seconds(10)
    configuration.permitsPingsWithoutCalls = true
    configuration.maximumConnectionIdle = .minutes(10)
    configuration.windowStallTimeout = .seconds(60)
    return configuration
  }()

  /// The time between two looks at a connection that is in use: coarse, but a quarter of the shortest timeout.
  var upkeepInterval: TimeAmount {
    let times = [
      keepaliveTimeout, socketStallTimeout, windowStallTimeout, maximumConnectionAgeGrace,
      keepaliveTime, maximumConnectionIdle, maximumConnectionAge,
    ]
    let shortest = times.reduce(TimeAmount.seconds(4)) { least, time in min(least, time ?? least) }
    return max(.milliseconds(20), .nanoseconds(shortest.nanoseconds / 4))
  }
}
