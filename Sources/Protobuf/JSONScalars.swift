/// Scalars from text and from JSON values, by the kind of their field. Errors say what was expected.
enum JSONScalars {
  typealias Scalar = MessageDraft.Scalar

  /// A value as a query parameter, a path variable or a JSON string spells it.
  static func scalar(_ text: String, _ kind: FieldDescriptor.Kind) throws(JSONError) -> Scalar {
    switch kind {
    case .string:
      guard !text.utf8.contains(0) else { throw JSONError("may not hold U+0000") }
      return .bytes(Array(text.utf8))
    case .bytes:
      guard let bytes = JSONBase64.decode(text) else { throw JSONError("must be base64") }
      return .bytes(bytes)
    case .bool:
      guard text == "true" || text == "false" else { throw JSONError("must be true or false") }
      return .varint(text == "true" ? 1 : 0)
    case .enumeration(let type): return try enumeration(text, type)
    case .message: throw JSONError("must be an object")
    default: return try number(text, kind, isString: true)
    }
  }

  static func scalar(
    _ reader: inout JSONReader, _ kind: FieldDescriptor.Kind
  ) throws(JSONError) -> Scalar {
    switch (try reader.peek(), kind) {
    case (.null, .enumeration(let type)) where JSONShape.isNull(type):
      try reader.null()
      return .varint(0)
    case (.string, .bool): throw JSONError("must be true or false")
    case (.string, _): return try scalar(try reader.string(), kind)
    case (.bool, .bool): return .varint(try reader.bool() ? 1 : 0)
    case (.number, .enumeration):
      guard let number = JSONNumber.integer(try reader.number(), as: Int32.self) else {
        throw JSONError("must be the name of a value or a 32-bit number")
      }
      return .varint(UInt64(bitPattern: Int64(number)))
    case (.number, .string), (.number, .bytes), (.number, .bool): throw JSONError(expectation(kind))
    case (.number, _): return try number(try reader.number(), kind, isString: false)
    default: throw JSONError(expectation(kind))
    }
  }

  /// A name of the enum, or a number in digits.
  private static func enumeration(
    _ text: String, _ type: EnumDescriptor
  ) throws(JSONError) -> Scalar {
    if let number = type.number(named: text) ?? JSONNumber.integer(text, as: Int32.self) {
      return .varint(UInt64(bitPattern: Int64(number)))
    }
    let names = type.values.map(\.name)
    let hint = names.count <= 16 ? ": one of " + names.joined(separator: ", ") : ""
    throw JSONError(
      "is not a value of \(type.name.split(separator: ".").last ?? "the enum")\(hint)")
  }

  private static func number(
    _ text: String, _ kind: FieldDescriptor.Kind, isString: Bool
  ) throws(JSONError) -> Scalar {
    func integer<T: FixedWidthInteger>(_ type: T.Type) throws(JSONError) -> T {
      guard let value = JSONNumber.integer(text, as: type) else {
        throw JSONError(expectation(kind))
      }
      return value
    }
    switch kind {
    case .int32: return .varint(UInt64(bitPattern: Int64(try integer(Int32.self))))
    case .int64: return .varint(UInt64(bitPattern: try integer(Int64.self)))
    case .uint32: return .varint(UInt64(try integer(UInt32.self)))
    case .uint64: return .varint(try integer(UInt64.self))
    case .sint32:
      let value = try integer(Int32.self)
      return .varint(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    case .sint64:
      let value = try integer(Int64.self)
      return .varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    case .fixed32: return .fixed32(try integer(UInt32.self))
    case .sfixed32: return .fixed32(UInt32(bitPattern: try integer(Int32.self)))
    case .fixed64: return .fixed64(try integer(UInt64.self))
    case .sfixed64: return .fixed64(UInt64(bitPattern: try integer(Int64.self)))
    case .double:
      guard let value = (isString ? special(text) : nil) ?? JSONNumber.double(text) else {
        throw JSONError(expectation(kind))
      }
      return .fixed64(value.bitPattern)
    case .float:
      guard let value = (isString ? special(text).map(Float.init) : nil) ?? JSONNumber.float(text)
      else { throw JSONError(expectation(kind)) }
      return .fixed32(value.bitPattern)
    default: throw JSONError(expectation(kind))
    }
  }

  private static func special(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: nil
    }
  }

  private static func expectation(_ kind: FieldDescriptor.Kind) -> String {
    switch kind {
    case .int32, .sint32, .sfixed32: "must be a whole number from -2147483648 to 2147483647"
    case .uint32, .fixed32: "must be a whole number from 0 to 4294967295"
    case .int64, .sint64, .sfixed64: "must be a whole number of 64 bits"
    case .uint64, .fixed64: "must be a whole number of 64 bits, not negative"
    case .float, .double: "must be a number"
    case .bool: "must be true or false"
    case .string: "must be a string"
    case .bytes: "must be a base64 string"
    case .enumeration: "must be the name of a value"
    case .message: "must be an object"
    }
  }
}
