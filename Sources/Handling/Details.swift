import Protobuf
import RPC
import Values
import WellKnown

extension Status.Detail {
  /// A message as a detail. One that cannot be encoded (a NUL in a text) goes without its value: an error must
  /// not fail for its explanation.
  public static func packing<M: Message>(_ message: M) -> Status.Detail {
    let bytes: [UInt8]
    do { bytes = try message.serialized() } catch { bytes = [] }
    return Status.Detail(typeName: M.descriptor.name, value: bytes)
  }

  /// google.rpc.ErrorInfo.
  /// - Parameter reason: UPPER_SNAKE_CASE, for programs.
  public static func reason(
    _ reason: String, domain: String, metadata: [String: String] = [:]
  ) -> Status.Detail {
    .packing(GoogleRpc.ErrorInfo(reason: reason, domain: domain, metadata: metadata))
  }

  /// google.rpc.RetryInfo.
  public static func retry(after delay: Duration) -> Status.Detail {
    .packing(GoogleRpc.RetryInfo(retryDelay: GoogleProtobuf.Duration(delay)))
  }

  /// The message of a detail, or nil when it is of another type.
  public func unpacked<M: Message>(as type: M.Type = M.self) throws(DecodingError) -> M? {
    guard typeName == M.descriptor.name else { return nil }
    return try M(serialized: value)
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
