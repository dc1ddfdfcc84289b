import Logging
import RPC
import Telemetry
import Values

/// One request from its head to the end of its answer, as the log tells of it: never the query, which may carry the
/// token of a link, nor headers, cookies or bodies.
struct Visit {
  let id = RequestID.make()
  let method: String
  private let peer: RemoteAddress
  private let began = ContinuousClock.now
  /// Nil when the target could not be read.
  var request: Request?
  var visitor: Visitor?
  /// Nil for what no surface takes.
  var kind: RouteClass?
  var route: String?
  /// Nil when nobody traces it.
  var trace: TraceContext?
  /// Held until the answer is sent.
  var stream: OpenStream?

  init(_ incoming: IncomingRequest) {
    method = incoming.method.rawValue
    peer = RemoteAddress(incoming.origin.address)
  }

  /// Says how long it took.
  ///
  /// - Parameter status: nil when nothing was answered.
  func record(status: UInt?, in log: Logger) -> Duration {
    let time = ContinuousClock.now - began
    var metadata: Logger.Metadata = [
      "request_id": "\(id)", "method": "\(method)",
      "status": .stringConvertible(LogNumber(status ?? 0)),
      "ms": .stringConvertible(LogNumber(milliseconds: time)),
      "remote": "\(request?.remote ?? peer)",
    ]
    if let trace { metadata["trace_id"] = "\(trace.traceID)" }
    if let request { metadata["path"] = "\(request.path.prefix(512))" }
    if let visitor {
      metadata["tenant"] = "\(visitor.portal.tenant)"
      if let user = visitor.session?.principal.user { metadata["user"] = "\(user)" }
    }
    log.info("request", metadata: metadata)
    return time
  }
}
