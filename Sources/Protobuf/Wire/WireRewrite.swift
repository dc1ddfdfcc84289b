import CProtobufC

/// Rewrites bytes that `WireScan` has passed, so that libprotobuf-c reads out of them what the specification says.
///
/// - The parts of a singular message become one, which merges them; those before another member of
///   the same oneof are dropped, as that member cleared them.
/// - A known field with a foreign wire type, and a group, go to the unknown fields: under numbers that
///   no field can have, with a mark that `UnknownFields` takes off again.
///
/// Rare bytes take this way; no encoder in use writes them.
struct WireRewrite {
  /// The largest field number; above it are the marks.
  static let largestNumber: UInt32 = (1 << 29) - 1
  /// A known number whose value has a foreign wire type.
  static let strayMark: UInt32 = 1 << 31
  /// A group, delimited by a length instead.
  static let groupMark: UInt32 = 1 << 30

  private typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>
  private let bytes: UnsafeBufferPointer<UInt8>

  static func rewritten(
    _ bytes: UnsafeBufferPointer<UInt8>, as descriptor: MessageDescriptor
  ) throws(DecodingError) -> [UInt8] {
    try WireRewrite(bytes: bytes).message(descriptor.pointer, [0..<bytes.count])
  }

  /// One message that came in these parts.
  private func message(
    _ descriptor: Descriptor, _ parts: [Range<Int>]
  ) throws(DecodingError) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(parts.reduce(0) { $0 + $1.count } + 16)
    var singular = SingularParts(fields: descriptor.pointee.fields)
    for part in parts {
      var cursor = WireCursor(bytes, part)
      while let next = try cursor.next() {
        let field = protobuf_c_message_descriptor_get_field(descriptor, next.number)
        guard let field, field.pointee.accepts(next.wireType) else {
          append(next, isKnown: field != nil, to: &out)
          continue
        }
        singular.clearOthers(of: field)
        if field.pointee.type != PROTOBUF_C_TYPE_MESSAGE {
          out.append(contentsOf: bytes[next.start..<next.value.upperBound])
        } else if field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
          try append(field, [next.value], to: &out)
        } else {
          singular.add(next.value, to: field)
        }
      }
    }
    for (field, parts) in singular.inOrder { try append(field, parts, to: &out) }
    return out
  }

  /// A message field with its tag and length.
  private func append(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ parts: [Range<Int>], to out: inout [UInt8]
  ) throws(DecodingError) {
    let inner = try message(
      field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), parts)
    Self.append(field.pointee.id, .lengthDelimited, to: &out)
    Varint.append(UInt64(inner.count), to: &out)
    out.append(contentsOf: inner)
  }

  /// A field that the type does not have, or not like this.
  private func append(_ field: WireCursor.Field, isKnown: Bool, to out: inout [UInt8]) {
    if field.wireType == .group {
      Self.append(field.number | Self.groupMark, .lengthDelimited, to: &out)
      Varint.append(UInt64(field.value.count), to: &out)
      out.append(contentsOf: bytes[field.value])
    } else if isKnown {
      Self.append(field.number | Self.strayMark, field.wireType, to: &out)
      // Its length, where it has one, stands between tag and value.
      out.append(contentsOf: bytes[field.tagEnd..<field.value.upperBound])
    } else {
      out.append(contentsOf: bytes[field.start..<field.value.upperBound])
    }
  }

  private static func append(_ number: UInt32, _ wireType: WireType, to out: inout [UInt8]) {
    Varint.append(UInt64(number) << 3 | UInt64(wireType.rawValue), to: &out)
  }
}

/// Where the parts of each singular message field lie.
private struct SingularParts {
  typealias Field = UnsafePointer<ProtobufCFieldDescriptor>
  /// Nil in a type without fields, which has no parts either.
  private let fields: Field?
  private var parts: [Int: [Range<Int>]] = [:]

  init(fields: Field?) { self.fields = fields }

  var inOrder: [(field: Field, parts: [Range<Int>])] {
    guard let fields else { return [] }
    return parts.sorted { $0.key < $1.key }.map { (fields + $0.key, $0.value) }
  }

  mutating func add(_ part: Range<Int>, to field: Field) {
    guard let fields else { return }
    parts[field - fields, default: []].append(part)
  }

  /// Forgets what came for other members of the oneof of `field`.
  mutating func clearOthers(of field: Field) {
    let isMember = UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue)
    guard let fields, !parts.isEmpty, field.pointee.flags & isMember != 0 else { return }
    for index in parts.keys where index != field - fields {
      let other = fields + index
      guard other.pointee.flags & isMember != 0,
        other.pointee.quantifier_offset == field.pointee.quantifier_offset
      else { continue }
      parts[index] = nil
    }
  }
}
