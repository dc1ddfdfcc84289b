import Bootstrap
import RPC

/// Begins a trace with a request, and records the request as its first span.
final class EdgeTracing: Sendable {
  let tracer: Tracer
  let recorder: any SpanRecorder

  init(_ tracer: Tracer) {
    self.tracer = tracer
    recorder = tracer.recorder(of: "gateway")
  }

  /// Nil for a request that nobody traces. A browser's or program's own trace goes on, recorded when this gateway chooses
  /// it: strangers do not decide how much is recorded.
  func trace(of request: IncomingRequest) -> TraceContext? {
    let isChosen = tracer.chooses
    let given = request.headers["traceparent"]
    if given.count == 1,
      let parent = TraceContext(
        traceparent: given[0].utf8, states: request.headers["tracestate"])
    {
      return parent.child(isSampled: isChosen)
    }
    return isChosen ? .root(isSampled: true) : nil
  }

  func began(_ visit: Visit, _ trace: TraceContext) -> Span? {
    guard trace.isSampled else { return nil }
    return Span(
      visit.method, .server, trace,
      attributes: [
        ("http.request.method", .text(visit.method)), ("portico.request_id", .text(visit.id)),
      ])
  }

  /// - Parameter status: nil when nothing was answered.
  func ended(_ span: Span, _ visit: Visit, status: UInt?) {
    var span = span
    if let route = visit.route {
      span.name = "\(visit.method) \(route)"
      span.attributes.append(("http.route", .text(route)))
    }
    if let request = visit.request {
      span.attributes.append(("url.path", .text(String(request.path.prefix(512)))))
    }
    if let status {
      span.attributes.append(("http.response.status_code", .number(Int64(clamping: status))))
    }
    let isFailure = status.map { $0 >= 500 } ?? true
    recorder.record(span.ended(isFailure ? "\(status ?? 0)" : nil))
  }
}
