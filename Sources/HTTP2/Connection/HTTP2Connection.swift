import NIOCore

/// The channel handler that drives one HTTP/2 session: bytes are fed in `channelRead`, and all that came of them
/// leaves in one flush in `channelReadComplete`.
///
/// Belongs to its event loop. A write can close the channel under the caller, so `isClosed` is looked at
/// after each.
public final class HTTP2Connection: @unchecked Sendable {
  public let eventLoop: any EventLoop
  public let configuration: HTTP2Configuration
  /// Runs the handlers of this connection on its event loop; connections may share it.
  public let executor: LoopExecutor
  /// The names in the peer's verified certificate; empty without mutual TLS.
  public let peerNames: [String]
  @exclusivity(unchecked) public internal(set) var isClosed = false
  /// No new streams: one side said GOAWAY.
  @exclusivity(unchecked) public internal(set) var isGoingAway = false
  /// The peer's last GOAWAY.
  public internal(set) var goAway: GoAway?
  /// `10.0.0.7:51234` or `unix:path`; set once the channel is active.
  public internal(set) var peerAddress = ""

  @exclusivity(unchecked) var session: Session?
  let role: Session.Role
  @exclusivity(unchecked) var delegate: (any HTTP2ConnectionDelegate)?
  @exclusivity(unchecked) var context: ChannelHandlerContext?
  @exclusivity(unchecked) var streams = StreamTable()
  /// The stream of the last event: a request's headers, body and end mostly come together, and so do an answer's.
  @exclusivity(unchecked) var recent: HTTP2Stream?
  /// Buffers that streams have emptied, for the next ones.
  @exclusivity(unchecked) var spareBuffers: [ByteBuffer] = []
  /// What the last pump filled: its memory is free again once the socket took the bytes.
  @exclusivity(unchecked) var output: ByteBuffer?
  @exclusivity(unchecked) var isReading = false
  /// The next read waits for its time.
  @exclusivity(unchecked) var isReadingLater = false
  @exclusivity(unchecked) var isPumping = false
  @exclusivity(unchecked) var isPumpScheduled = false
  @exclusivity(unchecked) var load = ConnectionLoad()
  @exclusivity(unchecked) var upkeep: Upkeep
  @exclusivity(unchecked) var strikes = PingStrikes()
  @exclusivity(unchecked) var bandwidth: BandwidthEstimate?
  @exclusivity(unchecked) var isReady = false
  /// The last words are out and the rest of what the peer sends is thrown away.
  @exclusivity(unchecked) var isLingering = false
  /// Between the two GOAWAYs of a graceful end.
  @exclusivity(unchecked) var awaitsShutdownPing = false
  var lastError: (any Error)?

  init(
    role: Session.Role, eventLoop: any EventLoop, configuration: HTTP2Configuration,
    peerNames: [String], executor: LoopExecutor?, delegate: any HTTP2ConnectionDelegate
  ) {
    self.role = role
    self.eventLoop = eventLoop
    self.configuration = configuration
    self.peerNames = peerNames
    self.delegate = delegate
    self.executor = executor ?? LoopExecutor(eventLoop)
    upkeep = Upkeep(role, configuration, eventLoop.now)
    bandwidth = configuration.largestWindow.map {
      BandwidthEstimate(window: Int(configuration.initialStreamWindow), cap: Int($0))
    }
  }

  /// The serving end; add it to a channel whose next bytes are the client's preface.
  ///
  /// - Parameter executor: of the same event loop, when connections share one.
  public static func server(
    on eventLoop: any EventLoop, configuration: HTTP2Configuration, peerNames: [String] = [],
    executor: LoopExecutor? = nil, delegate: any HTTP2ConnectionDelegate
  ) -> HTTP2Connection {
    HTTP2Connection(
      role: .server, eventLoop: eventLoop, configuration: configuration, peerNames: peerNames,
      executor: executor, delegate: delegate)
  }

  /// The calling end.
  public static func client(
    on eventLoop: any EventLoop, configuration: HTTP2Configuration,
    delegate: any HTTP2ConnectionDelegate
  ) -> HTTP2Connection {
    HTTP2Connection(
      role: .client, eventLoop: eventLoop, configuration: configuration, peerNames: [],
      executor: nil, delegate: delegate)
  }

  public var streamCount: Int { streams.count }

  /// How many more streams the peer lets us open now.
  public var availableStreams: Int {
    guard let session, isReady, !isClosed, !isGoingAway else { return 0 }
    return max(0, session.remoteStreamLimit - streams.count)
  }

  /// Sends a request (client side).
  public func open(
    _ headers: HeaderFields, endStream: Bool, delegate: any HTTP2StreamDelegate
  ) throws(HTTP2Error) -> HTTP2Stream {
    guard let session, !isClosed, !isGoingAway else { throw .connectionUnavailable }
    let stream = HTTP2Stream(id: 0, connection: self)
    stream.delegate = delegate
    stream.id = try session.submitRequest(headers, hasBody: !endStream)
    stream.didSubmitRequest(endStream: endStream)
    add(stream)
    setNeedsPump()
    return stream
  }

  func add(_ stream: HTTP2Stream) {
    streams.insert(stream)
    load.streams += 1
    noteUse()
  }

  // MARK: ending

  /// Ends gracefully in two phases: a GOAWAY that refuses nothing yet and a PING; once that came back, the GOAWAY
  /// with the real last stream. The connection closes when its last stream has ended; how long that may take is up
  /// to the caller, who has `close`.
  ///
  /// - Parameter reason: the GOAWAY's debug data.
  public func shutDown(_ reason: StaticString = "") {
    guard let session, !isClosed, !isLingering, !awaitsShutdownPing else { return }
    if role == .client {
      isGoingAway = true
      session.submitGoAway(.noError, reason)
    } else if isReady {
      guard !isGoingAway else { return }
      awaitsShutdownPing = true
      upkeep.noticeSent = eventLoop.now
      session.submitShutdownNotice(reason)
      session.ping(Self.shutdownPing)
      startTicking()
    } else {
      // Whoever has not even said hello loses nothing.
      return closeChannel()
    }
    setNeedsPump()
  }

  /// The second phase: streams above the last one taken so far are not processed any more.
  func finishShutDown() {
    guard awaitsShutdownPing else { return }
    awaitsShutdownPing = false
    isGoingAway = true
    session?.submitGoAway(.noError)
    setNeedsPump()
  }

  /// Resets what still runs and closes.
  public func terminate(_ code: HTTP2ErrorCode = .noError) {
    guard let session, !isClosed else { return }
    session.terminate(code)
    setNeedsPump()
  }

  /// Ends everything now: a last GOAWAY, then the socket. Streams that still run end as lost.
  public func close(_ code: HTTP2ErrorCode = .noError) {
    guard let session, !isClosed, !isLingering else { return closeChannel() }
    awaitsShutdownPing = false
    session.terminate(code)
    if !isReading { pump() }
    closeChannel()
  }

  func closeChannel() {
    upkeep.timer?.cancel()
    context?.close(promise: nil)
  }

  static let shutdownPing: UInt64 = 0x706f_7274_6963_6f01
  static let keepalivePing: UInt64 = 0x706f_7274_6963_6f02
  static let bandwidthPing: UInt64 = 0x706f_7274_6963_6f03
}
