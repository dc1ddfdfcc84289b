import NIOCore
import Synchronization

/// The counters of a server's or a channel's calls, by method. Counting costs a call some stores to memory of its own
/// event loop; reading puts the loops' parts together.
public final class CallMetrics: Sendable {
  /// Which side of its calls it counts; names the metrics in the exposition.
  public enum Side: String, Sendable { case server, client }

  /// One method, over all event loops.
  public struct Method: Sendable, Hashable {
    public let label: MethodLabel
    public internal(set) var started: UInt64
    public internal(set) var handled: [Status.Code: UInt64]
    /// Nanoseconds from the headers to the status.
    public internal(set) var latency: Histogram
    /// Bytes of each message, not counting compression. The counts are the numbers of messages.
    public internal(set) var requestSizes: Histogram
    public internal(set) var responseSizes: Histogram

    /// Calls without a status. Never negative, though the two counts are read one after the other.
    public var inFlight: UInt64 {
      let ended = handled.values.reduce(0, &+)
      return started > ended ? started - ended : 0
    }

    mutating func add(_ other: Method) {
      started &+= other.started
      handled.merge(other.handled, uniquingKeysWith: &+)
      latency.add(other.latency)
      requestSizes.add(other.requestSizes)
      responseSizes.add(other.responseSizes)
    }
  }

  private struct State {
    var recorders: [ObjectIdentifier: CallRecorder] = [:]
    var counters: [(label: MethodLabel, counters: MethodCounters)] = []
  }

  public let side: Side
  private let state = Mutex(State())

  public init(_ side: Side) { self.side = side }

  /// What counts on an event loop; the same one for each connection there.
  func recorder(on eventLoop: any EventLoop) -> CallRecorder {
    state.withLock { state in
      if let known = state.recorders[ObjectIdentifier(eventLoop)] { return known }
      let recorder = CallRecorder(self)
      state.recorders[ObjectIdentifier(eventLoop)] = recorder
      return recorder
    }
  }

  fileprivate func makeCounters(_ label: MethodLabel) -> MethodCounters {
    let counters = MethodCounters()
    state.withLock { $0.counters.append((label, counters)) }
    return counters
  }

  /// Every method that was called, by name.
  public var snapshot: [Method] {
    var methods: [MethodLabel: Method] = [:]
    for (label, counters) in state.withLock({ $0.counters }) {
      let part = counters.snapshot(label)
      if methods[label]?.add(part) == nil { methods[label] = part }
    }
    return methods.values.sorted {
      ($0.label.service, $0.label.name) < ($1.label.service, $1.label.name)
    }
  }
}

/// What a metric says of its method.
public struct MethodLabel: Sendable, Hashable {
  public let service: String
  public let name: String
  public let streaming: Method.Streaming

  init(_ method: Method) {
    service = method.service
    name = method.name
    streaming = method.streaming
  }

  /// All paths that are not served, as one: strangers choose their number.
  static let unknown = MethodLabel(service: "unknown", name: "unknown", streaming: .unary)

  private init(service: String, name: String, streaming: Method.Streaming) {
    self.service = service
    self.name = name
    self.streaming = streaming
  }
}

/// The counters of one event loop, to be used there only.
final class CallRecorder: @unchecked Sendable {
  // `CallMetrics` keeps its recorders in a dictionary, and so the other way round would be a cycle for good.
  private unowned let metrics: CallMetrics
  @exclusivity(unchecked) private var byIndex: [MethodCounters?] = []
  @exclusivity(unchecked) private var byPath: [String: MethodCounters] = [:]
  private(set) lazy var unknown = metrics.makeCounters(.unknown)

  fileprivate init(_ metrics: CallMetrics) { self.metrics = metrics }

  /// Those of a route of the server, by its number.
  func counters(of route: Route) -> MethodCounters {
    if route.index < byIndex.count, let known = byIndex[route.index] { return known }
    while byIndex.count <= route.index { byIndex.append(nil) }
    let counters = metrics.makeCounters(MethodLabel(route.method))
    byIndex[route.index] = counters
    return counters
  }

  /// Those of a method that a client calls, by its path.
  func counters(of path: String, _ label: MethodLabel) -> MethodCounters {
    if let known = byPath[path] { return known }
    let counters = metrics.makeCounters(label)
    byPath[path] = counters
    return counters
  }
}
