/// A protobuf message as a Swift value. Conformances are generated.
public protocol Message: Sendable, Hashable {
  /// The message with no field set.
  init()

  static var descriptor: MessageDescriptor { get }

  /// What arrived with numbers this build does not know; written back after the known fields.
  var unknownFields: UnknownFields { get set }

  /// Copies a decoded C structure of `descriptor`'s type. For generated code.
  init(reading structure: UnsafeRawPointer)

  /// Fills an initialized C structure of `descriptor`'s type with memory of `arena`. For generated code.
  func write(to structure: UnsafeMutableRawPointer, in arena: borrowing Arena) throws(EncodingError)
}

/// A protobuf enum: open, so that a number from a newer peer is kept.
public protocol OpenEnum: RawRepresentable, CaseIterable, Hashable, Sendable
where RawValue == Int32 {
  /// The value of number zero, or the first one listed.
  init()
  init(rawValue: Int32)
  static var descriptor: EnumDescriptor { get }
}

extension OpenEnum {
  /// The name in the proto file, `TICKET_STATE_OPEN`, or nil for a number this build does not know.
  public var protoName: String? { Self.descriptor.name(of: rawValue) }

  /// The value that the proto file calls `name`, or nil.
  public init?(protoName name: String) {
    guard let number = Self.descriptor.number(named: name) else { return nil }
    self.init(rawValue: number)
  }
}

/// A value on the heap, for fields that hold their own type. It is never changed in place, so
/// copies stay independent.
public indirect enum Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
  case value(Value)

  @inlinable public init(_ value: Value) { self = .value(value) }

  @inlinable public var value: Value {
    switch self {
    case .value(let value): value
    }
  }
}
