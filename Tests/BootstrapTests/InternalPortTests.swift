import Access
import Bootstrap
import Foundation
import FoundationNetworking
import GRPCServices
import Logging
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

/// What those see who run a process: the internal port, gRPC's health and the report of a service.
@Suite("The internal port", .timeLimit(.minutes(2)))
struct InternalPortTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// A service with an internal port, for as long as `body` runs.
  private func withService(
    _ body: (Stage, ServiceHost<BoardService>, ProcessTelemetry, Int) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      let telemetry = ProcessTelemetry()
      let server = InternalServer(.tcp(host: "127.0.0.1", port: 0), telemetry, logger: logger)
      try await server.start()
      let host = try await stage.start(
        BoardService.self, settings: ["report.seconds": "1"], telemetry: telemetry)
      do {
        try await body(stage, host, telemetry, try #require(server.port))
      } catch {
        await server.stop()
        throw error
      }
      await server.stop()
    }
  }

  private func get(_ path: String, _ port: Int) async throws -> (status: Int, text: String) {
    let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
    return try await withCheckedThrowingContinuation { continuation in
      let task = URLSession.shared.dataTask(with: url) { data, response, error in
        if let error { return continuation.resume(throwing: error) }
        continuation.resume(
          returning: (
            (response as? HTTPURLResponse)?.statusCode ?? 0,
            String(decoding: data ?? Data(), as: UTF8.self)
          ))
      }
      task.resume()
    }
  }

  @Test(
    "R-042 /metrics has the process, the calls, the store, queues, jobs and events of each service")
  func metrics() async throws {
    try await withService { stage, host, _, port in
      _ = try await HealthClient(stage.caller("ticketing")).check(.init(), CallOptions())
      var text = ""
      // The queues are there with the first report, leases with the first after a job has run.
      while ["portico_queue_waiting", "portico_lease_held", "grpc_server_handled_total"]
        .contains(where: { !text.contains($0) })
      {
        text = try await get("/metrics", port).text
        try await Task.sleep(for: .milliseconds(20))
      }
      for name in [
        "process_resident_memory_bytes", "portico_build_info", "portico_ready",
        "grpc_server_handling_seconds_bucket", "http2_connections_open",
        "portico_store_transaction_seconds_count", "portico_store_writable",
        "portico_sqlite_commit_seconds_count", "portico_outbox_effects_total",
        "portico_queue_oldest_due_seconds", "portico_job_runs_total", "portico_event_watchers",
        "portico_events_total", "portico_lease_held",
      ] {
        #expect(text.contains("\n\(name)") || text.hasPrefix(name), "\(name)")
      }
      #expect(text.contains("portico_store_writable{service=\"ticketing\"} 1"))
      #expect(try await get("/nothing", port).status == 404)
    }
  }

  @Test("R-180 /readyz is ready when everything runs, and not before or after")
  func phases() async throws {
    try await withService { _, _, telemetry, port in
      #expect(try await get("/healthz", port).status == 200)
      let starting = try await get("/readyz", port)
      #expect(starting.status == 503 && starting.text.contains("starting"))
      telemetry.readiness.started()
      let running = try await get("/readyz", port)
      #expect(running.status == 200, "\(running.text)")
      #expect(running.text.contains("\"ticketing/store\""))
      // Nobody listens there: a service that is down costs its part, not the process.
      #expect(running.text.contains("does not answer"))
      telemetry.readiness.draining()
      #expect(try await get("/readyz", port).text.contains("draining"))
    }
  }

  @Test("V-03 R-033 a store that takes no more writes is not ready, and gRPC's health says so too")
  func refusal() async throws {
    try await withService { stage, host, telemetry, port in
      telemetry.readiness.started()
      let health = HealthClient(stage.caller("ticketing"))
      #expect(try await health.check(.init(), CallOptions()).status == .serving)
      await host.store?.close()
      let answer = try await get("/readyz", port)
      #expect(answer.status == 503 && answer.text.contains("takes no writes"))
      #expect(
        try await get("/metrics", port).text.contains(
          "portico_store_writable{service=\"ticketing\"} 0"))
      while try await health.check(.init(), CallOptions()).status == .serving {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  @Test(
    "a service reports all its processes, queues and leases to gateway and operator, and to nobody else"
  )
  func reports() async throws {
    try await withService { stage, _, _, _ in
      let reports = TicketingOperationClient(stage.caller("ticketing", asService: "gateway"))
      var report = Operations.ServiceReport()
      while report.processes.isEmpty {
        report = try await reports.getServiceReport(.init())
        try await Task.sleep(for: .milliseconds(20))
      }
      let process = try #require(report.processes.first)
      #expect(report.service == "ticketing")
      #expect(report.queues.map(\.name) == ["outbox"])
      #expect(process.pid == ProcessInfo.processInfo.processIdentifier)
      #expect(process.store?.engine == "sqlite")
      #expect(process.jobs.contains { $0.name == "tick" })
      #expect(process.residentBytes > 0)
      let person = TicketingOperationClient(
        stage.caller("ticketing", as: TestPrincipal.staff()))
      await #expect(throws: Status.self) { try await person.getServiceReport(.init()) }
    }
  }
}
