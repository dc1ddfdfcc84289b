import Synchronization

/// The columns of a result, shared by its rows.
public final class RowColumns: Sendable {
  public let names: [String]
  /// The column after the one that was found last: what reads rows reads nearly all columns in their order, so that
  /// looking from here on is quicker than a table, which would have to be made for each result.
  private let next = Atomic(0)

  public init(names: [String]) { self.names = names }

  func index(of name: String) -> Int? {
    let start = next.load(ordering: .relaxed)
    let length = name.utf8.count
    func find(_ range: Range<Int>) -> Int? {
      range.first { names[$0].utf8.count == length && names[$0] == name }
    }
    guard let index = find(start..<names.count) ?? find(0..<start) else { return nil }
    next.store(index + 1, ordering: .relaxed)
    return index
  }
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
