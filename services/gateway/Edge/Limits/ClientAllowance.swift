/// How many connections and streams one client may have open. Deployments differ in it: an office behind one address
/// has many connections, a load test has all of them.
public struct ClientAllowance: Sendable, Equatable {
  /// Connections of one IPv4 address or IPv6 /64; one more is closed.
  public var connectionsPerAddress = 256
  /// Answers that go on, of one user, or of one address without a user; one more gets 429.
  public var streamsPerIdentity = 64
  /// Streams of events of one session, as its windows have them; one more ends the oldest (N-05).
  public var eventStreamsPerSession = 6

  public init() {}
}
