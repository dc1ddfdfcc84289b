import Access
import Logging
import RPC

extension AccessLog {
  /// The log of a service's calls, which says who called. Stands outside the gate, so that refusals are seen.
  static func ofService(_ logger: Logger) -> AccessLog {
    AccessLog(logger) { call in
      guard let principal = call.signedInPrincipal else { return [:] }
      var fields: Logger.Metadata = [
        "tenant": "\(principal.tenant)", "user": "\(principal.user)",
      ]
      if let actor = principal.actor { fields["actor"] = "\(actor)" }
      return fields
    }
  }
}
