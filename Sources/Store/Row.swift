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
public struct Row: Sendable {
  public let columns: RowColumns
  public let values: [SQLValue]

  /// For engines.
  public init(columns: RowColumns, values: [SQLValue]) {
    self.columns = columns
    self.values = values
  }

  public subscript<T: ColumnValue>(_ column: String) -> T {
    get throws { try decoded(T.self, column) }
  }

  /// A raw-value type: an enum over String, an identifier over String.
  public subscript<T: RawRepresentable>(_ column: String) -> T where T.RawValue: ColumnValue {
    get throws { try raw(decoded(T.RawValue.self, column), column) }
  }

  public subscript<T: RawRepresentable>(_ column: String) -> T? where T.RawValue: ColumnValue {
    get throws { try decoded(T.RawValue?.self, column).map { try raw($0, column) } }
  }

  public subscript<T: RawRepresentable & ColumnValue>(_ column: String) -> T {
    get throws { try decoded(T.self, column) }
  }

  public subscript<T: RawRepresentable & ColumnValue>(_ column: String) -> T? {
    get throws { try decoded(T?.self, column) }
  }

  /// What the subscript does, where the typed error matters.
  func read<T: ColumnValue>(_ column: String) throws(StoreError) -> T {
    try decoded(T.self, column)
  }

  private func decoded<T: ColumnValue>(_: T.Type, _ column: String) throws(StoreError) -> T {
    guard let index = columns.index(of: column), index < values.count,
      let value = T(sqlValue: values[index])
    else { throw .column(column, expected: "\(T.self)") }
    return value
  }

  private func raw<T: RawRepresentable>(
    _ value: T.RawValue, _ column: String
  ) throws(StoreError) -> T {
    guard let result = T(rawValue: value) else { throw .column(column, expected: "\(T.self)") }
    return result
  }
}
