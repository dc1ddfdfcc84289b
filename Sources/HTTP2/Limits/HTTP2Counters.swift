import Synchronization

/// What happened on the connections that share it: a listener's or a channel's. Only ever grows, except by `closed`
/// never exceeding `opened`; may be read from any thread at any time.
public final class HTTP2Counters: Sendable {
  /// The sums at one moment.
  public struct Snapshot: Sendable, Hashable {
    public var opened = 0
    public var closed = 0
    public var streams = 0
    public var resetsReceived = 0
    public var resetsSent = 0
    public var goAwaysReceived = 0
    public var goAwaysSent = 0
    public var pingsReceived = 0
    public var pingsSent = 0
    /// Connections ended because the peer broke a limit.
    public var limitsBroken = 0
    /// Connections lost because a keepalive PING was not answered.
    public var keepalivesLost = 0
    /// Bytes of HTTP/2 frames, before TLS; up to one second old.
    public var bytesReceived = 0
    public var bytesSent = 0

    /// Connections that are open.
    public var open: Int { opened - closed }
  }

  let opened = Atomic<Int>(0)
  let closed = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  let resetsReceived = Atomic<Int>(0)
  let resetsSent = Atomic<Int>(0)
  let goAwaysReceived = Atomic<Int>(0)
  let goAwaysSent = Atomic<Int>(0)
  let pingsReceived = Atomic<Int>(0)
  let pingsSent = Atomic<Int>(0)
  let limitsBroken = Atomic<Int>(0)
  let keepalivesLost = Atomic<Int>(0)
  let bytesReceived = Atomic<Int>(0)
  let bytesSent = Atomic<Int>(0)

  public init() {}

  public var snapshot: Snapshot {
    Snapshot(
      opened: Self.read(opened), closed: Self.read(closed), streams: Self.read(streams),
      resetsReceived: Self.read(resetsReceived), resetsSent: Self.read(resetsSent),
      goAwaysReceived: Self.read(goAwaysReceived), goAwaysSent: Self.read(goAwaysSent),
      pingsReceived: Self.read(pingsReceived), pingsSent: Self.read(pingsSent),
      limitsBroken: Self.read(limitsBroken), keepalivesLost: Self.read(keepalivesLost),
      bytesReceived: Self.read(bytesReceived), bytesSent: Self.read(bytesSent))
  }

  private static func read(_ counter: borrowing Atomic<Int>) -> Int {
    counter.load(ordering: .relaxed)
  }

  static func add(_ count: Int = 1, to counter: borrowing Atomic<Int>) {
    counter.wrappingAdd(count, ordering: .relaxed)
  }
}
