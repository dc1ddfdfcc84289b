import Values

/// The types a column can have in the SQL that both engines share.
public enum SQLKind: Sendable, Hashable {
  case text, integer, boolean, bytes

  var nullLiteral: String {
    switch self {
    case .text: "CAST(NULL AS TEXT)"
    case .integer: "CAST(NULL AS BIGINT)"
    case .boolean: "CAST(NULL AS BOOLEAN)"
    case .bytes: "CAST(NULL AS BYTEA)"
    }
  }
}

/// A value as it stands in a column or is bound to a statement.
public enum SQLValue: Sendable, Hashable {
  case null
  case text(String)
  case integer(Int64)
  case boolean(Bool)
  case bytes([UInt8])
}

/// What can be bound and read: `String Int Int64 Bool Instant CivilDate TenantID [UInt8]`, raw-value
/// types over these, and Optionals of them.
public protocol ColumnValue: Sendable {
  static var sqlKind: SQLKind { get }
  var sqlValue: SQLValue { get }
  /// Nil when the value is NULL or of another kind.
  init?(sqlValue: SQLValue)
}

extension String: ColumnValue {
  public static var sqlKind: SQLKind { .text }
  public var sqlValue: SQLValue { .text(self) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue else { return nil }
    self = text
  }
}

extension Int64: ColumnValue {
  public static var sqlKind: SQLKind { .integer }
  public var sqlValue: SQLValue { .integer(self) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .integer(let number) = sqlValue else { return nil }
    self = number
  }
}

extension Int: ColumnValue {
  public static var sqlKind: SQLKind { .integer }
  public var sqlValue: SQLValue { .integer(Int64(self)) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .integer(let number) = sqlValue else { return nil }
    self.init(exactly: number)
  }
}

extension Bool: ColumnValue {
  public static var sqlKind: SQLKind { .boolean }
  public var sqlValue: SQLValue { .boolean(self) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    // SQLite has no boolean: a BOOLEAN column holds 0 or 1.
    switch sqlValue {
    case .boolean(let value): self = value
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
}

extension Instant: ColumnValue {
  public static var sqlKind: SQLKind { .integer }
  public var sqlValue: SQLValue { .integer(microseconds) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .integer(let number) = sqlValue else { return nil }
    self.init(microseconds: number)
  }
}

extension CivilDate: ColumnValue {
  public static var sqlKind: SQLKind { .text }
  public var sqlValue: SQLValue { .text(description) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue else { return nil }
    self.init(text)
  }
}

extension SortableID: ColumnValue {
  public static var sqlKind: SQLKind { .text }
  public var sqlValue: SQLValue { .text(description) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue else { return nil }
    self.init(text)
  }
}

extension [UInt8]: ColumnValue {
  public static var sqlKind: SQLKind { .bytes }
  public var sqlValue: SQLValue { .bytes(self) }
  @inlinable
  public init?(sqlValue: SQLValue) {
    guard case .bytes(let bytes) = sqlValue else { return nil }
    self = bytes
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  public static var sqlKind: SQLKind { Wrapped.sqlKind }
  public var sqlValue: SQLValue { self?.sqlValue ?? .null }
  @inlinable
  public init?(sqlValue: SQLValue) {
    if case .null = sqlValue {
      self = nil
    } else {
      guard let wrapped = Wrapped(sqlValue: sqlValue) else { return nil }
      self = wrapped
    }
  }
}
