import Foundation
import NIOHTTP1
import Telemetry

/// What the internal port answers.
struct InternalPage: Sendable {
  struct Answer: Sendable {
    var status: HTTPResponseStatus
    var type: String
    var text: String
  }

  private let telemetry: ProcessTelemetry

  init(_ telemetry: ProcessTelemetry) { self.telemetry = telemetry }

  /// Throws only when the answer cannot be spelled.
  func answer(to head: HTTPRequestHead) async throws -> Answer {
    guard head.method == .GET || head.method == .HEAD else {
      return Answer(status: .methodNotAllowed, type: "text/plain", text: "GET only\n")
    }
    switch head.uri.prefix(while: { $0 != "?" }) {
    case "/metrics":
      return Answer(
        status: .ok, type: PrometheusText.contentType,
        text: PrometheusText.text(telemetry.metrics.families))
    case "/healthz":
      return Answer(status: .ok, type: "application/json", text: "{\"status\":\"ok\"}\n")
    case "/readyz": return try await readiness()
    default: return Answer(status: .notFound, type: "text/plain", text: "not found\n")
    }
  }

  private struct Report: Encodable {
    struct Dependency: Encodable {
      var name: String
      var status: String
      var needed: Bool
      var reason: String?
    }

    var status: String
    var phase: String
    var dependencies: [Dependency]
  }

  private func readiness() async throws -> Answer {
    let found = await telemetry.readiness.report()
    let report = Report(
      status: found.isReady ? "ready" : "unready", phase: found.phase,
      dependencies: found.findings.map {
        .init(
          name: $0.name, status: $0.reason == nil ? "ok" : "failing", needed: $0.isNeeded,
          reason: $0.reason)
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Answer(
      status: found.isReady ? .ok : .serviceUnavailable, type: "application/json",
      text: String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
  }
}
