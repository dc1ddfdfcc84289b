extension Channel {
  /// What the channel can do with a call now. A snapshot: it may have changed when it is read.
  public var connectivityState: ConnectivityState { connections.board.state }

  /// The present state and each later one, until the channel is shut down.
  public var connectivityStates: AsyncStream<ConnectivityState> { connections.board.changes() }

  /// Leaves idle, without a call.
  public func connect() { connections.eventLoop.execute { self.connections.connect() } }

  /// Closes the connections that have no calls; the next call makes new ones.
  public func enterIdle() { connections.eventLoop.execute { self.connections.goIdle() } }
}
