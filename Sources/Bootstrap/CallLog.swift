import Access
import Logging
import RPC
import Telemetry

extension AccessLog {
  /// The log of a service's calls, which says who called. Stands outside the gate, so that refusals are seen.
  ///
  /// - Parameter errors: is given those that failed through no fault of their caller.
  static func ofService(_ logger: Logger, errors: RecentErrors) -> AccessLog {
    AccessLog(logger) { call in
      guard let principal = call.signedInPrincipal else { return [] }
      var fields = [
        LogField("tenant", principal.tenant.rawValue), LogField("user", principal.user),
      ]
      if let actor = principal.actor { fields.append(LogField("actor", actor)) }
      return fields
    } onEnd: { call, code in
      guard code.isFault else { return }
      errors.add(
        .init(
          time: call.now, method: call.method.path, code: "\(code)", requestID: call.requestID))
    }
  }
}
