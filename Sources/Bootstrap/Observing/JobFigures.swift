import Store
import Synchronization
import Telemetry
import Values

/// What the jobs of a service do in this process.
final class JobFigures: Sendable {
  struct Record: Sendable {
    var runs = 0
    var failures = 0
    var lastRun: Instant?
    var lastDuration = Duration.zero
    var lastFailure: Instant?
    var isRunning = false
  }

  private let jobs: [(name: String, interval: Duration)]
  private let clock: any WallClock
  private let records: Mutex<[String: Record]>

  init(_ jobs: [Job], clock: any WallClock) {
    self.jobs = jobs.map { ($0.name, $0.interval) }
    self.clock = clock
    records = Mutex(
      Dictionary(jobs.map { ($0.name, Record()) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Each with how often it runs, in their order.
  var all: [(name: String, interval: Duration, record: Record)] {
    let records = records.withLock { $0 }
    return jobs.map { ($0.name, $0.interval, records[$0.name] ?? Record()) }
  }

  func began(_ job: String) { records.withLock { $0[job]?.isRunning = true } }

  func ended(_ job: String, after duration: Duration, failed: Bool) {
    let now = clock.now
    records.withLock { records in
      records[job]?.isRunning = false
      records[job]?.runs += 1
      records[job]?.lastRun = now
      records[job]?.lastDuration = duration
      if failed {
        records[job]?.failures += 1
        records[job]?.lastFailure = now
      }
    }
  }

  var families: [MetricFamily] {
    let all = all
    func family(
      _ name: String, _ kind: MetricFamily.Kind, _ help: String,
      _ value: (Record) -> Double?
    ) -> MetricFamily {
      MetricFamily(
        name, kind, help: help,
        samples: all.compactMap { job in
          value(job.record).map { MetricFamily.Sample($0, [.init("job_name", job.name)]) }
        })
    }
    return [
      family("portico_job_runs_total", .counter, "Runs of a job that ended.") { Double($0.runs) },
      family("portico_job_failures_total", .counter, "Those of them that failed.") {
        Double($0.failures)
      },
      family("portico_job_running", .gauge, "Whether it runs in this process now.") {
        $0.isRunning ? 1 : 0
      },
      family("portico_job_last_run_seconds", .gauge, "Time that the last run took.") {
        $0.lastRun == nil ? nil : $0.lastDuration / .seconds(1)
      },
      family("portico_job_last_run_timestamp_seconds", .gauge, "End of the last run.") {
        $0.lastRun.map { Double($0.microseconds) / 1e6 }
      },
    ]
  }
}
