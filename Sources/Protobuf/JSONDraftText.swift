/// Filling a draft from query parameters and path variables.
extension MessageDraft {
  /// Sets the field that a dotted path names (`ticket.priority`, either spelling) from text, as R-154 has it.
  /// A repeated scalar takes several texts; messages are reached through, except those that one string spells.
  public mutating func set(_ path: String, _ texts: [String]) throws(JSONError) {
    try set(
      path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...], texts)
  }

  private mutating func set(_ path: ArraySlice<String>, _ texts: [String]) throws(JSONError) {
    guard let name = path.first, let field = shape.field(name) else {
      throw JSONError(field: path.first ?? "", "is not a field of \(shape.type.shortName)")
    }
    let rest = path.dropFirst()
    guard rest.isEmpty else {
      guard case .message(let type) = field.kind, !field.isRepeated,
        JSONShape.of(type).wellKnown == nil
      else { throw JSONError(field: field.jsonName, "has no fields that a parameter could set") }
      var inner: MessageDraft
      switch slots[field.number] {
      case .message(let given)?: inner = given
      case nil: inner = MessageDraft(type)
      default: throw JSONError(field: field.jsonName, "is given more than once")
      }
      do { try inner.set(rest, texts) } catch { throw error.inside(field.jsonName) }
      if slots[field.number] == nil {
        try fill(field, .message(inner))
      } else {
        slots[field.number] = .message(inner)
      }
      return
    }
    let slot: Slot
    do { slot = try Self.slot(field, texts) } catch { throw error.inside(field.jsonName) }
    try fill(field, slot)
  }

  private static func slot(_ field: JSONShape.Field, _ texts: [String]) throws(JSONError) -> Slot {
    if field.isRepeated {
      guard field.descriptor.message == nil else { throw JSONError("cannot be set by a parameter") }
      return .scalars(
        try texts.map { text throws(JSONError) in try JSONScalars.scalar(text, field.kind) })
    }
    guard texts.count == 1 else { throw JSONError("is given more than once") }
    guard case .message(let type) = field.kind else {
      return .scalar(try JSONScalars.scalar(texts[0], field.kind))
    }
    guard let wellKnown = JSONShape.of(type).wellKnown else {
      throw JSONError("cannot be set by a parameter as a whole")
    }
    var inner = MessageDraft(type)
    try inner.set(wellKnown, text: texts[0])
    return .message(inner)
  }
}

extension MessageDraft {
  /// Sets the field that a path variable names. The body may repeat the value, not contradict it.
  public mutating func bind(_ path: String, _ text: String) throws(JSONError) {
    let isName = !path.utf8.contains(UInt8(ascii: "."))
    let names =
      isName
      ? [path] : path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    try bind(names[...], text)
  }

  private mutating func bind(_ path: ArraySlice<String>, _ text: String) throws(JSONError) {
    guard let name = path.first, let field = shape.field(name), !field.isRepeated else {
      throw JSONError(field: path.first ?? "", "is not a field of \(shape.type.shortName)")
    }
    let rest = path.dropFirst()
    do throws(JSONError) {
      if rest.isEmpty, field.descriptor.message != nil {
        let slot = try Self.slot(field, [text])
        if case .message(let given)? = slots[field.number], case .message(let bound) = slot,
          given.serialized() != bound.serialized()
        {
          throw JSONError("differs from the value in the path")
        }
        slots[field.number] = slot
      } else if rest.isEmpty {
        let value = try JSONScalars.scalar(text, field.kind)
        if case .scalar(let given)? = slots[field.number], given != value {
          throw JSONError("differs from the value in the path")
        }
        slots[field.number] = .scalar(value)
      } else {
        guard case .message(let type) = field.kind else { throw JSONError("has no fields") }
        var inner = MessageDraft(type)
        if case .message(let given)? = slots[field.number] { inner = given }
        try inner.bind(rest, text)
        slots[field.number] = .message(inner)
      }
    } catch { throw error.inside(field.jsonName) }
  }
}
