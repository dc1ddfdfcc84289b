import RPC
import Synchronization
import Telemetry

/// The spans of a process on their way out: a bounded number waits, what comes beyond is dropped and counted. Recording
/// takes a lock for as long as appending takes; no call ever waits for a collector.
public final class Tracer: Sendable {
  struct Entry: Sendable {
    /// Whose it is: several services may share a process.
    let service: String
    let span: Span
  }

  static let mostWaiting = 8192
  /// Spans that leave together.
  static let batch = 512

  /// How many of the requests that begin here are recorded, 0 to 1.
  public let share: Double
  private let waiting = Mutex<[Entry]>([])
  let exported = Counter("portico_spans_exported_total", help: "Spans that the collector took.")
  let dropped = Counter("portico_spans_dropped_total", help: "Spans that nobody took.")

  public init(share: Double) { self.share = min(1, max(0, share)) }

  /// Whether a request that begins now is recorded.
  public var chooses: Bool { share > 0 && (share >= 1 || Double.random(in: 0..<1) < share) }

  /// What records in the name of one service.
  public func recorder(of service: String) -> any SpanRecorder {
    ServiceRecorder(tracer: self, service: service)
  }

  func add(_ entry: Entry) {
    let isIn = waiting.withLock { waiting in
      guard waiting.count < Self.mostWaiting else { return false }
      waiting.append(entry)
      return true
    }
    if !isIn { dropped.add() }
  }

  /// The oldest, at most a batch of them.
  func take() -> [Entry] {
    waiting.withLock { waiting in
      let taken = Array(waiting.prefix(Self.batch))
      waiting.removeFirst(taken.count)
      return taken
    }
  }

  var families: [MetricFamily] { [exported.family, dropped.family] }
}

private struct ServiceRecorder: SpanRecorder {
  let tracer: Tracer
  let service: String

  func record(_ span: Span) { tracer.add(.init(service: service, span: span)) }
}
