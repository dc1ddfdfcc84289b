import NIOCore

/// A server's patience with a client's PINGs (R-030, gRPC's A8): one that comes too early is a strike, and a HEADERS or
/// DATA frame of ours forgives them all, since a busy peer may measure.
struct PingStrikes {
  private var last: NIODeadline?
  private var strikes = 0

  /// Without calls, unless those are allowed.
  static let idleInterval = TimeAmount.hours(2)

  /// False when this PING is one too many.
  mutating func allow(
    at now: NIODeadline, hasCalls: Bool, hasSent: Bool, _ configuration: HTTP2Configuration
  ) -> Bool {
    if hasSent {
      strikes = 0
      last = now
      return true
    }
    let isRelaxed = hasCalls || configuration.permitsPingsWithoutCalls
    let interval = isRelaxed ? configuration.minimumPingInterval : Self.idleInterval
    guard let last, now - last < interval else {
      self.last = now
      return true
    }
    strikes += 1
    return strikes <= configuration.maximumPingStrikes
  }
}
