/// `google.rpc.Status` (code 1, message 2, details 3 of `google.protobuf.Any`) as bytes.
enum StatusDetails {
  private static let typePrefix = "type.googleapis.com/"

  static func encode(_ status: Status) -> [UInt8] {
    var out: [UInt8] = []
    append(varint: UInt64(status.code.rawValue), field: 1, to: &out)
    append(bytes: Array(status.message.utf8), field: 2, to: &out)
    for detail in status.details {
      var any: [UInt8] = []
      append(bytes: Array((typePrefix + detail.typeName).utf8), field: 1, to: &any)
      append(bytes: detail.value, field: 2, to: &any)
      append(bytes: any, field: 3, to: &out)
    }
    return out
  }

  /// Nil when the bytes are no such message.
  static func decode(_ bytes: [UInt8]) -> [Status.Detail]? {
    var details: [Status.Detail] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let (number, value) = readField(&rest) else { return nil }
      guard number == 3 else { continue }
      var any = value
      var detail = Status.Detail(typeName: "", value: [])
      while !any.isEmpty {
        guard let (number, value) = readField(&any) else { return nil }
        if number == 1 {
          let url = String(decoding: value, as: UTF8.self)
          detail.typeName = String(url.split(separator: "/").last ?? "")
        } else if number == 2 {
          detail.value = Array(value)
        }
      }
      details.append(detail)
    }
    return details
  }

  private static func append(varint value: UInt64, to out: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    out.append(UInt8(truncatingIfNeeded: value))
  }

  private static func append(varint value: UInt64, field: UInt64, to out: inout [UInt8]) {
    append(varint: field << 3, to: &out)
    append(varint: value, to: &out)
  }

  private static func append(bytes: [UInt8], field: UInt64, to out: inout [UInt8]) {
    append(varint: field << 3 | 2, to: &out)
    append(varint: UInt64(bytes.count), to: &out)
    out += bytes
  }

  private static func readVarint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  /// A field and, if it is length-delimited, its bytes; other kinds are skipped over.
  private static func readField(
    _ bytes: inout ArraySlice<UInt8>
  ) -> (number: UInt64, value: ArraySlice<UInt8>)? {
    guard let tag = readVarint(&bytes) else { return nil }
    let count: UInt64
    switch tag & 7 {
    case 0:
      guard readVarint(&bytes) != nil else { return nil }
      count = 0
    case 1: count = 8
    case 2:
      guard let length = readVarint(&bytes) else { return nil }
      count = length
    case 5: count = 4
    default: return nil
    }
    guard count <= UInt64(bytes.count) else { return nil }
    defer { bytes = bytes.dropFirst(Int(count)) }
    return (tag >> 3, bytes.prefix(Int(count)))
  }
}
