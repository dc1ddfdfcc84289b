/// Types that JSON spells in a way of their own, on the way in.
extension MessageDraft {
  mutating func read(
    _ wellKnown: JSONShape.WellKnown, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) {
    switch wellKnown {
    case .timestamp, .duration, .fieldMask:
      guard try reader.peek() == .string else { throw JSONError(Self.spelling(wellKnown)) }
      try set(wellKnown, text: try reader.string())
    case .wrapper:
      guard let field = shape.field("value") else { throw JSONError("has no value") }
      slots[field.number] = .scalar(try JSONScalars.scalar(&reader, field.kind))
    case .structure: try readStruct(&reader, how)
    case .listValue: try readList(&reader, how)
    case .value: try readValue(&reader, how)
    case .any: try readAny(&reader, how)
    }
  }

  /// The types that one string spells, which a query parameter can set too.
  mutating func set(_ wellKnown: JSONShape.WellKnown, text: String) throws(JSONError) {
    switch wellKnown {
    case .timestamp:
      guard let stamp = JSONTime.stamp(text) else { throw JSONError(Self.spelling(wellKnown)) }
      set(seconds: stamp.seconds, nanos: stamp.nanos)
    case .duration:
      guard let duration = JSONTime.duration(text) else {
        throw JSONError(Self.spelling(wellKnown))
      }
      set(seconds: duration.seconds, nanos: duration.nanos)
    case .fieldMask:
      slots[1] = .scalars(try JSONMask.paths(text).map { .bytes(Array($0.utf8)) })
    case .wrapper:
      guard let field = shape.field("value") else { throw JSONError("has no value") }
      slots[field.number] = .scalar(try JSONScalars.scalar(text, field.kind))
    case .structure, .listValue, .value, .any: throw JSONError("must be JSON")
    }
  }

  private mutating func set(seconds: Int64, nanos: Int32) {
    slots[1] = .scalar(.varint(UInt64(bitPattern: seconds)))
    slots[2] = .scalar(.varint(UInt64(bitPattern: Int64(nanos))))
  }

  private static func spelling(_ wellKnown: JSONShape.WellKnown) -> String {
    switch wellKnown {
    case .timestamp: "must be a time such as 2026-03-01T09:30:00Z"
    case .duration: "must be a duration such as 1.5s"
    default: "must be field paths joined by commas"
    }
  }

  // MARK: Struct, ListValue, Value

  private mutating func readStruct(
    _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) {
    guard try reader.peek() == .object else { throw JSONError("must be an object") }
    guard let entryType = shape.fields.first?.descriptor.message,
      let valueType = JSONShape.of(entryType).field("value")?.descriptor.message
    else { throw JSONError("is not a Struct") }
    var entries: [MessageDraft] = []
    try reader.object { name, reader throws(JSONError) in
      var value = MessageDraft(valueType)
      do throws(JSONError) {
        guard !name.utf8.contains(0) else { throw JSONError("may not hold U+0000") }
        try value.readValue(&reader, how)
      } catch { throw error.inside(name) }
      var entry = MessageDraft(entryType)
      entry.slots[1] = .scalar(.bytes(Array(name.utf8)))
      entry.slots[2] = .message(value)
      entries.append(entry)
    }
    slots[1] = .messages(entries)
  }

  private mutating func readList(_ reader: inout JSONReader, _ how: JSONReading) throws(JSONError) {
    guard try reader.peek() == .array else { throw JSONError("must be an array") }
    guard let valueType = shape.fields.first?.descriptor.message else {
      throw JSONError("is not a ListValue")
    }
    var values: [MessageDraft] = []
    try reader.array { index, reader throws(JSONError) in
      var value = MessageDraft(valueType)
      do throws(JSONError) { try value.readValue(&reader, how) } catch {
        throw error.inside("[\(index)]")
      }
      values.append(value)
    }
    slots[1] = .messages(values)
  }

  private mutating func readValue(_ reader: inout JSONReader, _ how: JSONReading) throws(JSONError)
  {
    switch try reader.peek() {
    case .null:
      try reader.null()
      slots[1] = .scalar(.varint(0))
    case .number: slots[2] = .scalar(try JSONScalars.scalar(&reader, .double))
    case .string: slots[3] = .scalar(try JSONScalars.scalar(try reader.string(), .string))
    case .bool: slots[4] = .scalar(.varint(try reader.bool() ? 1 : 0))
    case .object: try readNested(5, &reader, how)
    case .array: try readNested(6, &reader, how)
    }
  }

  private mutating func readNested(
    _ number: Int, _ reader: inout JSONReader, _ how: JSONReading
  ) throws(JSONError) {
    guard let type = shape.type.field(number: number)?.message else {
      throw JSONError("is not a Value")
    }
    var inner = MessageDraft(type)
    try inner.read(&reader, how)
    slots[number] = .message(inner)
  }

  // MARK: Any

  private mutating func readAny(_ reader: inout JSONReader, _ how: JSONReading) throws(JSONError) {
    guard try reader.peek() == .object else { throw JSONError("must be an object") }
    // Each level is looked through for its type first, so the levels multiply the work.
    guard how.anyDepth < 16 else { throw JSONError("holds Any inside Any too often") }
    var how = how
    how.anyDepth += 1
    // `@type` may stand anywhere: a copy of the reader looks for it first.
    var scout = reader
    var url: String?
    try scout.object { name, reader throws(JSONError) in
      if name == "@type" { url = try reader.string() } else { try reader.skip() }
    }
    guard let url else { throw JSONError(field: "@type", "is required") }
    guard let type = how.types.type(url) else {
      throw JSONError(field: "@type", "is not a known type")
    }
    var inner = MessageDraft(type)
    try reader.object { name, reader throws(JSONError) in
      if name == "@type" {
        _ = try reader.string()
      } else if inner.shape.wellKnown != nil {
        guard name == "value" else {
          throw JSONError(field: name, "is not a field of \(type.shortName)")
        }
        do throws(JSONError) { try inner.read(&reader, how) } catch { throw error.inside(name) }
      } else {
        try inner.read(member: name, &reader, how)
      }
    }
    slots[1] = .scalar(.bytes(Array(url.utf8)))
    slots[2] = .scalar(.bytes(inner.serialized()))
  }
}

/// `google.protobuf.FieldMask` as one string.
enum JSONMask {
  /// Proto paths of a comma-joined list. Camel case is the rule; proto spelling is taken too, since both names of
  /// a field are taken everywhere else.
  static func paths(_ text: String) throws(JSONError) -> [String] {
    guard !text.isEmpty else { return [] }
    var paths: [String] = []
    for path in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !path.isEmpty, path.utf8.allSatisfy(isPathByte) else {
        throw JSONError("must be field paths joined by commas")
      }
      var out = ""
      for character in path {
        if character.isUppercase {
          out += "_" + character.lowercased()
        } else {
          out.append(character)
        }
      }
      paths.append(out)
    }
    return paths
  }

  /// The camel-case form of proto paths.
  static func text(_ paths: [String]) -> String {
    paths.map { path in
      path.split(separator: ".", omittingEmptySubsequences: false)
        .map { FieldDescriptor.jsonName(of: String($0)) }.joined(separator: ".")
    }.joined(separator: ",")
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "*"):
      true
    default: false
    }
  }
}
