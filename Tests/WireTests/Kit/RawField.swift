/// One header field, in bytes: a peer may write what it likes.
struct RawField: Sendable, Equatable {
  var name: [UInt8]
  var value: [UInt8]

  init(_ name: String, _ value: String) {
    self.init(name: Array(name.utf8), value: Array(value.utf8))
  }

  init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  var nameText: String { String(decoding: name, as: UTF8.self) }
  var valueText: String { String(decoding: value, as: UTF8.self) }

  /// Literal that enters the dynamic table (§6.2.1).
  var indexed: [UInt8] { [0x40] + Self.text(name) + Self.text(value) }

  /// A reference to an entry: 62 is the newest of the dynamic table.
  static func reference(_ index: Int) -> [UInt8] { number(index, prefix: 7, first: 0x80) }

  static func text(_ bytes: [UInt8]) -> [UInt8] {
    number(bytes.count, prefix: 7, first: 0) + bytes
  }

  static func number(_ value: Int, prefix: Int, first: UInt8) -> [UInt8] {
    let limit = (1 << prefix) - 1
    guard value >= limit else { return [first | UInt8(value)] }
    var bytes = [first | UInt8(limit)]
    var rest = value - limit
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// A header list in order, duplicates and all: `[":status": "200"]`.
struct RawFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  var list: [RawField]

  init(_ list: [RawField] = []) { self.list = list }
  init(dictionaryLiteral elements: (String, String)...) {
    list = elements.map { RawField($0, $1) }
  }

  subscript(name: String) -> String? {
    list.first { $0.name.elementsEqual(name.utf8) }?.valueText
  }

  var isEmpty: Bool { list.isEmpty }
  mutating func append(_ field: RawField) { list.append(field) }

  /// HPACK, literal without indexing, no Huffman (RFC 7541 §6.2.2).
  var encoded: [UInt8] {
    list.flatMap { [0] + RawField.text($0.name) + RawField.text($0.value) }
  }

  static func + (fields: RawFields, more: RawFields) -> RawFields {
    RawFields(fields.list + more.list)
  }
}
