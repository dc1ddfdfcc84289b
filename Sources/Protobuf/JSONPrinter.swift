import CProtobufC
import Values

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes C structures as JSON, led by their descriptors. The structures come from a checked decode, so strings are
/// UTF-8 and the nesting is bounded.
struct JSONPrinter {
  let out: JSONOutput
  let options: JSONOptions
  /// Objects and arrays that are open. `Any` is decoded anew each time, and lists count in JSON and not on the wire,
  /// so the scan before decoding does not bound it.
  private var depth = 0
  private var anyDepth = 0

  /// - Parameter room: bytes that the text will probably have.
  init(options: JSONOptions, room: Int = 64) {
    self.options = options
    out = JSONOutput(room: room)
  }

  mutating func message(_ message: UnsafeRawPointer, _ shape: JSONShape) throws(JSONError) {
    if let wellKnown = shape.wellKnown {
      try self.wellKnown(wellKnown, message, shape)
    } else {
      try nested("{", "}") { printer throws(JSONError) in
        var isFirst = true
        try printer.members(message, shape, isFirst: &isFirst)
      }
    }
  }

  /// `"a":1,"b":2` without the braces.
  mutating func members(
    _ message: UnsafeRawPointer, _ shape: JSONShape, isFirst: inout Bool
  ) throws(JSONError) {
    for field in shape.fields where shows(field, message) {
      if !isFirst { byte(",") }
      isFirst = false
      if options.usesProtoNames {
        string(field.descriptor.name)
        byte(":")
      } else {
        out.append(field.key)
      }
      do { try value(of: field, in: message) } catch { throw error.inside(field.jsonName) }
    }
  }

  private func shows(_ field: JSONShape.Field, _ message: UnsafeRawPointer) -> Bool {
    if field.isRepeated {
      return !options.omitsDefaults
        || message.load(fromByteOffset: field.quantifierOffset, as: Int.self) > 0
    }
    return isPresent(field, message) ?? (!options.omitsDefaults || !isDefault(field, message))
  }

  /// Nil when the field has no presence.
  private func isPresent(_ field: JSONShape.Field, _ message: UnsafeRawPointer) -> Bool? {
    switch field.presence {
    case .implicit: nil
    case .oneof:
      message.load(fromByteOffset: field.quantifierOffset, as: Int32.self) == Int32(field.number)
        && (!field.isMessage || pointer(message, field.offset) != nil)
    case .explicit: isExplicitlyPresent(field, message)
    }
  }

  private func isExplicitlyPresent(_ field: JSONShape.Field, _ message: UnsafeRawPointer) -> Bool {
    if field.isMessage { return pointer(message, field.offset) != nil }
    guard field.quantifierOffset == 0 else {
      return message.load(fromByteOffset: field.quantifierOffset, as: Int32.self) != 0
    }
    // A proto2 string of protoc-gen-c has no flag: it points to its default. All that is left is required.
    return field.kind != .string || field.isRequired
      || pointer(message, field.offset) != field.defaultValue
  }

  private func isDefault(_ field: JSONShape.Field, _ message: UnsafeRawPointer) -> Bool {
    switch field.kind {
    case .string:
      pointer(message, field.offset).map { $0.load(as: UInt8.self) == 0 } ?? true
    case .bytes: message.load(fromByteOffset: field.offset, as: ProtobufCBinaryData.self).len == 0
    case .int64, .sint64, .sfixed64, .uint64, .fixed64, .double:
      message.load(fromByteOffset: field.offset, as: UInt64.self) == 0
    default: message.load(fromByteOffset: field.offset, as: UInt32.self) == 0
    }
  }

  /// The value of a field; `null` for an absent one.
  mutating func value(of field: JSONShape.Field, in message: UnsafeRawPointer) throws(JSONError) {
    guard !field.isRepeated else { return try list(field, message) }
    guard isPresent(field, message) ?? true else { return text("null") }
    try value(field, message + field.offset)
  }

  private mutating func list(
    _ field: JSONShape.Field, _ message: UnsafeRawPointer
  ) throws(JSONError) {
    let count = message.load(fromByteOffset: field.quantifierOffset, as: Int.self)
    let start = pointer(message, field.offset)
    let stride = Self.stride(field.kind)
    if field.isMap, case .message(let type) = field.kind {
      return try map(type, count, start)
    }
    guard let start else { return text("[]") }
    try nested("[", "]") { printer throws(JSONError) in
      for index in 0..<count {
        if index > 0 { printer.byte(",") }
        do throws(JSONError) { try printer.value(field, start + index * stride) } catch {
          throw error.inside("[\(index)]")
        }
      }
    }
  }

  /// An object or an array: what is deeper than our own reader takes is refused.
  mutating func nested(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    _ body: (inout JSONPrinter) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard depth < JSONLimits.largestDepth else {
      throw JSONError("nested deeper than \(JSONLimits.largestDepth) levels")
    }
    depth += 1
    byte(open)
    try body(&self)
    byte(close)
    depth -= 1
  }

  // MARK: Scalars

  /// One value of a field, at its place in memory.
  mutating func value(
    _ field: JSONShape.Field, _ place: UnsafeRawPointer
  ) throws(JSONError) {
    switch field.kind {
    case .int32, .sint32, .sfixed32: out.append(Int64(place.load(as: Int32.self)))
    case .uint32, .fixed32: out.append(Int64(place.load(as: UInt32.self)))
    case .int64, .sint64, .sfixed64:
      byte("\"")
      out.append(place.load(as: Int64.self))
      byte("\"")
    case .uint64, .fixed64: quoted(String(place.load(as: UInt64.self)))
    case .float: number(place.load(as: Float.self))
    case .double: number(place.load(as: Double.self))
    case .bool: text(place.load(as: Int32.self) != 0 ? "true" : "false")
    case .enumeration(let type):
      if field.isNull { return text("null") }
      enumeration(place.load(as: Int32.self), type)
    case .string: cString(pointer(place, 0))
    case .bytes:
      let data = place.load(as: ProtobufCBinaryData.self)
      byte("\"")
      JSONBase64.append(UnsafeRawBufferPointer(start: data.data, count: data.len), to: out)
      byte("\"")
    case .message(let type):
      guard let inner = pointer(place, 0) else { return text("null") }
      try message(inner, field.shape(of: type))
    }
  }

  private mutating func enumeration(_ number: Int32, _ type: EnumDescriptor) {
    // A number that this build does not know is written as it is.
    if !options.enumsAsNumbers, let name = type.characters(ofName: number) {
      byte("\"")
      out.append(UnsafeRawBufferPointer(start: name, count: strlen(name)))
      byte("\"")
    } else {
      out.append(Int64(number))
    }
  }

  mutating func number<T: BinaryFloatingPoint & CustomStringConvertible>(_ value: T) {
    if value.isNaN { return quoted("NaN") }
    if value.isInfinite { return quoted(value < 0 ? "-Infinity" : "Infinity") }
    // Readers that take "-0" for an integer would lose its sign.
    if value == 0 { return text(value.sign == .minus ? "-0.0" : "0") }
    let shortest = value.description
    text(shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest)
  }

  private mutating func cString(_ start: UnsafeRawPointer?) {
    guard let start else { return quoted("") }
    let characters = start.assumingMemoryBound(to: CChar.self)
    string(UnsafeRawBufferPointer(start: start, count: strlen(characters)))
  }

  mutating func string(_ value: String) {
    value.withBytes { string(UnsafeRawBufferPointer($0)) }
  }

  /// UTF-8 between quotes. `<` and `>` are escaped too: the text stays harmless where HTML is sniffed.
  private mutating func string(_ bytes: UnsafeRawBufferPointer) {
    byte("\"")
    var clean = 0
    while let index = JSONEscapes.first(in: bytes, from: clean) {
      out.append(UnsafeRawBufferPointer(rebasing: bytes[clean..<index]))
      escape(bytes[index])
      clean = index + 1
    }
    out.append(UnsafeRawBufferPointer(rebasing: bytes[clean...]))
    byte("\"")
  }

  private mutating func escape(_ value: UInt8) {
    switch value {
    case UInt8(ascii: "\""): text("\\\"")
    case UInt8(ascii: "\\"): text("\\\\")
    case 0x0A: text("\\n")
    case 0x0D: text("\\r")
    case 0x09: text("\\t")
    default:
      text("\\u00")
      hexadecimal(value >> 4)
      hexadecimal(value & 15)
    }
  }

  private func hexadecimal(_ digit: UInt8) {
    out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  // MARK: Bytes

  @inline(__always)
  func byte(_ value: Unicode.Scalar) { out.append(UInt8(ascii: value)) }
  func text(_ value: String) { out.append(value) }
  /// Text that needs no escapes.
  func quoted(_ value: String) {
    byte("\"")
    text(value)
    byte("\"")
  }

  func pointer(_ base: UnsafeRawPointer, _ offset: Int) -> UnsafeRawPointer? {
    base.load(fromByteOffset: offset, as: UnsafeRawPointer?.self)
  }

  mutating func insideAny(
    _ body: (inout JSONPrinter) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard anyDepth < 16 else { throw JSONError("holds Any inside Any too often") }
    anyDepth += 1
    defer { anyDepth -= 1 }
    try body(&self)
  }

  /// Bytes from one element of a repeated field to the next.
  private static func stride(_ kind: FieldDescriptor.Kind) -> Int {
    switch kind {
    case .int64, .sint64, .sfixed64, .uint64, .fixed64, .double: 8
    case .string, .message: MemoryLayout<UnsafeRawPointer>.stride
    case .bytes: MemoryLayout<ProtobufCBinaryData>.stride
    default: 4
    }
  }
}
