import Logging
import RPC
import Telemetry
import Values

/// One request from its head to the end of its answer, as the log tells of it: never the query, which may carry the
/// token of a link, nor headers, cookies or bodies. Belongs to whoever answers, one after the other.
final class Visit: @unchecked Sendable {
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
  func record(status: UInt?, in log: FieldLog) -> Duration {
    let time = ContinuousClock.now - began
    guard log.isOn(.info) else { return time }
    var fields: [LogField] = []
    fields.reserveCapacity(9)
    fields.append(LogField("method", method))
    fields.append(LogField("ms", milliseconds: time))
    if let request { fields.append(LogField("path", Self.shortened(request.path))) }
    fields.append(LogField("remote", (request?.remote ?? peer).description))
    fields.append(LogField("request_id", id))
    fields.append(LogField("status", number: status ?? 0))
    if let visitor {
      fields.append(LogField("tenant", visitor.portal.tenant.rawValue))
    }
    if let trace { fields.append(LogField("trace_id", "\(trace.traceID)")) }
    if let user = visitor?.session?.principal.user { fields.append(LogField("user", user)) }
    log.write(.info, "request", fields)
    return time
  }

  private static func shortened(_ path: String) -> String {
    path.utf8.count <= longestPath ? path : String(path.prefix(longestPath))
  }
  private static let longestPath = 512
}
