import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Serves GetServiceReport of one service: what all its processes tell, the same for all services.
struct ServiceReports<Service: HostedService>: RPCService {
  private let method: Method
  private let store: any Store
  private let service: Service
  private let figures: ServiceFigures

  /// Nil for a service whose contract has no GetServiceReport.
  init?(_ store: any Store, _ service: Service, _ figures: ServiceFigures) {
    let method = PorticoAPI.Methods.all.first {
      $0.owner == Service.name && $0.output == Operations.ServiceReport.descriptor
    }
    guard let method else { return nil }
    self.method = method
    self.store = store
    self.service = service
    self.figures = figures
  }

  static var name: String {
    "portico.\(Service.name).v1.\(Service.name.prefix(1).uppercased())\(Service.name.dropFirst())Operation"
  }

  var handlers: [MethodHandler] {
    [
      .unary(method) {
        (_: Operations.GetServiceReportRequest, call: Call) async throws
          -> Operations.ServiceReport in
        try await report(at: call.now)
      }
    ]
  }

  /// Those that were silent for a minute have died without a word.
  private static var silence: Duration { .minutes(1) }

  private func report(at now: Instant) async throws -> Operations.ServiceReport {
    let sample = try await store.sample(of: service)
    let processes = try await processes(at: now)
      .sorted { ($0.startTime?.seconds ?? 0, $0.id) < ($1.startTime?.seconds ?? 0, $1.id) }
    return Operations.ServiceReport(
      service: Service.name, reportTime: .init(now), processes: processes,
      queues: sample.queues.map { queue in
        .init(
          name: queue.name, waiting: Int64(queue.waiting), dead: Int64(queue.dead),
          oldestDueTime: queue.oldestDue.map { .init($0) })
      },
      leases: sample.leases.map {
        .init(name: $0.name, owner: $0.owner, expireTime: .init($0.expires))
      })
  }

  private func processes(at now: Instant) async throws -> [Operations.ProcessReport] {
    guard store.engine == .postgres else { return figures.report.map { [$0] } ?? [] }
    let reports = try await store.readAcrossTenants {
      try $0.processReports(since: now - Self.silence)
    }
    return try reports.map { try Operations.ProcessReport(serialized: $0) }
  }
}
