/// A GOAWAY frame of the peer.
public struct GoAway: Sendable, Hashable {
  public var code: HTTP2ErrorCode
  /// Streams above were never processed.
  public var lastStream: Int32
  /// The frame's debug data, at most 256 bytes, not trusted.
  public var debugData: String

  /// The server's complaint about keepalive: log it and double the time for the next connection.
  public var isTooManyPings: Bool {
    code == .enhanceYourCalm && debugData == "too_many_pings"
  }
}
