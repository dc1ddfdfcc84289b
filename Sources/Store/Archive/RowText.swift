/// Rows as lines of text, in the text format of PostgreSQL's COPY: values with a tab between, `\N` for NULL, `t` and `f`,
/// bytes in hexadecimal after `\\x`, and what would be a separator escaped. `psql` can load such a file, and people can read it.
public enum RowText {
  /// The line of a row, with the line feed at its end.
  public static func append(_ row: [SQLValue], to bytes: inout [UInt8]) {
    for (index, value) in row.enumerated() {
      if index > 0 { bytes.append(tab) }
      append(value, to: &bytes)
    }
    bytes.append(lineFeed)
  }

  /// The values of a line without its line feed.
  /// - Throws: `StoreError.corrupt` when it is not a row of these kinds.
  public static func row(
    _ line: ArraySlice<UInt8>, kinds: [SQLKind]
  ) throws(StoreError) -> [SQLValue] {
    let fields = line.split(separator: tab, omittingEmptySubsequences: false)
    guard fields.count == kinds.count else {
      throw .corrupt("a line has \(fields.count) values instead of \(kinds.count)")
    }
    var row: [SQLValue] = []
    row.reserveCapacity(kinds.count)
    for (field, kind) in zip(fields, kinds) { row.append(try value(field, kind)) }
    return row
  }

  private static let tab = UInt8(ascii: "\t")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let escape = UInt8(ascii: "\\")
  private static let null: [UInt8] = Array("\\N".utf8)
  private static let digits = Array("0123456789abcdef".utf8)
  /// What is escaped, and the letter that stands for it.
  private static let letters: [(byte: UInt8, letter: UInt8)] = [
    (escape, escape), (tab, UInt8(ascii: "t")), (lineFeed, UInt8(ascii: "n")),
    (UInt8(ascii: "\r"), UInt8(ascii: "r")),
  ]

  private static func append(_ value: SQLValue, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += null
    case .integer(let number): bytes += String(number).utf8
    case .boolean(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
    case .bytes(let content):
      bytes += [escape, escape, UInt8(ascii: "x")]
      for byte in content { bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    case .text(let text):
      for byte in text.utf8 {
        if let (_, letter) = letters.first(where: { $0.byte == byte }) {
          bytes += [escape, letter]
        } else {
          bytes.append(byte)
        }
      }
    }
  }

  private static func value(
    _ field: ArraySlice<UInt8>, _ kind: SQLKind
  ) throws(StoreError) -> SQLValue {
    if field.elementsEqual(null) { return .null }
    let bytes = try unescaped(field)
    switch kind {
    case .text:
      guard let text = String(validating: bytes, as: UTF8.self) else { break }
      return .text(text)
    case .integer:
      guard let number = Int64(String(decoding: bytes, as: UTF8.self)) else { break }
      return .integer(number)
    case .boolean:
      if bytes == [UInt8(ascii: "t")] { return .boolean(true) }
      if bytes == [UInt8(ascii: "f")] { return .boolean(false) }
    case .bytes:
      guard bytes.starts(with: [escape, UInt8(ascii: "x")]) else { break }
      if let content = content(bytes.dropFirst(2)) { return .bytes(content) }
    }
    throw .corrupt("a value is not of its kind, \(kind)")
  }

  private static func unescaped(_ field: ArraySlice<UInt8>) throws(StoreError) -> [UInt8] {
    guard field.contains(escape) else { return Array(field) }
    var bytes: [UInt8] = []
    var rest = field.makeIterator()
    while let byte = rest.next() {
      guard byte == escape else {
        bytes.append(byte)
        continue
      }
      let letter = rest.next()
      guard let known = letters.first(where: { $0.letter == letter }) else {
        throw .corrupt("an escape that is none")
      }
      bytes.append(known.byte)
    }
    return bytes
  }

  private static func content(_ hexadecimal: ArraySlice<UInt8>) -> [UInt8]? {
    guard hexadecimal.count.isMultiple(of: 2) else { return nil }
    var content: [UInt8] = []
    content.reserveCapacity(hexadecimal.count / 2)
    var high: UInt8?
    for digit in hexadecimal {
      guard let value = digits.firstIndex(of: digit).map({ UInt8($0) }) else { return nil }
      if let first = high {
        content.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return content
  }
}
