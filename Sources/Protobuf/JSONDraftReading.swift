/// Filling a draft from JSON.
extension MessageDraft {
  /// Reads a whole JSON text into this draft. Fields given before must not be in it.
  ///
  /// - Parameters:
  ///   - ignoringUnknown: skip fields that the type does not have instead of refusing them.
  ///   - types: what `Any` values may hold.
  public mutating func read(
    json: [UInt8], limits: JSONLimits = JSONLimits(), ignoringUnknown: Bool = false,
    types: TypeRegistry = TypeRegistry()
  ) throws(JSONError) {
    var reader = try JSONReader(json, limits: limits)
    try read(&reader, JSONReading(ignoringUnknown: ignoringUnknown, types: types))
    try reader.end()
  }

  /// Reads a whole JSON text as the value of one field (`body: "ticket"`). A text that is null gives no value, and is
  /// refused but where null is one.
  public mutating func read(
    json: [UInt8], into name: String, limits: JSONLimits = JSONLimits(),
    types: TypeRegistry = TypeRegistry()
  ) throws(JSONError) {
    guard let field = shape.field(name) else {
      throw JSONError(field: name, "is not a field of \(shape.type.name)")
    }
    var reader = try JSONReader(json, limits: limits)
    guard try reader.peek() != .null || (!field.isRepeated && Self.isValue(field.kind)) else {
      throw JSONError(field: field.jsonName, "must not be null")
    }
    try read(field, &reader, JSONReading(ignoringUnknown: false, types: types))
    try reader.end()
  }

  mutating func read(_ reader: inout JSONReader, _ how: JSONReading) throws(JSONError) {
    if let wellKnown = shape.wellKnown {
      try read(wellKnown, &reader, how)
    } else {
      guard try reader.peek() == .object else { throw JSONError("must be an object") }
      var draft = self
      try reader.object { name, reader throws(JSONError) in
        try draft.read(member: name, &reader, how)
      }
      try draft.checkRequired()
      self = draft
    }
  }

  /// proto2: without these fields no reader takes the message.
  private func checkRequired() throws(JSONError) {
    guard shape.hasRequired else { return }
    for field in shape.fields where field.descriptor.isRequired {
      guard let slot = slots[field.number], !slot.isCleared else {
        throw JSONError(field: field.jsonName, "is required")
      }
    }
  }

  mutating func read(
    member name: String, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) {
    if let field = shape.field(name) {
      try read(field, &reader, how)
    } else if how.ignoringUnknown {
      try reader.skip()
    } else {
      throw JSONError(field: name, "is not a field of \(shape.type.shortName)")
    }
  }

  private mutating func read(
    _ field: JSONShape.Field, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) {
    let slot: Slot
    do throws(JSONError) {
      slot = try Self.slot(field, &reader, how)
    } catch {
      throw error.inside(field.jsonName)
    }
    try fill(field, slot)
  }

  private static func slot(
    _ field: JSONShape.Field, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) -> Slot {
    if try reader.peek() == .null, field.isRepeated || !isValue(field.kind) {
      try reader.null()
      return .cleared
    }
    if field.isMap { return .messages(try map(field, &reader, how)) }
    guard field.isRepeated else {
      if case .message(let type) = field.kind {
        var inner = MessageDraft(type)
        try inner.read(&reader, how)
        return .message(inner)
      }
      return .scalar(try JSONScalars.scalar(&reader, field.kind))
    }
    guard try reader.peek() == .array else { throw JSONError("must be an array") }
    var messages: [MessageDraft] = []
    var scalars: [Scalar] = []
    try reader.array { index, reader throws(JSONError) in
      do throws(JSONError) {
        if case .message(let type) = field.kind {
          var inner = MessageDraft(type)
          try inner.read(&reader, how)
          messages.append(inner)
        } else {
          scalars.append(try JSONScalars.scalar(&reader, field.kind))
        }
      } catch { throw error.inside("[\(index)]") }
    }
    return field.descriptor.message == nil ? .scalars(scalars) : .messages(messages)
  }

  /// A JSON object as the entries of a map field.
  private static func map(
    _ field: JSONShape.Field, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) -> [MessageDraft] {
    guard let type = field.descriptor.message, let key = JSONShape.of(type).field("key"),
      let value = JSONShape.of(type).field("value")
    else { throw JSONError("is not a map") }
    guard try reader.peek() == .object else { throw JSONError("must be an object") }
    var entries: [MessageDraft] = []
    try reader.object { name, reader throws(JSONError) in
      do throws(JSONError) {
        guard try reader.peek() != .null || isValue(value.kind) else {
          throw JSONError("must not be null")
        }
        var entry = MessageDraft(type)
        entry.slots[key.number] = .scalar(try JSONScalars.scalar(name, key.kind))
        entry.slots[value.number] = try slot(value, &reader, how)
        entries.append(entry)
      } catch { throw error.inside(name) }
    }
    return entries
  }

  /// Whether null is a value of its own: google.protobuf.Value and NullValue.
  private static func isValue(_ kind: FieldDescriptor.Kind) -> Bool {
    switch kind {
    case .message(let type): JSONShape.of(type).wellKnown == .value
    case .enumeration(let type): JSONShape.isNull(type)
    default: false
    }
  }
}

/// How a JSON text is to be read, on every level of it.
struct JSONReading: Sendable {
  let ignoringUnknown: Bool
  let types: TypeRegistry
  /// How many values of type Any are around this one.
  var anyDepth = 0
}

extension JSONReader {
  /// Reads past one value, with every check.
  mutating func skip() throws(JSONError) {
    switch try peek() {
    case .object: try object { _, reader throws(JSONError) in try reader.skip() }
    case .array: try array { _, reader throws(JSONError) in try reader.skip() }
    case .string: _ = try string()
    case .number: _ = try number()
    case .bool: _ = try bool()
    case .null: try null()
    }
  }
}
