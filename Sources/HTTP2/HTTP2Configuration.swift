import NIOCore

/// The limits of one listener or one channel. Defaults suit connections between services; a public
/// listener uses `.publicListener`.
public struct HTTP2Configuration: Sendable {
  /// Streams a peer may have open at once; more are refused.
  public var maximumConcurrentStreams: UInt32 = 1000
  /// Bytes a peer may send on one stream before the application takes them.
  public var initialStreamWindow: Int32 = 256 * 1024
  /// Bytes a peer may send on all streams of a connection before the application takes them.
  public var connectionWindow: Int32 = 1024 * 1024
  /// Size of a header list, name + value + 32 a field.
  public var maximumHeaderListSize: Int = 16 * 1024
  public var maximumHeaderFields: Int = 128
  /// Streams a peer may reset in a burst, and how many it earns back a second.
  public var resetBurst: UInt64 = 10_000
  public var resetRate: UInt64 = 1_000
  /// Streams we reset for the peer's faults before the connection ends.
  public var faultBurst: Int = 200
  /// CONTINUATION frames a header block may have.
  public var maximumContinuations: Int = 8
  /// Bytes a writer may have waiting in one stream before it is suspended.
  public var streamWriteBuffer: Int = 64 * 1024
  /// Time for TLS handshake and connection preface.
  public var handshakeTimeout: TimeAmount = .seconds(10)

  public init() {}

  /// For listeners that browsers and strangers reach.
  public static var publicListener: HTTP2Configuration {
    var configuration = HTTP2Configuration()
    configuration.maximumConcurrentStreams = 128
    configuration.resetBurst = 1_000
    configuration.resetRate = 33
    configuration.faultBurst = 100
    return configuration
  }
}
