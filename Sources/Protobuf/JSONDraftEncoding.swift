/// A draft as protobuf wire bytes: ascending field numbers, packed numbers, defaults without presence left out.
extension MessageDraft {
  public func serialized() -> [UInt8] {
    var out: [UInt8] = []
    encode(into: &out)
    return out
  }

  private func encode(into out: inout [UInt8]) {
    for field in shape.fields {
      guard let slot = slots[field.number] else { continue }
      switch slot {
      case .cleared: break
      case .scalar(let value):
        if field.presence != .implicit || !value.isDefault {
          Self.tag(field.number, value, into: &out)
          Self.append(value, into: &out)
        }
      case .scalars(let values): Self.encode(values, field, into: &out)
      case .message(let inner): Self.encode(inner, field.number, into: &out)
      case .messages(let inners):
        for inner in inners { Self.encode(inner, field.number, into: &out) }
      }
    }
  }

  private static func encode(_ inner: MessageDraft, _ number: Int, into out: inout [UInt8]) {
    let bytes = inner.serialized()
    Varint.append(UInt64(number) << 3 | 2, to: &out)
    Varint.append(UInt64(bytes.count), to: &out)
    out.append(contentsOf: bytes)
  }

  private static func encode(
    _ values: [Scalar], _ field: JSONShape.Field, into out: inout [UInt8]
  ) {
    if case .bytes? = values.first {
      for value in values {
        tag(field.number, value, into: &out)
        append(value, into: &out)
      }
    } else if !values.isEmpty {
      var run: [UInt8] = []
      for value in values { append(value, into: &run) }
      Varint.append(UInt64(field.number) << 3 | 2, to: &out)
      Varint.append(UInt64(run.count), to: &out)
      out.append(contentsOf: run)
    }
  }

  private static func tag(_ number: Int, _ value: Scalar, into out: inout [UInt8]) {
    let wireType: UInt64 =
      switch value {
      case .varint: 0
      case .fixed64: 1
      case .bytes: 2
      case .fixed32: 5
      }
    Varint.append(UInt64(number) << 3 | wireType, to: &out)
  }

  private static func append(_ value: Scalar, into out: inout [UInt8]) {
    switch value {
    case .varint(let value): Varint.append(value, to: &out)
    case .fixed32(let value): withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    case .fixed64(let value): withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    case .bytes(let bytes):
      Varint.append(UInt64(bytes.count), to: &out)
      out.append(contentsOf: bytes)
    }
  }
}

extension MessageDraft.Scalar {
  /// All bits zero: what a field without presence need not send. -0.0 is not.
  fileprivate var isDefault: Bool {
    switch self {
    case .varint(let value): value == 0
    case .fixed32(let value): value == 0
    case .fixed64(let value): value == 0
    case .bytes(let bytes): bytes.isEmpty
    }
  }
}
