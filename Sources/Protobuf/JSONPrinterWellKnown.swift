import CProtobufC

/// Types that JSON spells in a way of their own, on the way out.
extension JSONPrinter {
  mutating func wellKnown(
    _ kind: JSONShape.WellKnown, _ message: UnsafeRawPointer, _ shape: JSONShape
  ) throws(JSONError) {
    switch kind {
    case .timestamp:
      let (seconds, nanos) = try secondsAndNanos(message, shape)
      let stamp = JSONTime.Stamp(seconds: seconds, nanos: nanos)
      byte("\"")
      guard JSONTime.spell(stamp, { out.append($0) }) else {
        throw JSONError("is a time outside of the years 1 to 9999")
      }
      byte("\"")
    case .duration:
      let (seconds, nanos) = try secondsAndNanos(message, shape)
      guard let text = JSONTime.text(seconds: seconds, nanos: nanos) else {
        throw JSONError("is not a valid duration")
      }
      quoted(text)
    case .fieldMask: string(JSONMask.text(strings(message, try field("paths", shape))))
    case .wrapper:
      let field = try field("value", shape)
      try value(field, message + field.offset)
    case .structure, .listValue: try value(of: try first(shape), in: message)
    case .value: try oneof(message, shape)
    case .any: try any(message, shape)
    }
  }

  private func field(_ name: String, _ shape: JSONShape) throws(JSONError) -> JSONShape.Field {
    guard let field = shape.field(name) else { throw JSONError("is not a \(shape.type.name)") }
    return field
  }

  /// By its place, of a type whose shape was looked at when it was found to be well known.
  private func field(_ place: Int, _ shape: JSONShape) throws(JSONError) -> JSONShape.Field {
    guard shape.fields.indices.contains(place) else {
      throw JSONError("is not a \(shape.type.name)")
    }
    return shape.fields[place]
  }

  private func first(_ shape: JSONShape) throws(JSONError) -> JSONShape.Field {
    guard let field = shape.fields.first else { throw JSONError("is not a \(shape.type.name)") }
    return field
  }

  private func secondsAndNanos(
    _ message: UnsafeRawPointer, _ shape: JSONShape
  ) throws(JSONError) -> (Int64, Int32) {
    (
      message.load(fromByteOffset: try field(0, shape).offset, as: Int64.self),
      message.load(fromByteOffset: try field(1, shape).offset, as: Int32.self)
    )
  }

  private func strings(_ message: UnsafeRawPointer, _ field: JSONShape.Field) -> [String] {
    let count = message.load(fromByteOffset: field.quantifierOffset, as: Int.self)
    guard count > 0, let start = pointer(message, field.offset) else { return [] }
    return (0..<count).map { index in
      pointer(start, index * MemoryLayout<UnsafeRawPointer>.stride)
        .map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
    }
  }

  /// A google.protobuf.Value: whichever member is set; none means null.
  private mutating func oneof(
    _ message: UnsafeRawPointer, _ shape: JSONShape
  ) throws(JSONError) {
    guard let any = shape.fields.first else { return text("null") }
    let number = Int(message.load(fromByteOffset: any.quantifierOffset, as: Int32.self))
    guard let field = shape.fields.first(where: { $0.number == number }), number != 1 else {
      return text("null")
    }
    try value(field, message + field.offset)
  }

  private mutating func any(_ message: UnsafeRawPointer, _ shape: JSONShape) throws(JSONError) {
    let urlField = try field("type_url", shape)
    let url =
      pointer(message, urlField.offset)
      .map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
    let data = message.load(
      fromByteOffset: try field("value", shape).offset, as: ProtobufCBinaryData.self)
    let bytes = UnsafeBufferPointer(start: data.data.map { UnsafePointer($0) }, count: data.len)
    try nested("{", "}") { printer throws(JSONError) in
      guard !url.isEmpty else { return }
      printer.text("\"@type\":")
      printer.string(url)
      if let type = printer.options.types.type(url) {
        try printer.insideAny { printer throws(JSONError) in try printer.packed(bytes, type) }
      } else {
        printer.text(",\"value\":\"")
        JSONBase64.append(UnsafeRawBufferPointer(bytes), to: printer.out)
        printer.byte("\"")
      }
    }
  }

  private mutating func packed(
    _ bytes: UnsafeBufferPointer<UInt8>, _ type: MessageDescriptor
  ) throws(JSONError) {
    let shape = JSONShape.of(type)
    var inner = self
    let result: Result<JSONPrinter, JSONError>
    do {
      result = try type.withUnpacked(bytes) { structure in
        do throws(JSONError) {
          if shape.wellKnown != nil {
            inner.text(",\"value\":")
            try inner.message(UnsafeRawPointer(structure), shape)
          } else {
            var isFirst = false
            try inner.members(UnsafeRawPointer(structure), shape, isFirst: &isFirst)
          }
          return .success(inner)
        } catch { return .failure(error) }
      }
    } catch {
      throw JSONError("holds bytes that are not a \(type.name)")
    }
    _ = try result.get()
  }
}
