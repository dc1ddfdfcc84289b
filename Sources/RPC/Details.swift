import Protobuf
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

  /// The message of a detail, or nil when it is of another type.
  public func unpacked<M: Message>(as type: M.Type = M.self) throws(DecodingError) -> M? {
    guard typeName == M.descriptor.name else { return nil }
    return try M(serialized: value)
  }
}
