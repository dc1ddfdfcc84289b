import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import Gateway

@Suite("The operator's page")
struct OperationTests {
  private static let now = Instant(seconds: 1_772_400_000)
  private static func ago(_ seconds: Int64) -> GoogleProtobuf.Timestamp {
    .init(seconds: 1_772_400_000 - seconds)
  }

  private static func process(
    unready: [String] = [], jobs: [Operations.JobReport] = [],
    errors: [Operations.ErrorReport] = []
  ) -> Operations.ProcessReport {
    .init(
      id: "ticketing/1/a", host: "<b>node</b>", pid: 4242, version: "1.2.3",
      address: "unix:/run/ticketing", startTime: ago(7200), reportTime: ago(4), unready: unready,
      residentBytes: 41_000_000, calls: 12_345, failedCalls: 6, watcherLag: 3,
      store: .init(
        engine: "postgres", waiting: 2, typicalTime: .init(seconds: 0, nanos: 2_450_000)),
      jobs: jobs, errors: errors)
  }

  private static func view(
    _ report: Operations.ServiceReport, servers: [ServerState] = []
  ) -> ServiceView {
    ServiceView(name: "ticketing", part: .fresh(report), servers: servers)
  }

  @Test("A job that keeps its lease for the interval after a run is not running")
  func runningJob() {
    let job = Operations.JobReport(
      name: "digest", interval: .init(seconds: 3600), lastRunTime: Self.ago(600))
    func lease(endingIn seconds: Int64) -> Operations.LeaseReport {
      .init(name: "job/digest", owner: "ticketing/1/a", expireTime: Self.ago(-seconds))
    }
    #expect(!OperationTables.isRunning(job, nil))
    #expect(!OperationTables.isRunning(job, lease(endingIn: 3000)))
    #expect(OperationTables.isRunning(job, lease(endingIn: 3055)))
    #expect(OperationTables.isRunning(.init(name: "digest"), lease(endingIn: 60)))
  }

  @Test("U-24 what needs somebody is said in words, and nothing else is")
  func findings() {
    let quiet = Operations.ServiceReport(
      processes: [
        Self.process(errors: [.init(time: Self.ago(3600), method: "/a/B", code: "INTERNAL")])
      ],
      queues: [.init(name: "outbox", waiting: 40, oldestDueTime: Self.ago(60))])
    #expect(Self.view(quiet).findings(at: Self.now).isEmpty)

    let loud = Operations.ServiceReport(
      processes: [
        Self.process(
          unready: ["store: does not answer"],
          errors: [.init(time: Self.ago(60), method: "/a/B", code: "INTERNAL")])
      ],
      queues: [.init(name: "mail", waiting: 40, dead: 2, oldestDueTime: Self.ago(3600))])
    let servers = [
      ServerState(address: "10.0.0.1:1", connectivity: .ready, isEjected: true, calls: 0),
      ServerState(
        address: "10.0.0.2:1", connectivity: .transientFailure, isEjected: false, calls: 0),
      ServerState(address: "10.0.0.3:1", connectivity: .ready, isEjected: false, calls: 7),
    ]
    let said = Self.view(loud, servers: servers).findings(at: Self.now)
    #expect(
      said.map(\.text) == [
        "ticketing on <b>node</b>, process 4242: store: does not answer.",
        "ticketing at 10.0.0.1:1 gets no calls: too many of them failed.",
        "ticketing at 10.0.0.2:1 cannot be reached from here.",
        "2 in the mail of ticketing gave up.", "The mail of ticketing is behind: 40 wait.",
        "1 call of ticketing failed in the last 15 minutes.",
      ])
    #expect(said.map(\.isOutage) == [true, false, false, false, false, false])
    let gone = ServiceView(
      name: "billing", part: .stale(quiet, Self.now - .seconds(30)), servers: [])
    #expect(
      gone.findings(at: Self.now) == [.init(text: "billing does not answer.", isOutage: true)])
  }

  @Test("U-24 a service that does not answer is shown as it was, with its age")
  func stale() throws {
    let context = try Samples.context(TestPrincipal.staff(.administrator))
    let report = Operations.ServiceReport(processes: [Self.process()])
    let page = OperationPage.render(
      [
        ServiceView(
          name: "ticketing", part: .stale(report, context.now - .seconds(90)), servers: []),
        ServiceView(
          name: "billing", part: .missing(Problem(Status(.unavailable, "away"))), servers: []),
      ], context
    ).description
    #expect(page.contains("ticketing does not answer."))
    #expect(page.contains("billing does not answer."))
    #expect(page.contains("as it was") && page.contains("12,345") && page.contains("41 MB"))
    #expect(page.contains("postgres, 2.4 ms"))
    #expect(page.contains("&lt;b&gt;node&lt;/b&gt;") && !page.contains("<b>node"))
    #expect(page.contains("data-live-every=\"10\""))
  }

  @Test("A job is shown by its last run, wherever it was, and with all its failures")
  func jobs() throws {
    let context = try Samples.context(TestPrincipal.staff(.administrator))
    func job(_ last: Int64, failures: Int64, failed: Int64? = nil) -> Operations.JobReport {
      .init(
        name: "sla-clock", interval: .init(seconds: 300), runs: 9, failures: failures,
        lastRunTime: Self.ago(last), lastRunDuration: .init(seconds: 1, nanos: 0),
        lastFailureTime: failed.map(Self.ago))
    }
    var other = Self.process(jobs: [job(10, failures: 1, failed: 10)])
    other.id = "ticketing/2/b"
    other.host = "second"
    let report = Operations.ServiceReport(
      processes: [Self.process(jobs: [job(500, failures: 2)]), other])
    let page = OperationPage.render([Self.view(report)], context).description
    #expect(page.contains("second, process 4242") && page.contains("5 min"))
    #expect(page.contains("1000.0 ms") && page.contains("Failed"))
    #expect(page.components(separatedBy: "sla-clock").count == 2)
    #expect(page.contains("<td data-kind=\"number\" data-label=\"Failures\">3</td>"))
  }

  @Test("Two connections to one server are told as one: connected where any is")
  func merging() {
    let ready = ServerState(address: "a", connectivity: .ready, isEjected: false, calls: 2)
    let failed = ServerState(
      address: "a", connectivity: .transientFailure, isEjected: true, calls: 1, failure: "refused")
    for merged in [ready.merged(with: failed), failed.merged(with: ready)] {
      #expect(merged.connectivity == .ready && merged.calls == 3 && merged.isEjected)
      #expect(merged.failure == nil)
    }
  }

  @Test("The page is there for tenants that run the installation, and for nobody else")
  func tenants() {
    let desk = OperationDesk(
      Methods.all, caller: Backends([:]), tenants: [TenantID("northwind")], servers: { _ in [] })
    #expect(desk.isOpen(to: TenantID("northwind")) && !desk.isOpen(to: TenantID("southwind")))
    // Every service is in it without a line here.
    #expect(
      desk.methods.map(\.owner) == ["billing", "cms", "identity", "messaging", "ticketing"])
  }
}
