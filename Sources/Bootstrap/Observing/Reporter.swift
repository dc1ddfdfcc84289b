import Foundation
import Handling
import Logging
import PorticoAPI
import Store
import Telemetry
import Values
import WellKnown

/// Tells how the service is doing in this process: to Prometheus at any time, and every few seconds to the other processes
/// of the service, by a row in the database that they share. A file of SQLite is shared with nobody: nothing is written.
struct Reporter<Service: HostedService>: Sendable {
  let service: Service
  let store: any Store
  let figures: ServiceFigures
  let jobs: JobFigures
  let feeds: EventFeeds
  let calls: HostMetrics
  let telemetry: ProcessTelemetry
  let address: String
  /// Where it keeps its rows and files.
  let folders: [URL]
  let logger: Logger

  /// Until the task is cancelled; then the row goes.
  func run(every pause: Duration) async {
    let started = store.clock.now
    var isFailing = false
    while !Task.isCancelled {
      do {
        try await report(started)
        isFailing = false
      } catch {
        if !isFailing, !Task.isCancelled {
          logger.warning("how the service is doing cannot be told", metadata: ["error": "\(error)"])
        }
        isFailing = true
      }
      do { try await Task.sleep(for: pause) } catch { break }
    }
    await withdraw()
  }

  /// Reads what only the database knows, and writes what only this process knows.
  private func report(_ started: Instant) async throws {
    figures.sample = try await store.sample(of: service)
    let unready = await telemetry.readiness.findings(of: Service.name + "/", localOnly: true)
      .compactMap { finding in finding.reason.map { "\(finding.name): \($0)" } }
    let message = message(started, unready)
    figures.report = message
    guard store.engine == .postgres else { return }
    let (id, report) = (figures.process, try message.serialized())
    try await store.writeAcrossTenants { try $0.post(report, ofProcess: id) }
  }

  private func withdraw() async {
    guard store.engine == .postgres else { return }
    let id = figures.process
    do { try await store.writeAcrossTenants { try $0.withdrawReport(ofProcess: id) } } catch {
      logger.debug("a report stays for an hour", metadata: ["error": "\(error)"])
    }
  }

  var families: [MetricFamily] {
    let watch = feeds.figures
    return calls.families + figures.store.families(store.condition) + figures.families
      + jobs.families + service.metrics + diskFamilies + [
        .gauge("portico_event_feeds", Double(watch.feeds), help: "Event logs that are followed."),
        .gauge("portico_event_watchers", Double(watch.watchers), help: "Streams of events."),
        .gauge(
          "portico_event_watcher_lag", Double(watch.lag),
          help: "Events that the slowest stream has not been given."),
      ]
  }

  /// The one with the least room.
  private var diskFamilies: [MetricFamily] {
    let spaces = folders.compactMap { DiskSpace(at: $0) }
    guard let space = spaces.min(by: { $0.freeBytes < $1.freeBytes }) else { return [] }
    return [
      .gauge("portico_disk_free_bytes", Double(space.freeBytes), help: "Room that is left."),
      .gauge("portico_disk_total_bytes", Double(space.totalBytes), help: "Size of the disk."),
    ]
  }

  private func message(
    _ started: Instant, _ unready: [String]
  ) -> Operations.ProcessReport {
    let (process, watch, calls) = (ProcessFigures(), feeds.figures, calls.calls)
    return Operations.ProcessReport(
      id: figures.process, host: telemetry.host,
      pid: ProcessInfo.processInfo.processIdentifier, version: ProcessTelemetry.version,
      address: address, startTime: GoogleProtobuf.Timestamp(started),
      reportTime: GoogleProtobuf.Timestamp(store.clock.now), unready: unready,
      residentBytes: Int64(process.residentBytes), openFiles: Int64(process.openFiles),
      mostFiles: Int64(process.mostFiles), cpuSeconds: process.cpuSeconds,
      calls: Int64(clamping: calls.all), failedCalls: Int64(clamping: calls.failed),
      callsInFlight: Int64(clamping: calls.inFlight), watchers: Int64(watch.watchers),
      watcherLag: watch.lag, store: storeReport, jobs: jobs.all.map { .init($0) },
      errors: figures.errors.all.map { .init($0) })
  }

  private var storeReport: Operations.StoreReport {
    let condition = store.condition
    return .init(
      engine: store.engine.rawValue, waiting: Int64(condition.waiting),
      transactions: Int64(clamping: figures.store.transactions),
      failures: Int64(clamping: figures.store.failures),
      retries: Int64(clamping: condition.retries),
      typicalTime: figures.store.typicalTime.map {
        GoogleProtobuf.Duration(.nanoseconds(Int64($0 * 1e9)))
      })
  }
}

extension Store {
  /// What there is to do over all tenants, and who does it.
  func sample(of service: some HostedService) async throws -> ServiceFigures.Sample {
    try await readAcrossTenants { db in
      ServiceFigures.Sample(
        queues: [try db.outboxDepth()] + (try service.queues(db)), leases: try db.heldLeases(),
        events: try db.eventCount(), time: db.now)
    }
  }
}

extension Operations.JobReport {
  fileprivate init(_ job: (name: String, interval: Duration, record: JobFigures.Record)) {
    let record = job.record
    self.init(
      name: job.name, interval: GoogleProtobuf.Duration(job.interval), runs: Int64(record.runs),
      failures: Int64(record.failures), lastRunTime: record.lastRun.map { .init($0) },
      lastRunDuration: record.lastRun.map { _ in .init(record.lastDuration) },
      lastFailureTime: record.lastFailure.map { .init($0) })
  }
}

extension Operations.ErrorReport {
  fileprivate init(_ entry: RecentErrors.Entry) {
    self.init(
      time: .init(entry.time), method: entry.method, code: entry.code,
      requestID: entry.requestID)
  }
}
