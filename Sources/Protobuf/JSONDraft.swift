/// A message being put together from JSON, query parameters and path variables, by descriptor alone.
///
/// It knows which fields were given, so that a PATCH can derive its mask, and refuses what does not fit: unknown
/// fields, a field given twice, two members of one oneof, values out of range.
public struct MessageDraft: Sendable {
  enum Scalar: Sendable, Hashable {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes([UInt8])
  }
  enum Slot: Sendable {
    /// Given as null: the default, but given.
    case cleared
    case scalar(Scalar)
    case scalars([Scalar])
    case message(MessageDraft)
    case messages([MessageDraft])
  }

  let shape: JSONShape
  /// By field number.
  var slots: [Int: Slot] = [:]

  public init(_ type: MessageDescriptor) { shape = JSONShape.of(type) }

  public var type: MessageDescriptor { shape.type }

  /// Whether a field of the top level was given. Either name will do.
  public func has(_ name: String) -> Bool {
    shape.field(name).map { slots[$0.number] != nil } ?? false
  }

  /// Stores a value that has been read, once.
  mutating func fill(_ field: JSONShape.Field, _ slot: Slot) throws(JSONError) {
    guard slots[field.number] == nil else {
      throw JSONError(field: field.jsonName, "is given more than once")
    }
    if field.presence == .oneof, !slot.isCleared {
      for other in shape.fields
      where other.presence == .oneof && other.quantifierOffset == field.quantifierOffset {
        if let given = slots[other.number], !given.isCleared {
          throw JSONError(
            field: field.jsonName, "excludes \(other.jsonName), which is given as well")
        }
      }
    }
    slots[field.number] = slot
  }

  /// The paths, in proto names, of everything that was given below `field` (nil: the whole message): what a PATCH
  /// without a mask changes. Repeated fields and types with a JSON form of their own are leaves.
  public func givenPaths(below field: String? = nil) -> [String] {
    guard let field else { return paths(prefix: "") }
    guard let known = shape.field(field), case .message(let inner)? = slots[known.number] else {
      return []
    }
    return inner.paths(prefix: "")
  }

  private func paths(prefix: String) -> [String] {
    shape.fields.flatMap { field -> [String] in
      guard let slot = slots[field.number] else { return [] }
      let path = prefix + field.descriptor.name
      if case .message(let inner) = slot, inner.shape.wellKnown == nil, !inner.slots.isEmpty {
        return inner.paths(prefix: path + ".")
      }
      return [path]
    }
  }

  /// Sets a `google.protobuf.FieldMask` field of the top level.
  public mutating func setMask(_ name: String, paths: [String]) throws(JSONError) {
    guard let field = shape.field(name), let type = field.descriptor.message,
      JSONShape.of(type).wellKnown == .fieldMask, let list = JSONShape.of(type).field("paths")
    else { throw JSONError(field: name, "is not a field mask of \(shape.type.name)") }
    var mask = MessageDraft(type)
    mask.slots[list.number] = .scalars(paths.map { .bytes(Array($0.utf8)) })
    slots[field.number] = .message(mask)
  }
}

extension MessageDraft.Slot {
  var isCleared: Bool {
    if case .cleared = self { true } else { false }
  }
}
