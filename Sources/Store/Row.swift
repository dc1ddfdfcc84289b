/// The columns of a result, shared by its rows.
public final class RowColumns: Sendable {
  public let names: [String]
  private let indexes: [String: Int]

  public init(names: [String]) {
    self.names = names
    indexes = Dictionary(
      zip(names, names.indices), uniquingKeysWith: { first, _ in first })
  }

  func index(of name: String) -> Int? { indexes[name] }
}

/// One row of a result, read by column name: `let title: String = try row["title"]`. Reading throws
/// `StoreError.column` when there is no such column or it holds another type; NULL reads only as an
/// Optional.
///
/// Inlinable, so that other modules read their columns without asking at run time what type it is: a list reads hundreds.
public struct Row: Sendable {
  public let columns: RowColumns
  public let values: [SQLValue]

  /// For engines.
  public init(columns: RowColumns, values: [SQLValue]) {
    self.columns = columns
    self.values = values
  }

  @inlinable
  public subscript<T: ColumnValue>(_ column: String) -> T {
    get throws { try decoded(T.self, column) }
  }

  /// A raw-value type: an enum over String, an identifier over String.
  @inlinable
  public subscript<T: RawRepresentable>(_ column: String) -> T where T.RawValue: ColumnValue {
    get throws { try raw(decoded(T.RawValue.self, column), column) }
  }

  @inlinable
  public subscript<T: RawRepresentable>(_ column: String) -> T? where T.RawValue: ColumnValue {
    get throws { try decoded(T.RawValue?.self, column).map { try raw($0, column) } }
  }

  @inlinable
  public subscript<T: RawRepresentable & ColumnValue>(_ column: String) -> T {
    get throws { try decoded(T.self, column) }
  }

  @inlinable
  public subscript<T: RawRepresentable & ColumnValue>(_ column: String) -> T? {
    get throws { try decoded(T?.self, column) }
  }

  /// What the subscript does, where the typed error matters.
  func read<T: ColumnValue>(_ column: String) throws(StoreError) -> T {
    try decoded(T.self, column)
  }

  @inlinable
  func decoded<T: ColumnValue>(_: T.Type, _ column: String) throws(StoreError) -> T {
    guard let value = value(of: column), let decoded = T(sqlValue: value) else {
      throw Self.mismatch(column, T.self)
    }
    return decoded
  }

  @inlinable
  func raw<T: RawRepresentable>(_ value: T.RawValue, _ column: String) throws(StoreError) -> T {
    guard let result = T(rawValue: value) else { throw Self.mismatch(column, T.self) }
    return result
  }

  /// Nil when there is no such column.
  @usableFromInline
  func value(of column: String) -> SQLValue? {
    guard let index = columns.index(of: column), index < values.count else { return nil }
    return values[index]
  }

  @usableFromInline
  static func mismatch(_ column: String, _ type: Any.Type) -> StoreError {
    .column(column, expected: "\(type)")
  }
}
