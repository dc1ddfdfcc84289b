import Protobuf
import RPC
import WellKnown

extension Problem {
  /// The same as RPC clients read it: what the JSON body has fields for are google.rpc details here.
  var rpcStatus: Status {
    var all = details
    let names = Set(details.compactMap { $0.typeName.split(separator: "/").last.map(String.init) })
    if !violations.isEmpty, !names.contains(GoogleRpc.BadRequest.descriptor.name) {
      all += Self.packed(
        GoogleRpc.BadRequest(
          fieldViolations: violations.map { .init(field: $0.field, description: $0.description) }))
    }
    if let retryAfter, !names.contains(GoogleRpc.RetryInfo.descriptor.name) {
      all += Self.packed(
        GoogleRpc.RetryInfo(retryDelay: .init(seconds: Int64(clamping: retryAfter))))
    }
    return Status(code, detail, details: all)
  }

  /// Empty for what cannot be written: a detail that is missing must not hide the error that it explains.
  private static func packed<M: Message>(_ message: M) -> [Status.Detail] {
    do {
      return [.init(typeName: M.descriptor.name, value: try message.serialized())]
    } catch { return [] }
  }
}
