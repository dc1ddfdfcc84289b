import Logging
import Synchronization
import Values

/// What all connections of a server share.
final class ServerCore: Sendable {
  let router: Router
  let interceptors: [any ServerInterceptor]
  let clock: any WallClock
  let configuration: ServerConfiguration
  let logger: Logger
  let metrics = CallMetrics(.server)
  let handlers = HandlerLoops()
  private let running = Atomic<Int>(0)
  private let inflation: InflationBudget
  /// Nil when clients have no bound of their own.
  let peerHandlers: PeerHandlers?

  init(
    router: Router, interceptors: [any ServerInterceptor], clock: any WallClock,
    configuration: ServerConfiguration, logger: Logger
  ) {
    self.router = router
    self.interceptors = interceptors
    self.clock = clock
    self.configuration = configuration
    self.logger = logger
    peerHandlers = configuration.handlersPerClient.map { PeerHandlers(limit: $0) }
    inflation = InflationBudget(limit: configuration.inflatedBytesInAll)
  }

  /// For the requests of one call that come in `encoding`.
  func makeInbox(_ encoding: Compression) -> Inbox {
    guard encoding == .gzip else { return Inbox(limit: configuration.maximumRequestBytes) }
    return Inbox(
      limit: configuration.maximumRequestBytes,
      decompressor: Decompressor(
        limit: configuration.maximumRequestBytes,
        maximumRatio: configuration.maximumInflationRatio, budget: inflation))
  }

  var runningHandlers: Int { running.load(ordering: .relaxed) }

  /// Takes a place among the running handlers of the process; false when there is none.
  func beginHandler() -> Bool {
    let before = running.wrappingAdd(1, ordering: .relaxed).oldValue
    guard before < configuration.handlersInAll else {
      running.wrappingSubtract(1, ordering: .relaxed)
      return false
    }
    return true
  }

  func endHandler() { running.wrappingSubtract(1, ordering: .relaxed) }
}
