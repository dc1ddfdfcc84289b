import Protobuf
import WellKnown

/// `google.rpc.Status` in `grpc-status-details-bin`.
enum StatusDetails {
  private static let typePrefix = "type.googleapis.com/"

  /// Field 1 is the code, 2 the message, 3 the details. Written here by hand: the C library's texts end at a NUL, and a
  /// message says the same in both of its places whatever is in it.
  static func encode(_ status: Status) -> [UInt8] {
    var bytes: [UInt8] = []
    if status.code.rawValue != 0 {
      bytes += [0x08, UInt8(truncatingIfNeeded: status.code.rawValue)]
    }
    append(2, Array(status.message.utf8), to: &bytes)
    for detail in status.details {
      var any: [UInt8] = []
      append(1, Array((typePrefix + detail.typeName).utf8), to: &any)
      append(2, detail.value, to: &any)
      append(3, any, to: &bytes, evenEmpty: true)
    }
    return bytes
  }

  private static func append(
    _ field: UInt8, _ value: [UInt8], to bytes: inout [UInt8], evenEmpty: Bool = false
  ) {
    guard evenEmpty || !value.isEmpty else { return }
    bytes.append(field << 3 | 2)
    var count = value.count
    while count >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: count) | 0x80)
      count >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: count))
    bytes += value
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
