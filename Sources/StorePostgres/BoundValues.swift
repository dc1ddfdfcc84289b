import CPostgres
import Store

import struct Store.Statement

/// A statement's values in libpq's binary format, with their types declared, so that the server guesses
/// nothing and a text ends where it ends.
struct BoundValues {
  private let types: [Oid]
  private let encoded: [[UInt8]?]

  init(_ statement: Statement) {
    types = statement.kinds.map(\.oid)
    encoded = statement.values.map(\.binary)
  }

  var count: Int32 { Int32(encoded.count) }

  func withPointers(
    _ body: (
      UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
      UnsafePointer<Int32>?
    ) -> Int32
  ) -> Int32 {
    guard !encoded.isEmpty else { return body(nil, nil, nil, nil) }
    // One block for all values; an empty value still needs a pointer that is not NULL.
    var offsets: [Int?] = []
    var block: [CChar] = []
    for value in encoded {
      offsets.append(value == nil ? nil : block.count)
      block += (value ?? []).map { CChar(bitPattern: $0) }
    }
    block.append(0)
    let lengths = encoded.map { Int32(clamping: $0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: encoded.count)
    return block.withUnsafeBufferPointer { block in
      let values = offsets.map { offset in
        offset.flatMap { start in block.baseAddress.map { $0 + start } }
      }
      return body(types, values, lengths, formats)
    }
  }
}

extension SQLKind {
  /// PostgreSQL's type numbers of text, int8, bool and bytea.
  fileprivate var oid: Oid {
    switch self {
    case .text: 25
    case .integer: 20
    case .boolean: 16
    case .bytes: 17
    }
  }
}

extension SQLValue {
  fileprivate var binary: [UInt8]? {
    switch self {
    case .null: nil
    case .text(let text): Array(text.utf8)
    case .integer(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
    case .boolean(let flag): [flag ? 1 : 0]
    case .bytes(let bytes): bytes
    }
  }
}

/// Calls `body` with a NULL-terminated array of C strings.
func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
  var offsets: [Int] = []
  var block: [CChar] = []
  for string in strings {
    offsets.append(block.count)
    block += string.utf8CString
  }
  return block.withUnsafeBufferPointer { block in
    let pointers = offsets.map { offset in block.baseAddress.map { $0 + offset } } + [nil]
    return body(pointers)
  }
}
