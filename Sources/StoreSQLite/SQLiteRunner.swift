import Foundation
import GRDB
import Store

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
      let steps = try prepare(statement)
      defer { steps.reset() }
      while try steps.next() {}
      return db.changesCount
    } catch {
      throw StoreError(sqlite: error)
    }
  }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    do {
      let steps = try prepare(statement)
      defer { steps.reset() }
      var rows: [Row] = []
      var columns: RowColumns?
      while limit.map({ rows.count < $0 }) ?? true, try steps.next() {
        let known = columns ?? RowColumns(names: steps.prepared.columnNames)
        columns = known
        rows.append(Row(columns: known, values: steps.values(known.names.count)))
      }
      return rows
    } catch {
      throw StoreError(sqlite: error)
    }
  }

  private func prepare(_ statement: Statement) throws -> StatementSteps {
    let prepared =
      statement.values.count <= Self.cachedValues
      ? try db.cachedStatement(sql: statement.text) : try db.makeStatement(sql: statement.text)
    return try StatementSteps(prepared, of: db, binding: statement.values)
  }
}
