/// One of the servers that a channel's target stands for, as the channel sees it.
public struct ServerState: Sendable, Hashable {
  /// `10.0.0.7:7000`, `unix:/run/x`; commas between where one server has several.
  public var address: String
  public var connectivity: ConnectivityState
  /// Outlier detection sends it no calls for a while.
  public var isEjected: Bool
  /// Calls that run there.
  public var calls: Int
  /// Why it cannot be called; for who runs the installation, not for callers.
  public var failure: String?

  public init(
    address: String, connectivity: ConnectivityState, isEjected: Bool, calls: Int,
    failure: String? = nil
  ) {
    self.address = address
    self.connectivity = connectivity
    self.isEjected = isEjected
    self.calls = calls
    self.failure = failure
  }
}

extension ServerState {
  /// What two channels to the same server tell together: the better state, for one connection is enough to know that it
  /// lives; but where one gets no calls, that is told.
  public func merged(with other: ServerState) -> ServerState {
    var merged = rank <= other.rank ? self : other
    merged.calls = calls + other.calls
    merged.isEjected = isEjected || other.isEjected
    return merged
  }

  private var rank: Int {
    switch connectivity {
    case .ready: 0
    case .transientFailure: 1
    case .connecting: 2
    case .idle: 3
    case .shutDown: 4
    }
  }
}

extension Channel {
  /// The servers of the last resolution; empty while the channel is idle.
  public func servers() async -> [ServerState] {
    do {
      return try await connections.eventLoop.submit { [connections] in
        connections.backends.map { ServerState($0) }
      }.get()
    } catch {
      // The event loop has ended, and with it every connection.
      return []
    }
  }
}

extension ServerState {
  fileprivate init(_ backend: Backend) {
    var failure: String?
    switch backend.state {
    case .idle: connectivity = .idle
    case .connecting: connectivity = .connecting
    case .ready: connectivity = .ready
    case .failed(let status):
      connectivity = .transientFailure
      failure = status.internalReason ?? status.message
    case .shutDown: connectivity = .shutDown
    }
    address = backend.endpoint.description
    isEjected = backend.outlier.isEjected
    calls = backend.load.outstanding
    self.failure = failure
  }
}
