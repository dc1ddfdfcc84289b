import Protobuf
import RPC

/// A message of a type with every field set, written by its descriptor: lists of two, and of a oneof each alternative in
/// a copy of its own where the message is a list's.
enum FilledMessage {
  /// What bools and enums are given, and texts.
  struct Values {
    var flag = true
    /// Of an enum that has values for staff only: one of those, or one for everybody.
    var takesStaffValues = false
    var text = "shown"
  }

  static func bytes(
    _ type: MessageDescriptor, _ values: Values, depth: Int = 0,
    without isLeftOut: (MessageDescriptor, FieldDescriptor) -> Bool = { _, _ in false }
  ) -> [UInt8] {
    var result: [UInt8] = []
    for field in type.fields where !isLeftOut(type, field) {
      for _ in 0..<(field.isRepeated ? 2 : 1) {
        append(field, values, depth, isLeftOut, to: &result)
      }
    }
    return result
  }

  private static func append(
    _ field: FieldDescriptor, _ values: Values, _ depth: Int,
    _ isLeftOut: (MessageDescriptor, FieldDescriptor) -> Bool, to result: inout [UInt8]
  ) {
    let tag = UInt64(field.number) << 3
    switch field.kind {
    case .message(let inner):
      guard depth < 6 else { return }
      varint(tag | 2, to: &result)
      delimited(bytes(inner, values, depth: depth + 1, without: isLeftOut), to: &result)
    case .string, .bytes:
      varint(tag | 2, to: &result)
      delimited(Array(values.text.utf8), to: &result)
    case .fixed32, .sfixed32, .float:
      varint(tag | 5, to: &result)
      result += [1, 2, 3, 4]
    case .fixed64, .sfixed64, .double:
      varint(tag | 1, to: &result)
      result += [1, 2, 3, 4, 5, 6, 7, 8]
    case .bool:
      varint(tag, to: &result)
      varint(values.flag ? 1 : 0, to: &result)
    case .enumeration(let type):
      varint(tag, to: &result)
      varint(number(of: type, values), to: &result)
    case .int32, .sint32, .int64, .sint64, .uint32, .uint64:
      varint(tag, to: &result)
      varint(424_242, to: &result)
    }
  }

  private static func number(of type: EnumDescriptor, _ values: Values) -> UInt64 {
    let staff = FieldRules.portico.staffValues[type.name, default: []]
    let all = type.values.map(\.number).filter { $0 > 0 }
    let wanted = all.first { staff.contains($0) == (values.takesStaffValues && !staff.isEmpty) }
    return UInt64(wanted ?? 1)
  }

  static func delimited(_ bytes: [UInt8], to result: inout [UInt8]) {
    varint(UInt64(bytes.count), to: &result)
    result += bytes
  }

  static func varint(_ value: UInt64, to result: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    result.append(UInt8(truncatingIfNeeded: value))
  }
}

/// Which fields serialized bytes hold, found without the code under test.
struct FieldsFound {
  /// `portico.ticketing.v1.Note.body`.
  private(set) var names: Set<String> = []
  private(set) var staffValues: Set<String> = []

  init(_ bytes: [UInt8], _ type: MessageDescriptor) {
    var rest = bytes[...]
    read(&rest, type)
  }

  private mutating func read(_ rest: inout ArraySlice<UInt8>, _ type: MessageDescriptor) {
    while !rest.isEmpty {
      let tag = Self.varint(&rest)
      guard let field = type.field(number: Int(tag >> 3)) else { return }
      names.insert("\(type.name).\(field.name)")
      switch tag & 7 {
      case 0:
        let value = Self.varint(&rest)
        if case .enumeration(let kind) = field.kind,
          FieldRules.portico.staffValues[kind.name, default: []].contains(
            Int32(truncatingIfNeeded: value))
        {
          staffValues.insert("\(type.name).\(field.name)")
        }
      case 1: rest = rest.dropFirst(8)
      case 5: rest = rest.dropFirst(4)
      default:
        let count = Int(Self.varint(&rest))
        var inner = rest.prefix(count)
        rest = rest.dropFirst(count)
        if let message = field.message { read(&inner, message) }
      }
    }
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      value |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    return value
  }
}
