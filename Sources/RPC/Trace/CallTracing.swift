/// Records a span for each call of a server whose trace is recorded. Stands outermost.
public struct ServerTracing: ServerInterceptor {
  private let recorder: any SpanRecorder

  public init(_ recorder: any SpanRecorder) { self.recorder = recorder }

  public func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
    guard call.trace.isSampled else { return try await next(call) }
    var span = Span(call.method, .server, call.trace)
    span.attributes.append(("portico.request_id", .text(call.requestID)))
    do {
      try await next(call)
      recorder.record(span.ended(with: call.cancellation ?? .ok))
    } catch {
      recorder.record(span.ended(with: call.cancellation ?? Status(thrown: error).code))
      throw error
    }
  }
}

/// Passes the trace of the task on with each call, and records a span for it when the trace is recorded.
public struct ClientTracing: ClientInterceptor {
  private let recorder: any SpanRecorder

  public init(_ recorder: any SpanRecorder) { self.recorder = recorder }

  public func intercept<Result>(
    _ method: Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result {
    // A call of a server's passes its trace on by itself when nobody records it.
    guard let around = TraceScope.own ?? TraceScope.recorded else { return try await next(options) }
    let trace = around.child()
    var options = options
    try options.metadata.set("traceparent", trace.traceparent)
    if let state = trace.state { try options.metadata.set("tracestate", state) }
    guard trace.isSampled else { return try await next(options) }
    let span = Span(method, .client, trace)
    do {
      let result = try await next(options)
      recorder.record(span.ended(with: .ok))
      return result
    } catch {
      recorder.record(span.ended(with: Status(thrown: error).code))
      throw error
    }
  }
}

extension Span {
  fileprivate init(_ method: Method, _ kind: Kind, _ context: TraceContext) {
    self.init(
      "\(method.service)/\(method.name)", kind, context,
      attributes: [
        ("rpc.system", .text("grpc")), ("rpc.service", .text(method.service)),
        ("rpc.method", .text(method.name)),
      ])
  }

  /// On a server only what is its own fault is an error; on a client everything but success is.
  fileprivate func ended(with code: Status.Code) -> Span {
    let isError =
      switch code {
      case .ok: false
      case .unknown, .internal, .unavailable, .deadlineExceeded, .dataLoss, .unimplemented: true
      default: kind == .client
      }
    var span = ended(isError ? "\(code)" : nil)
    span.attributes.append(("rpc.grpc.status_code", .number(Int64(code.rawValue))))
    return span
  }
}
