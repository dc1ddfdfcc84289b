import Logging
import PorticoAPI
import Store
import Synchronization
import Telemetry
import Values

/// All that one service counts in this process, and what it last read of its queues.
final class ServiceFigures: Sendable {
  /// What had to be read from the database.
  struct Sample: Sendable {
    var queues: [QueueDepth]
    var leases: [Lease]
    var events: Int64
    var time: Instant
  }

  let process: String
  let store = StoreFigures()
  let effects = Counter(
    "portico_outbox_effects_total", help: "Effects performed, by what became of them.",
    labels: ["outcome"], known: [["done"], ["again"], ["dead"]])
  let effectAge = Distribution()
  let errors = RecentErrors()
  private let last = Mutex<(sample: Sample?, report: Operations.ProcessReport?)>((nil, nil))

  /// - Parameter process: unlike any other's.
  init(process: String) { self.process = process }

  var sample: Sample? {
    get { last.withLock { $0.sample } }
    set { last.withLock { $0.sample = newValue } }
  }

  /// What this process last told of itself.
  var report: Operations.ProcessReport? {
    get { last.withLock { $0.report } }
    set { last.withLock { $0.report = newValue } }
  }

  var families: [MetricFamily] {
    [
      effects.family,
      effectAge.family(
        "portico_outbox_delivery_seconds", help: "From an effect's transaction to its being done."),
    ] + queueFamilies
  }

  private var queueFamilies: [MetricFamily] {
    guard let sample else { return [] }
    func family(
      _ name: String, _ help: String, _ value: (QueueDepth) -> Double
    ) -> MetricFamily {
      MetricFamily(
        name, .gauge, help: help,
        samples: sample.queues.map { .init(value($0), [.init("queue", $0.name)]) })
    }
    return [
      family("portico_queue_waiting", "What is still to be done.") { Double($0.waiting) },
      family("portico_queue_dead", "What gave up and waits for somebody.") { Double($0.dead) },
      family("portico_queue_oldest_due_seconds", "How long the oldest that is due has waited.") {
        queue in
        queue.oldestDue.map { max(0, (sample.time - $0) / .seconds(1)) } ?? 0
      },
      .counter(
        "portico_events_total", sample.events, help: "Events ever appended to the service's logs."),
      MetricFamily(
        "portico_lease_held", .gauge, help: "Leases that this process holds.",
        samples: sample.leases.map {
          .init($0.owner == process ? 1 : 0, [.init("lease", $0.name)])
        }),
    ]
  }
}
