import Access
import Foundation
import HTTP2
import Logging
import PorticoAPI
import RPC
import Store
import Synchronization
import TestSupport
import Testing
import Values
import WellKnown

@testable import Bootstrap

/// An OTLP collector that keeps what it gets, on a port of its own.
private final class Collector: TraceService {
  private let kept = Mutex<[(service: String, span: OTLPTrace.Span)]>([])
  var spans: [(service: String, span: OTLPTrace.Span)] { kept.withLock { $0 } }

  func export(
    _ request: OTLPCollector.ExportTraceServiceRequest, _ call: Call
  ) async throws -> OTLPCollector.ExportTraceServiceResponse {
    kept.withLock { kept in
      for part in request.resourceSpans {
        let name = part.resource?.attributes.first { $0.key == "service.name" }?.value
        guard case .stringValue(let service)? = name?.value else { continue }
        kept += part.scopeSpans.flatMap(\.spans).map { (service, $0) }
      }
    }
    return .init()
  }
}

@Suite("Tracing", .timeLimit(.minutes(2)))
struct TracingTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// A collector, and an exporter that brings it what a tracer has, for as long as `body` runs.
  private func withCollector(
    _ body: (Collector, Tracer) async throws -> Void
  ) async throws {
    let collector = Collector()
    let server = Server(services: [collector], logger: logger)
    let address = try await server.listen(Listener(.tcp(host: "127.0.0.1", port: 0)))
    guard case .tcp(_, let port) = address else { throw SettingError.missing("port") }
    let tracer = Tracer(share: 1)
    let exporter = try SpanExporter(
      tracer, endpoint: "http://127.0.0.1:\(port)/", host: "here", pause: .milliseconds(10),
      logger: logger)
    try await exporter.start()
    do { try await body(collector, tracer) } catch {
      await exporter.stop()
      await server.shutDown(grace: .zero)
      throw error
    }
    await exporter.stop()
    await server.shutDown(grace: .zero)
  }

  @Test(
    "R-042 one tree from the call over its transaction to the effect that it left, sent by OTLP")
  func tree() async throws {
    try await withCollector { collector, tracer in
      try await Stage.run { stage in
        try await stage.serve("messaging", [Postbox()])
        try await stage.start(BoardService.self, telemetry: ProcessTelemetry(tracer: tracer))
        let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
        let root = TraceContext.root(isSampled: true)
        var options = CallOptions()
        try options.metadata.set("traceparent", root.traceparent)
        _ = try await ada.unary(Node(text: "hello"), options)
        let wanted = [
          "portico.testing.v1.Streams/Unary", "write ticketing", "deliver outbox",
          "portico.messaging.v1.Mails/QueueMail",
        ]
        func found() -> [OTLPTrace.Span] {
          wanted.compactMap { name in collector.spans.first { $0.span.name == name }?.span }
        }
        while found().count < wanted.count { try await Task.sleep(for: .milliseconds(10)) }
        let spans = found()
        #expect(Set(spans.map(\.traceID)) == [root.traceID.bytes])
        #expect(spans[0].parentSpanID == root.spanBytes)
        for (inner, outer) in zip(spans.dropFirst(), spans) {
          #expect(inner.parentSpanID == outer.spanID, "\(inner.name) in \(outer.name)")
        }
        #expect(spans.map(\.kind) == [.server, .client, .consumer, .client])
        #expect(spans.allSatisfy { $0.startTimeUnixNano <= $0.endTimeUnixNano })
        #expect(Set(collector.spans.map(\.service)) == ["ticketing"])
        // The collector has them before it has answered, and they count once it has.
        while tracer.exported.total < 4 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(tracer.dropped.total == 0)
      }
    }
  }

  @Test("what nobody records leaves no span and no trace in the outbox")
  func unsampled() async throws {
    try await Stage.run { stage in
      let tracer = Tracer(share: 0)
      let host = try await stage.start(
        BoardService.self, telemetry: ProcessTelemetry(tracer: tracer))
      let ada = StreamsClient(stage.caller("ticketing", as: TestPrincipal.customer()))
      _ = try await ada.unary(Node(text: "hello"))
      let traces = try await #require(await host.store).readAcrossTenants { db in
        try db.all("SELECT trace FROM portico_outbox").map { try $0["trace"] as String? }
      }
      #expect(traces == [nil])
      #expect(tracer.take().isEmpty)
      #expect(!tracer.chooses)
    }
  }

  @Test(
    "spans beyond the bound are dropped and counted, and a collector that is away costs spans only")
  func bounds() async throws {
    let tracer = Tracer(share: 1)
    let recorder = tracer.recorder(of: "x")
    for _ in 0..<(Tracer.mostWaiting + 10) {
      recorder.record(Span("a", .internal, .root(isSampled: true)))
    }
    #expect(tracer.dropped.total == 10)
    let exporter = try SpanExporter(
      tracer, endpoint: "127.0.0.1:1", host: "here", pause: .milliseconds(1), logger: logger)
    try await exporter.start()
    while tracer.dropped.total < UInt64(10 + Tracer.batch) {
      try await Task.sleep(for: .milliseconds(5))
    }
    await exporter.stop()
    #expect(tracer.exported.total == 0)
  }

  @Test("a stranger's trace goes on, recorded only when it is chosen here")
  func strangers() throws {
    let given = try #require(
      TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8))
    let child = given.child(isSampled: false)
    #expect(child.traceID == given.traceID && !child.isSampled)
    #expect(child.parentBytes == [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7])
    #expect(given.child(isSampled: true).isSampled)
    #expect(given.traceID.bytes.count == 16 && given.traceID.bytes.first == 0x4b)
  }
}
