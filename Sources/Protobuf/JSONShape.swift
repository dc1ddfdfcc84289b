import CProtobufC
import Synchronization

/// What JSON coding needs to know of a message type, worked out once: names, kinds and places of its fields.
final class JSONShape: Sendable {
  struct Field: Sendable {
    let descriptor: FieldDescriptor
    let kind: FieldDescriptor.Kind
    let presence: FieldDescriptor.Presence
    let isRepeated: Bool
    let isMap: Bool
    let number: Int
    let offset: Int
    let quantifierOffset: Int
    let jsonName: String
    /// `"createTime":` as it is written.
    let key: [UInt8]
  }

  /// Types that JSON spells in a way of their own.
  enum WellKnown: Sendable, Hashable {
    case timestamp, duration, fieldMask, structure, value, listValue, any, wrapper
  }

  let type: MessageDescriptor
  let fields: [Field]
  let wellKnown: WellKnown?
  private let places: [String: Int]

  private init(_ type: MessageDescriptor) {
    self.type = type
    fields = type.fields.map { field in
      Field(
        descriptor: field, kind: field.kind, presence: field.presence, isRepeated: field.isRepeated,
        isMap: field.isMap, number: field.number, offset: field.offset,
        quantifierOffset: field.quantifierOffset, jsonName: field.jsonName,
        key: Array("\"\(field.jsonName)\":".utf8))
    }
    var places: [String: Int] = [:]
    for (place, field) in fields.enumerated() {
      places[field.descriptor.name] = place
      places[field.jsonName] = place
    }
    self.places = places
    wellKnown = Self.wellKnown(type.name)
  }

  /// A field by either of its names, `createTime` or `create_time`.
  func field(_ name: String) -> Field? { places[name].map { fields[$0] } }

  private static let known = Mutex<[UInt: JSONShape]>([:])

  static func of(_ type: MessageDescriptor) -> JSONShape {
    let address = UInt(bitPattern: type.pointer)
    if let shape = known.withLock({ $0[address] }) { return shape }
    let shape = JSONShape(type)
    known.withLock { $0[address] = shape }
    return shape
  }

  private static func wellKnown(_ name: String) -> WellKnown? {
    guard name.hasPrefix("google.protobuf.") else { return nil }
    switch name.dropFirst("google.protobuf.".count) {
    case "Timestamp": return .timestamp
    case "Duration": return .duration
    case "FieldMask": return .fieldMask
    case "Struct": return .structure
    case "Value": return .value
    case "ListValue": return .listValue
    case "Any": return .any
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
      "BoolValue", "StringValue", "BytesValue":
      return .wrapper
    default: return nil
    }
  }
}
