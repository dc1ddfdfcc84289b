import NIOCore

/// What one listener accepts before it looks at the content. Every one of them is an answer or a closed
/// connection, never a growing buffer. The table of services/gateway/README.md is held against it by a test.
struct EdgeLimits: Sendable {
  // MARK: requests

  /// Bytes of a request target; beyond: 414.
  var targetBytes = 8 * 1024
  /// Bytes of all header lines, each counted with 32 more; beyond: 431.
  var headerBytes = 32 * 1024
  var headerFields = 100
  /// Bytes of a JSON body; beyond: 413.
  var jsonBytes = 1 << 20
  /// Bytes of a file sent to the API; beyond: 413. The service that takes it may allow less.
  var uploadBytes = 256 << 20
  /// Longest silence of a stream of events, so that nobody between us takes it for dead.
  var heartbeatTime = Duration.seconds(15)
  /// Bytes of a protobuf message of gRPC-Web and Connect, what the services take; JSON has the limit above.
  var messageBytes = 4 << 20
  /// Bytes that compressed messages of all calls may have once inflated, at a time; more answer RESOURCE_EXHAUSTED.
  var inflatedBytes = 64 << 20
  /// How many times its size on the wire a compressed message may have; ordinary ones have ten.
  var inflationRatio = 100
  /// Requests on one HTTP/1.1 connection, after which it is closed.
  var requestsPerConnection = 10_000

  // MARK: time

  /// From the first byte of a request, or the start of the connection, to the end of its headers; beyond: 408.
  var headerTime = TimeAmount.seconds(10)
  /// Without a byte of the body that somebody waits for; beyond: 408.
  var bodyTime = TimeAmount.seconds(30)
  /// What a body has to bring in the long run, bytes a second, once it has had `bodyTime`; below: 408.
  var bodyRate = 512
  /// Between two requests of a connection.
  var idleTime = TimeAmount.seconds(75)
  /// For one part of a page beside its subject: a tile, a list to choose from, a count (N-10).
  var partTime = Duration.milliseconds(600)
  /// Without the peer taking a byte of an answer.
  var writeTime = TimeAmount.seconds(30)
  /// Until identity has said what a portal looks like; then the page comes with a plain face.
  var portalTime = Duration.seconds(2)

  // MARK: connections

  var connections = 10_000
  /// Of one IPv4 address or IPv6 /64.
  var connectionsPerAddress = 256
  /// Connections taken at once, and a second; the others wait in the kernel's queue.
  var acceptBurst = 1_000
  var acceptRate = 1_000
  /// TLS handshakes under way at once; further connections wait in the kernel's queue.
  var handshakes = 200

  // MARK: load

  /// Requests that run at once on a machine that is overloaded, and on one that has no trouble with more.
  var runningAtLeast = 8
  var runningAtMost = 512
  /// Instead of the least, while a tenant floods beside others, for each core that the process uses: one works on a request
  /// and has the next at hand, and a neighbour's waits behind no more.
  var runningSharedPerCore = 2
  /// Requests that wait for one of them to end, of each tenant while several are there, and how long; beyond: 503.
  var waiting = 512
  var waitingTime = Duration.milliseconds(50)
  /// What anybody may send without a session (passwords, links) and identity may have to hash for; beyond: 503. Apart from
  /// the others: it waits for identity's hashing, which must not look like load and push aside who is signed in (V-18).
  var signIns = 128
  /// Answers that go on; beyond: 503.
  var streams = 20_000
  /// Of one user, or of one address without a user; beyond: 429.
  var streamsPerIdentity = 64
  /// Streams of events of one session; beyond: the oldest ends.
  var eventStreamsPerSession = 6
}

extension EdgeLimits {
  /// The limits of a deployment, which says what one client may have.
  init(_ allowance: ClientAllowance) {
    connectionsPerAddress = allowance.connectionsPerAddress
    streamsPerIdentity = allowance.streamsPerIdentity
    eventStreamsPerSession = allowance.eventStreamsPerSession
  }

  /// - Parameter cores: the event loops that requests are worked on.
  func admission(cores: Int) -> Admission.Limits {
    Admission.Limits(
      runningAtLeast: runningAtLeast, runningShared: runningSharedPerCore * cores,
      runningAtMost: runningAtMost, waiting: waiting, patience: waitingTime)
  }

  var signInAdmission: Admission.Limits {
    Admission.Limits(
      runningAtLeast: signIns, runningShared: signIns, runningAtMost: signIns, waiting: 0,
      patience: .zero)
  }
}
