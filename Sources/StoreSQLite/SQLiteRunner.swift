import Foundation
import GRDB
import Store
import Synchronization

import struct Store.Row
import struct Store.Statement

/// Statements on a GRDB connection, inside a transaction that somebody else began.
final class SQLiteRunner: StatementRunner {
  /// Beyond so many values a statement is one of a family (`IN` lists) and not worth keeping.
  private static let cachedValues = 48

  private let db: Database

  init(_ db: Database) { self.db = db }

  func run(_ statement: Statement) throws(StoreError) -> Int {
    do {
      let prepared = try prepare(statement)
      try prepared.execute()
      return db.changesCount
    } catch {
      throw StoreError(sqlite: error)
    }
  }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    do {
      let prepared = try prepare(statement)
      let columns = KnownColumns.shared.columns(of: prepared, statement)
      var rows: [Row] = []
      let cursor = try GRDB.Row.fetchCursor(prepared)
      while limit.map({ rows.count < $0 }) ?? true, let row = try cursor.next() {
        rows.append(Row(columns: columns, values: row.databaseValues.map(SQLValue.init)))
      }
      return rows
    } catch {
      throw StoreError(sqlite: error)
    }
  }

  private func prepare(_ statement: Statement) throws -> GRDB.Statement {
    let prepared =
      statement.values.count <= Self.cachedValues
      ? try db.cachedStatement(sql: statement.text) : try db.makeStatement(sql: statement.text)
    try prepared.setArguments(StatementArguments(statement.values.map(\.databaseValue)))
    return prepared
  }
}

/// The columns of statements that are run again and again: to look them up by name takes a table, which is made once.
private final class KnownColumns: Sendable {
  static let shared = KnownColumns()
  private static let most = 2000

  private let known = Mutex<[String: RowColumns]>([:])

  func columns(of prepared: GRDB.Statement, _ statement: Statement) -> RowColumns {
    let names = prepared.columnNames
    if let columns = known.withLock({ $0[statement.text] }), columns.names == names {
      return columns
    }
    let columns = RowColumns(names: names)
    known.withLock {
      if $0.count >= Self.most { $0.removeAll() }
      $0[statement.text] = columns
    }
    return columns
  }
}

extension SQLValue {
  fileprivate init(_ value: DatabaseValue) {
    switch value.storage {
    case .null: self = .null
    case .int64(let number): self = .integer(number)
    case .double(let number): self = .text(String(number))
    case .string(let text): self = .text(text)
    case .blob(let data): self = .bytes(Array(data))
    }
  }

  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .text(let text): text.databaseValue
    case .integer(let number): number.databaseValue
    case .boolean(let flag): flag.databaseValue
    case .bytes(let bytes): Data(bytes).databaseValue
    }
  }
}
