import NIOCore

/// What one connection carries and holds, in plain numbers of its event loop; reported to what is shared in steps.
struct ConnectionLoad {
  /// Bytes that wait in streams for the peer's window or the socket.
  var unsent = 0
  /// Bytes that arrived and the application holds or has not taken.
  var unread = 0
  /// Of both together, the part that the budget knows of.
  var reported = 0
  /// Bytes of bodies that left their streams.
  var sentBodies = 0
  var received = 0
  var sent = 0
  var streams = 0
  /// What of these the counters know of.
  var countedReceived = 0
  var countedSent = 0
  var countedStreams = 0
}

extension HTTP2Connection {
  /// Called by streams whenever what they hold has changed.
  func holds(unsent: Int = 0, unread: Int = 0) {
    load.unsent += unsent
    load.unread += unread
    let drift = load.unsent + load.unread - load.reported
    if drift >= BufferBudget.step || drift <= -BufferBudget.step { report(drift) }
  }

  private func report(_ drift: Int) {
    load.reported += drift
    configuration.budget.change(by: drift)
    guard drift > 0, configuration.budget.isExhausted else { return }
    session?.condemn("out of memory for buffers")
    setNeedsPump()
  }

  /// Adds what happened since the last time to the counters.
  func publishCounts() {
    guard let counters = configuration.counters else { return }
    HTTP2Counters.add(load.received - load.countedReceived, to: counters.bytesReceived)
    HTTP2Counters.add(load.sent - load.countedSent, to: counters.bytesSent)
    HTTP2Counters.add(load.streams - load.countedStreams, to: counters.streams)
    load.countedReceived = load.received
    load.countedSent = load.sent
    load.countedStreams = load.streams
  }

  func closeAccounts() {
    configuration.budget.change(by: -load.reported)
    load.reported = 0
    publishCounts()
    if session != nil, let counters = configuration.counters {
      HTTP2Counters.add(to: counters.closed)
    }
  }

  // MARK: windows

  /// The application took bytes: larger windows may be worth it.
  func took(_ count: Int) {
    guard bandwidth?.took(count) == true else { return }
    bandwidth?.sampleStarted(at: eventLoop.now)
    session?.ping(Self.bandwidthPing)
  }

  func bandwidthSampled() {
    guard bandwidth?.sampleEnded(at: eventLoop.now) == true, let bandwidth else { return }
    let window = Int32(clamping: bandwidth.window)
    session?.growWindows(stream: window, connection: max(window, configuration.connectionWindow))
  }
}
