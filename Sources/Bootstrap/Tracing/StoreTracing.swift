import RPC
import Store

/// The spans of a service's transactions.
struct StoreTracing: Sendable {
  let service: String
  let engine: Engine
  let recorder: any SpanRecorder

  /// - Parameter around: the trace that the transaction belongs to.
  func recording<T>(
    _ kind: StoreFigures.Kind, in around: TraceContext, _ body: (String) async throws -> T
  ) async throws -> T {
    let span = Span(
      "\(kind.rawValue) \(service)", .client, around.child(),
      attributes: [
        ("db.system.name", .text(engine == .postgres ? "postgresql" : "sqlite")),
        ("db.namespace", .text(service)), ("db.operation.name", .text(kind.rawValue)),
      ])
    do {
      let value = try await body(span.context.traceparent)
      recorder.record(span.ended())
      return value
    } catch {
      recorder.record(span.ended((error as? StoreError)?.outage))
      throw error
    }
  }
}
