/// How messages are written as JSON.
public struct JSONOptions: Sendable {
  /// Leave out scalars without presence that hold their default, and empty lists. Off: readers of our API see every
  /// field that always has a value. Absent messages and absent `optional` fields are never written.
  public var omitsDefaults: Bool
  public var enumsAsNumbers: Bool
  /// `create_time` instead of `createTime`.
  public var usesProtoNames: Bool
  /// Write the entries of maps in the order of their keys' bytes; off: as they arrived.
  public var sortsMapKeys: Bool
  /// What `Any` values may hold; others are written as `{"@type": …, "value": base64}`.
  public var types: TypeRegistry

  public init(
    omitsDefaults: Bool = false, enumsAsNumbers: Bool = false, usesProtoNames: Bool = false,
    sortsMapKeys: Bool = false, types: TypeRegistry = TypeRegistry()
  ) {
    self.omitsDefaults = omitsDefaults
    self.enumsAsNumbers = enumsAsNumbers
    self.usesProtoNames = usesProtoNames
    self.sortsMapKeys = sortsMapKeys
    self.types = types
  }
}

extension MessageDescriptor {
  /// Wire bytes of this type as JSON. Throws `DecodingError` when they are not a message of the type and
  /// `JSONError` when a value has no JSON form (a Timestamp in the year 12000).
  public func json(
    fromSerialized bytes: [UInt8], options: JSONOptions = JSONOptions()
  ) throws -> [UInt8] {
    try printed(bytes, options) { printer, message throws(JSONError) in
      try printer.message(message, JSONShape.of(self))
    }
  }

  /// One field of a message as JSON (`response_body: "ticket"`); an absent one is its default or `null`.
  public func json(
    ofField name: String, fromSerialized bytes: [UInt8], options: JSONOptions = JSONOptions()
  ) throws -> [UInt8] {
    guard let field = JSONShape.of(self).field(name) else {
      throw JSONError(field: name, "is not a field of \(self.name)")
    }
    return try printed(bytes, options) { printer, message throws(JSONError) in
      try printer.value(of: field, in: message)
    }
  }

  /// JSON as wire bytes of this type.
  public func serialized(
    fromJSON json: [UInt8], limits: JSONLimits = JSONLimits(), ignoringUnknown: Bool = false,
    types: TypeRegistry = TypeRegistry()
  ) throws(JSONError) -> [UInt8] {
    var draft = MessageDraft(self)
    try draft.read(json: json, limits: limits, ignoringUnknown: ignoringUnknown, types: types)
    return draft.serialized()
  }

  private func printed(
    _ bytes: [UInt8], _ options: JSONOptions,
    _ body: (inout JSONPrinter, UnsafeRawPointer) throws(JSONError) -> Void
  ) throws -> [UInt8] {
    let result = try bytes.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try withUnpacked(buffer) { structure -> Result<[UInt8], JSONError> in
        var printer = JSONPrinter(options: options, room: bytes.count * 3 + 64)
        do throws(JSONError) {
          try body(&printer, UnsafeRawPointer(structure))
          return .success(printer.out.bytes)
        } catch { return .failure(error) }
      }
    }
    return try result.get()
  }
}
