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
        let known = columns ?? KnownColumns.shared.columns(of: steps.prepared, statement)
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
