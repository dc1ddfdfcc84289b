import PorticoAPI
import RPC
import Values
import WellKnown

/// The tables of the operator's page, one subject each over all services.
struct OperationTables {
  let services: [ServiceView]
  let context: PageContext

  var all: HTML {
    [
      section("Services", overview, or: "There are no services."),
      section("Recent errors", errors, or: "No call has failed."),
      section("Queues", queues, or: "No service tells of its queues."),
      section("Jobs", jobs, or: "No service tells of its jobs."),
      section("Processes", processes, or: "No service tells of a process."),
      section(
        "Servers, as this gateway sees them", servers, or: "This gateway has no connections yet."),
    ].joined()
  }

  /// - Parameter empty: what is said in the place of a table without rows.
  private func section(_ title: String, _ table: HTML?, or empty: String) -> HTML {
    guard let table else { return UI.card(title, body: "<p class=\"quiet\">\(empty)</p>") }
    return UI.card(title, isFlush: true, body: table)
  }

  // MARK: Services

  private var overview: HTML? {
    services.isEmpty
      ? nil
      : UI.table(
        services, caption: "Services",
        columns: [
          .init("Service", .title) { "\($0.name)" },
          .init("State", .bare) { state($0) },
          .init("Processes", .number) { count(Int64($0.processes.count)) },
          .init("Calls now", .number) { count($0.sum(\.callsInFlight)) },
          .init("Calls", .number) { count($0.sum(\.calls)) },
          .init("Failed", .number) { count($0.sum(\.failedCalls)) },
          .init("Waiting", .number) { count($0.report?.queues.reduce(0) { $0 + $1.waiting } ?? 0) },
          .init("Watchers", .number) { count($0.sum(\.watchers)) },
          .init("Events behind", .number) { service in
            count(service.processes.map(\.watcherLag).max() ?? 0)
          },
        ], isMuted: { !$0.answers })
  }

  private func state(_ service: ServiceView) -> HTML {
    guard service.answers else {
      let age: HTML? = service.since.map {
        "<div class=\"sub\">as it was \(UI.time($0, now: context.now, zone: context.zone))</div>"
      }
      return "\(UI.badge("No answer", tone: .danger, icon: .alert))\(age)"
    }
    return service.processes.contains { !$0.unready.isEmpty }
      ? UI.badge("Not ready", tone: .warning, icon: .alert)
      : UI.badge("Answers", tone: .success, icon: .check)
  }

  // MARK: Processes

  private var processes: HTML? {
    let rows = services.flatMap { service in service.processes.map { (service, $0) } }
    guard !rows.isEmpty else { return nil }
    return UI.table(
      rows, caption: "Processes",
      columns: [
        .init("Process", .title) { service, process in
          """
          \(service.name)<div class="sub">\(process.host), process \(String(process.pid))</div>
          """
        },
        .init("State", .bare) { _, process in
          process.unready.isEmpty
            ? UI.badge("Ready", tone: .success, icon: .check)
            : UI.badge("Not ready", tone: .danger, icon: .alert)
        },
        .init("Listens at") {
          "<code>\($0.1.address)</code><div class=\"sub\">\($0.1.version)</div>"
        },
        .init("Since") { context.time($0.1.startTime) ?? UI.notSet },
        .init("Heard of") { context.time($0.1.reportTime) ?? UI.notSet },
        .init("Memory", .number) { "\(UI.fileSize($0.1.residentBytes))" },
        .init("Files", .number) { count($0.1.openFiles) },
        .init("Store") { store($0.1.store) },
      ], isMuted: { !$0.0.answers })
  }

  private func store(_ store: Operations.StoreReport?) -> HTML {
    guard let store else { return UI.notSet }
    let time = store.typicalTime.map { ", \(Self.milliseconds($0))" } ?? ""
    return """
      \(store.engine)\(time)\
      <div class="sub">\(count(store.waiting)) waiting, \(count(store.failures)) failed</div>
      """
  }

  /// With one digit behind the point: `1.3 ms`.
  private static func milliseconds(_ duration: GoogleProtobuf.Duration) -> String {
    let tenths = duration.seconds * 10_000 + Int64(duration.nanos) / 100_000
    return "\(tenths / 10).\(tenths % 10) ms"
  }

  // MARK: Servers

  private var servers: HTML? {
    let rows = services.flatMap { service in service.servers.map { (service.name, $0) } }
    guard !rows.isEmpty else { return nil }
    return UI.table(
      rows, caption: "Servers",
      columns: [
        .init("Server", .title) { "\($0.0)<div class=\"sub\"><code>\($0.1.address)</code></div>" },
        .init("State", .bare) { connection($0.1) },
        .init("Calls now", .number) { count(Int64($0.1.calls)) },
        .init("Why") { UI.text($0.1.failure ?? "") ?? UI.notSet },
      ])
  }

  private func connection(_ server: ServerState) -> HTML {
    if server.isEjected { return UI.badge("Gets no calls", tone: .warning, icon: .alert) }
    return switch server.connectivity {
    case .ready: UI.badge("Connected", tone: .success, icon: .check)
    case .idle: UI.badge("Idle")
    case .connecting: UI.badge("Connecting", tone: .info)
    case .transientFailure: UI.badge("Cannot be reached", tone: .danger, icon: .alert)
    case .shutDown: UI.badge("Closed")
    }
  }

  // MARK: Queues

  private var queues: HTML? {
    let rows = services.flatMap { service in
      (service.report?.queues ?? []).map { (service.name, $0) }
    }
    guard !rows.isEmpty else { return nil }
    return UI.table(
      rows, caption: "Queues",
      columns: [
        .init("Queue", .title) { "\($0.1.name)<div class=\"sub\">\($0.0)</div>" },
        .init("State", .bare) { _, queue in
          queue.dead > 0
            ? UI.badge("Some gave up", tone: .danger, icon: .alert)
            : UI.badge(queue.waiting > 0 ? "Works" : "Empty", tone: .success, icon: .check)
        },
        .init("Waiting", .number) { count($0.1.waiting) },
        .init("Oldest due") { context.time($0.1.oldestDueTime) ?? UI.notSet },
        .init("Gave up", .number) { count($0.1.dead) },
      ])
  }

  // MARK: Jobs

  /// The last run of a job, of whichever process had it.
  struct JobView {
    let service: String
    let job: Operations.JobReport
    let process: Operations.ProcessReport
    let isRunning: Bool
    let failures: Int64
  }

  private var jobs: HTML? {
    let rows = services.flatMap { jobs(of: $0) }
    guard !rows.isEmpty else { return nil }
    return UI.table(
      rows, caption: "Jobs",
      columns: [
        .init("Job", .title) { "\($0.job.name)<div class=\"sub\">\($0.service)</div>" },
        .init("State", .bare) { row in
          row.isRunning ? UI.badge("Running", tone: .info, icon: .clock) : lastRun(row.job)
        },
        .init("Every") { "\(Self.interval($0.job.interval))" },
        .init("Last run") { context.time($0.job.lastRunTime) ?? UI.notSet },
        .init("Took") { $0.job.lastRunDuration.map { "\(Self.milliseconds($0))" } ?? UI.notSet },
        .init("By") { "\($0.process.host), process \(String($0.process.pid))" },
        .init("Failures", .number) { count($0.failures) },
        .init("Last failure") { context.time($0.job.lastFailureTime) ?? UI.notSet },
      ])
  }

  private func jobs(of service: ServiceView) -> [JobView] {
    let leases = Dictionary(
      (service.report?.leases ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    let runs = service.processes.flatMap { process in process.jobs.map { (process, $0) } }
    return Dictionary(grouping: runs, by: \.1.name).sorted { $0.key < $1.key }.compactMap {
      name, runs in
      let last = runs.max { Self.when($0.1.lastRunTime) < Self.when($1.1.lastRunTime) }
      return last.map { process, job in
        JobView(
          service: service.name, job: job, process: process,
          isRunning: Self.isRunning(job, leases["job/\(name)"]),
          failures: runs.reduce(0) { $0 + $1.1.failures })
      }
    }
  }

  /// A job keeps its lease for the interval after a run, so that no other process runs it again. In a run the lease
  /// ends most of a minute later than that.
  static func isRunning(_ job: Operations.JobReport, _ lease: Operations.LeaseReport?) -> Bool {
    guard let lease else { return false }
    guard job.lastRunTime != nil else { return true }
    let kept = when(job.lastRunTime) &+ (job.interval?.seconds ?? 0)
    return when(lease.expireTime) > kept &+ 30
  }

  private func lastRun(_ job: Operations.JobReport) -> HTML {
    guard job.lastRunTime != nil else { return UI.badge("Not run yet") }
    return Self.when(job.lastFailureTime) >= Self.when(job.lastRunTime)
      ? UI.badge("Failed", tone: .danger, icon: .alert)
      : UI.badge("Done", tone: .success, icon: .check)
  }

  /// `30 s`, `5 min`, `1 h`.
  static func interval(_ duration: GoogleProtobuf.Duration?) -> String {
    let seconds = duration?.seconds ?? 0
    if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600) h" }
    return seconds >= 60 && seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
  }

  private static func when(_ time: GoogleProtobuf.Timestamp?) -> Int64 { time?.seconds ?? 0 }

  // MARK: Errors

  private static let shown = 30

  private var errors: HTML? {
    let rows = services.flatMap { service in
      service.processes.flatMap(\.errors).map { (service.name, $0) }
    }.sorted { Self.when($0.1.time) > Self.when($1.1.time) }.prefix(Self.shown)
    guard !rows.isEmpty else { return nil }
    return UI.table(
      Array(rows), caption: "Recent errors",
      columns: [
        .init("Method", .title) { "<code>\($0.1.method)</code>" },
        .init("Code", .bare) { UI.badge($0.1.code, tone: .danger) },
        .init("When") { context.time($0.1.time, style: .absolute) ?? UI.notSet },
        .init("Request") { $0.1.requestID.isEmpty ? UI.notSet : UI.copyable($0.1.requestID) },
      ])
  }

  private func count(_ number: Int64) -> HTML { "\(UI.grouped(String(number)))" }
}

extension ServiceView {
  /// Over all processes.
  func sum(_ figure: KeyPath<Operations.ProcessReport, Int64>) -> Int64 {
    processes.reduce(0) { $0 &+ $1[keyPath: figure] }
  }
}
