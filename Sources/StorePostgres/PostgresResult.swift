import CPostgres
import Store
import Values

import struct Store.Row

/// A libpq result, freed with this object.
final class PostgresResult {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }
  deinit { PQclear(pointer) }

  var status: ExecStatusType { PQresultStatus(pointer) }

  /// `COMMIT`, `ROLLBACK`, `UPDATE 3`.
  var tag: String { String(cString: PQcmdStatus(pointer)) }

  var changedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

  func field(_ code: Int32) -> String? {
    PQresultErrorField(pointer, code).map { String(cString: $0) }
  }

  func rows(limit: Int?) throws(StoreError) -> [Row] {
    let width = PQnfields(pointer)
    let columns = RowColumns(names: (0..<width).map { String(cString: PQfname(pointer, $0)) })
    let types = (0..<width).map { PQftype(pointer, $0) }
    let count = min(PQntuples(pointer), limit.map { Int32(clamping: $0) } ?? .max)
    var rows: [Row] = []
    rows.reserveCapacity(Int(count))
    for row in 0..<count {
      var values: [SQLValue] = []
      values.reserveCapacity(Int(width))
      for column in 0..<width {
        values.append(try value(row, column, types[Int(column)]))
      }
      rows.append(Row(columns: columns, values: values))
    }
    return rows
  }

  private func value(_ row: Int32, _ column: Int32, _ type: Oid) throws(StoreError) -> SQLValue {
    guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column)
    else {
      return .null
    }
    let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column)))
    switch type {
    case 20, 21, 23:
      guard let number = Int64(Substring(decoding: bytes, as: UTF8.self)) else { break }
      return .integer(number)
    case 1700:
      // The sum of BIGINTs is NUMERIC here and an integer in SQLite.
      let text = String(decoding: bytes, as: UTF8.self)
      return Int64(text).map { .integer($0) } ?? .text(text)
    case 16: return .boolean(bytes.first == UInt8(ascii: "t"))
    case 17:
      guard let data = Self.unhex(bytes) else { break }
      return .bytes(data)
    default: return .text(String(decoding: bytes, as: UTF8.self))
    }
    throw .corrupt("PostgreSQL sent a value of type \(type) that is none")
  }

  /// `\x00ff`.
  private static func unhex(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"),
      text[1] == UInt8(ascii: "x")
    else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2 - 1)
    for index in stride(from: 2, to: text.count, by: 2) {
      guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
