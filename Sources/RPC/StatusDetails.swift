import Protobuf
import WellKnown

/// `google.rpc.Status` in `grpc-status-details-bin`.
enum StatusDetails {
  private static let typePrefix = "type.googleapis.com/"

  /// Nil when a text has no wire form (U+0000 in it); the plain `grpc-message` survives that.
  static func encode(_ status: Status) -> [UInt8]? {
    let message = GoogleRpc.Status(
      code: Int32(status.code.rawValue), message: status.message,
      details: status.details.map {
        GoogleProtobuf.Any_(typeURL: typePrefix + $0.typeName, value: $0.value)
      })
    do { return try message.serialized() } catch { return nil }
  }

  /// Nil when the bytes are no such message.
  static func decode(_ bytes: [UInt8]) -> [Status.Detail]? {
    do {
      return try GoogleRpc.Status(serialized: bytes).details.map { any in
        Status.Detail(
          typeName: String(any.typeURL.split(separator: "/").last ?? ""), value: any.value)
      }
    } catch {
      return nil
    }
  }
}
