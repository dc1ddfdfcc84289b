import GRDB
import GRDBSQLite
import Store

/// One run of a prepared statement, by SQLite's own calls. GRDB keeps the statement; its arguments and rows would be made
/// anew for each run, which costs as much as the statement itself where a transaction has a dozen of them.
struct StatementSteps {
  let prepared: GRDB.Statement
  private let db: Database
  private let statement: OpaquePointer

  /// SQLite copies what is bound.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ prepared: GRDB.Statement, of db: Database, binding values: [SQLValue] = []) throws {
    self.prepared = prepared
    self.db = db
    statement = prepared.sqliteStatement
    sqlite3_reset(statement)
    guard Int(sqlite3_bind_parameter_count(statement)) == values.count else {
      throw StoreError.statement("\(values.count) values for \(prepared.sql)")
    }
    for (index, value) in values.enumerated() {
      let code = bind(value, Int32(truncatingIfNeeded: index + 1))
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  /// Runs a statement of the program's that has no values and no result.
  static func run(_ sql: String, on db: Database) throws {
    let steps = try StatementSteps(try db.cachedStatement(sql: sql), of: db)
    defer { steps.reset() }
    while try steps.next() {}
  }

  /// Moves to the next row; false behind the last one.
  func next() throws -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw failure(code)
    }
  }

  /// Ends the run: a statement that is not at its end would hold what it reads. What it failed with has been thrown.
  func reset() { sqlite3_reset(statement) }

  /// The row it stands at.
  func values(_ count: Int) -> [SQLValue] {
    var values: [SQLValue] = []
    values.reserveCapacity(count)
    for column in 0..<count { values.append(value(Int32(truncatingIfNeeded: column))) }
    return values
  }

  private func value(_ column: Int32) -> SQLValue {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
    case SQLITE_TEXT:
      .text(String(decoding: bytes(sqlite3_column_text(statement, column), column), as: UTF8.self))
    case SQLITE_BLOB:
      .bytes(
        Array(
          bytes(
            sqlite3_column_blob(statement, column)?.assumingMemoryBound(to: UInt8.self), column)))
    case SQLITE_FLOAT: .text(String(sqlite3_column_double(statement, column)))
    default: .null
    }
  }

  /// - Parameter start: what SQLite gave for the column, asked for before its length; nil when it is empty.
  private func bytes(
    _ start: UnsafePointer<UInt8>?, _ column: Int32
  ) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, column)))
  }

  private func bind(_ value: SQLValue, _ index: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, index)
    case .integer(let number): return sqlite3_bind_int64(statement, index, number)
    case .boolean(let flag): return sqlite3_bind_int64(statement, index, flag ? 1 : 0)
    case .text(var text):
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          guard let start = $0.baseAddress else {
            // NULL would be bound, and not an empty text.
            return sqlite3_bind_text(statement, index, "", 0, Self.transient)
          }
          return sqlite3_bind_text64(
            statement, index, start, UInt64($0.count), Self.transient, UInt8(SQLITE_UTF8))
        }
      }
    case .bytes(let bytes):
      guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
      return bytes.withUnsafeBytes {
        sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), Self.transient)
      }
    }
  }

  private func failure(_ code: Int32) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: code),
      message: sqlite3_errmsg(db.sqliteConnection).map { String(cString: $0) }, sql: prepared.sql)
  }
}
