import CProtobufC
import Synchronization

/// What JSON coding needs to know of a message type, worked out once: names, kinds and places of its fields.
final class JSONShape: Sendable {
  /// A class, for printing goes over fields again and again: to look at one counts one reference.
  final class Field: Sendable {
    let descriptor: FieldDescriptor
    let kind: FieldDescriptor.Kind
    let presence: FieldDescriptor.Presence
    let isRepeated: Bool
    let isMap: Bool
    let number: Int
    let offset: Int
    let quantifierOffset: Int
    let jsonName: String
    let isMessage: Bool
    let isRequired: Bool
    /// What a string that is not there points to; nil for none.
    nonisolated(unsafe) let defaultValue: UnsafeRawPointer?
    /// Its enumeration is google.protobuf.NullValue, which JSON spells `null`.
    let isNull: Bool
    /// `"createTime":` as it is written; good as long as the field is.
    nonisolated(unsafe) let key: UnsafeRawBufferPointer
    /// The address of the shape of its messages; 0 until it was looked up.
    private let inner = Atomic<UInt>(0)

    fileprivate init(_ field: FieldDescriptor) {
      descriptor = field
      kind = field.kind
      presence = field.presence
      isRepeated = field.isRepeated
      isMap = field.isMap
      number = field.number
      offset = field.offset
      quantifierOffset = field.quantifierOffset
      jsonName = field.jsonName
      isMessage = field.message != nil
      isRequired = field.isRequired
      defaultValue = field.pointer.pointee.default_value
      isNull =
        if case .enumeration(let type) = field.kind { JSONShape.isNull(type) } else { false }
      let key = UnsafeMutableRawBufferPointer.allocate(
        byteCount: field.jsonName.utf8.count + 3, alignment: 1)
      key.copyBytes(from: "\"\(field.jsonName)\":".utf8)
      self.key = UnsafeRawBufferPointer(key)
    }

    deinit { key.deallocate() }

    /// The shape of the messages that it holds, looked up once.
    func shape(of type: MessageDescriptor) -> JSONShape {
      // What was made is known for ever, so the address is good.
      if let known = UnsafeRawPointer(bitPattern: inner.load(ordering: .acquiring)) {
        return Unmanaged<JSONShape>.fromOpaque(known).takeUnretainedValue()
      }
      let shape = JSONShape.of(type)
      inner.store(
        UInt(bitPattern: Unmanaged.passUnretained(shape).toOpaque()), ordering: .releasing)
      return shape
    }
  }

  /// Types that JSON spells in a way of their own.
  enum WellKnown: Sendable, Hashable {
    case timestamp, duration, fieldMask, structure, value, listValue, any, wrapper
  }

  let type: MessageDescriptor
  let fields: [Field]
  let wellKnown: WellKnown?
  /// Whether a field is proto2 `required`.
  let hasRequired: Bool
  private let places: [String: Int]

  private init(_ type: MessageDescriptor) {
    self.type = type
    fields = type.fields.map { Field($0) }
    var places: [String: Int] = [:]
    for (place, field) in fields.enumerated() {
      places[field.descriptor.name] = place
      places[field.jsonName] = place
    }
    self.places = places
    hasRequired = type.fields.contains(where: \.isRequired)
    // A type made at run time may have the name and not the shape.
    let named = Self.wellKnown(type.name)
    wellKnown = named?.fits(fields) == true ? named : nil
  }

  /// A field by either of its names, `createTime` or `create_time`.
  func field(_ name: String) -> Field? { places[name].map { fields[$0] } }

  /// google.protobuf.NullValue, which JSON spells `null`.
  static func isNull(_ type: EnumDescriptor) -> Bool { type.name == "google.protobuf.NullValue" }

  private static let known = Mutex<[UInt: JSONShape]>([:])

  static func of(_ type: MessageDescriptor) -> JSONShape {
    let address = UInt(bitPattern: type.pointer)
    if let shape = known.withLock({ $0[address] }) { return shape }
    let made = JSONShape(type)
    // The first one stays: what others hold of it is only its address.
    return known.withLock { known in
      if let shape = known[address] { return shape }
      known[address] = made
      return made
    }
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

extension JSONShape.WellKnown {
  /// Whether a message with these fields is read and written the way that JSON has for this type.
  func fits(_ fields: [JSONShape.Field]) -> Bool {
    switch self {
    case .timestamp, .duration:
      fields.count == 2 && fields[0].isPlain("seconds", 1, .int64)
        && fields[1].isPlain("nanos", 2, .int32)
    case .fieldMask: fields.count == 1 && fields[0].isList("paths", of: { $0 == .string })
    case .structure:
      fields.count == 1 && fields[0].isMap && fields[0].isList("fields", of: \.isMessage)
        && fields[0].descriptor.message?.field(number: 1)?.kind == .string
        && fields[0].descriptor.message?.field(number: 2)?.message?.isValue == true
    case .listValue:
      fields.count == 1
        && fields[0].isList("values", of: { $0.message?.isValue == true })
    case .value:
      fields.map(\.number) == Array(1...6)
        && fields.allSatisfy {
          $0.presence == .oneof && $0.quantifierOffset == fields[0].quantifierOffset
        }
        && fields[1].kind == .double && fields[2].kind == .string && fields[3].kind == .bool
        && fields[0].kind.isEnumeration && fields[4].kind.isMessage && fields[5].kind.isMessage
    case .any:
      fields.count == 2 && fields[0].isPlain("type_url", 1, .string)
        && fields[1].isPlain("value", 2, .bytes)
    case .wrapper:
      fields.count == 1 && fields[0].number == 1 && fields[0].presence == .implicit
        && fields[0].descriptor.name == "value" && !fields[0].isRepeated
        && !fields[0].kind.isMessage
        && !fields[0].kind.isEnumeration
    }
  }
}

extension JSONShape.Field {
  fileprivate func isPlain(_ name: String, _ number: Int, _ kind: FieldDescriptor.Kind) -> Bool {
    descriptor.name == name && self.number == number && self.kind == kind && !isRepeated
      && presence == .implicit
  }

  fileprivate func isList(_ name: String, of kind: (FieldDescriptor.Kind) -> Bool) -> Bool {
    descriptor.name == name && number == 1 && isRepeated && kind(self.kind)
  }
}

extension FieldDescriptor.Kind {
  fileprivate var message: MessageDescriptor? {
    if case .message(let type) = self { type } else { nil }
  }
  fileprivate var isMessage: Bool { message != nil }
  fileprivate var isEnumeration: Bool {
    if case .enumeration = self { true } else { false }
  }
}

extension MessageDescriptor {
  /// Whether this is google.protobuf.Value by name; its shape is checked when it is used.
  fileprivate var isValue: Bool { name == "google.protobuf.Value" }
}
