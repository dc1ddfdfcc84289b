import Protobuf
import RPC
import Values
import WellKnown

extension Status.Detail {
  /// google.rpc.RetryInfo.
  public static func retry(after delay: Duration) -> Status.Detail {
    .packing(GoogleRpc.RetryInfo(retryDelay: GoogleProtobuf.Duration(delay)))
  }
}

extension Status {
  /// The field violations that this status carries: for pages.
  public var violations: [Violations.Violation] {
    for detail in details {
      do {
        guard let request = try detail.unpacked(as: GoogleRpc.BadRequest.self) else { continue }
        return request.fieldViolations.map {
          Violations.Violation(field: $0.field, description: $0.description)
        }
      } catch {
        // A peer's detail that cannot be read explains nothing, and the status stands without it.
        continue
      }
    }
    return []
  }
}
