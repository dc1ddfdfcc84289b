import Synchronization
import Telemetry

/// The requests that one gateway process answers, by class and status: whatever strangers send, there are as many series.
final class EdgeFigures: Sendable {
  /// What belongs to no surface: health, what cannot be read, what leads nowhere.
  private static let noClass = "none"
  private static let statuses = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"]

  private struct Row: Sendable {
    let name: String
    let counts: Counts
    let times = Distribution()
  }

  /// One count for each class of status.
  private final class Counts: Sendable {
    private let informational = Atomic<UInt64>(0)
    private let success = Atomic<UInt64>(0)
    private let redirection = Atomic<UInt64>(0)
    private let clientError = Atomic<UInt64>(0)
    private let serverError = Atomic<UInt64>(0)
    private let unanswered = Atomic<UInt64>(0)

    func add(_ status: UInt?) {
      switch status {
      case .some(100..<200): informational.wrappingAdd(1, ordering: .relaxed)
      case .some(200..<300): success.wrappingAdd(1, ordering: .relaxed)
      case .some(300..<400): redirection.wrappingAdd(1, ordering: .relaxed)
      case .some(400..<500): clientError.wrappingAdd(1, ordering: .relaxed)
      case .some: serverError.wrappingAdd(1, ordering: .relaxed)
      case nil: unanswered.wrappingAdd(1, ordering: .relaxed)
      }
    }

    /// In the order of `statuses`.
    var all: [UInt64] {
      [
        informational.load(ordering: .relaxed), success.load(ordering: .relaxed),
        redirection.load(ordering: .relaxed), clientError.load(ordering: .relaxed),
        serverError.load(ordering: .relaxed), unanswered.load(ordering: .relaxed),
      ]
    }
  }

  private let classes: [RouteClass: Row]
  private let others = Row(name: EdgeFigures.noClass, counts: Counts())
  private let running = Atomic<Int>(0)

  init() {
    classes = Dictionary(
      uniqueKeysWithValues: RouteClass.allCases.map {
        ($0, Row(name: $0.rawValue, counts: Counts()))
      })
  }

  func began() { running.wrappingAdd(1, ordering: .relaxed) }

  /// - Parameter status: nil when nothing was answered.
  func ended(_ kind: RouteClass?, status: UInt?, after time: Duration) {
    running.wrappingSubtract(1, ordering: .relaxed)
    let row = kind.flatMap { classes[$0] } ?? others
    row.counts.add(status)
    row.times.record(time)
  }

  var families: [MetricFamily] {
    let rows = classes.values.sorted { $0.name < $1.name } + [others]
    let requests = MetricFamily(
      "portico_http_requests_total", .counter,
      help: "Requests answered, by class of route and of status.",
      samples: rows.flatMap { row in
        zip(Self.statuses, row.counts.all).map { status, count in
          MetricFamily.Sample(
            Double(count), [.init("class", row.name), .init("status", status)])
        }
      })
    var times = MetricFamily(
      "portico_http_request_seconds", .histogram,
      help: "Time from a request's head to the end of its answer.")
    for row in rows { row.times.add(to: &times, [.init("class", row.name)]) }
    return [
      requests, times,
      .gauge(
        "portico_http_requests_in_flight", Double(running.load(ordering: .relaxed)),
        help: "Requests without the end of their answer."),
    ]
  }
}
