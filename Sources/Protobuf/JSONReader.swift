/// A strict pull reader of RFC 8259 JSON over bytes. Numbers stay text, so that they are exact; duplicate
/// names, lone surrogates, NUL, trailing commas, depth and size are refused as they are met.
/// A value type: a copy is a bookmark.
struct JSONReader {
  enum Kind { case object, array, string, number, bool, null }

  private let bytes: [UInt8]
  private var at: Int
  private var depth = 0
  private var nodes = 0
  private let limits: JSONLimits

  init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self.bytes = bytes
    self.limits = limits
    at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.count : 0
    guard at == 0 else { throw JSONError("not JSON: it starts with a byte order mark") }
    skipBlanks()
  }

  /// What comes next, by its first byte.
  func peek() throws(JSONError) -> Kind {
    guard at < bytes.count else { throw JSONError("not JSON: it ends too early") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected()
    }
  }

  /// Nothing but blanks may follow the value.
  func end() throws(JSONError) {
    guard at == bytes.count else { throw JSONError("not JSON: more text follows the value") }
  }

  // MARK: Containers

  /// Reads an object, calling `member` with each name; it must read the member's value.
  mutating func object(
    _ member: (String, inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open(UInt8(ascii: "{"))
    var names = Set<String>()
    var isFirst = true
    while try !close(UInt8(ascii: "}"), isFirst: isFirst) {
      let name = try string()
      guard names.insert(name).inserted else { throw JSONError(field: name, "appears twice") }
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw unexpected() }
      at += 1
      skipBlanks()
      try member(name, &self)
      isFirst = false
    }
  }

  /// Reads an array, calling `element` with each index; it must read the element.
  mutating func array(
    _ element: (Int, inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open(UInt8(ascii: "["))
    var index = 0
    while try !close(UInt8(ascii: "]"), isFirst: index == 0) {
      try element(index, &self)
      index += 1
    }
  }

  private mutating func open(_ bracket: UInt8) throws(JSONError) {
    guard at < bytes.count, bytes[at] == bracket else { throw unexpected() }
    depth += 1
    guard depth <= limits.depth else {
      throw JSONError("nested deeper than \(limits.depth) levels")
    }
    at += 1
    try count()
    skipBlanks()
  }

  /// True when the container ends here; else stands at the next item, past its comma.
  private mutating func close(_ bracket: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
    guard at < bytes.count else { throw JSONError("not JSON: it ends too early") }
    if bytes[at] == bracket {
      at += 1
      depth -= 1
      skipBlanks()
      return true
    }
    if !isFirst {
      guard bytes[at] == UInt8(ascii: ",") else { throw unexpected() }
      at += 1
      skipBlanks()
    }
    return false
  }

  // MARK: Scalars

  mutating func null() throws(JSONError) { try word("null") }

  mutating func bool() throws(JSONError) -> Bool {
    let isTrue = at < bytes.count && bytes[at] == UInt8(ascii: "t")
    try word(isTrue ? "true" : "false")
    return isTrue
  }

  private mutating func word(_ text: StaticString) throws(JSONError) {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[at...].starts(with: expected) else { throw unexpected() }
    at += expected.count
    try count()
    skipBlanks()
  }

  /// The text of a number, of RFC 8259's grammar.
  mutating func number() throws(JSONError) -> String {
    let start = at
    guard let end = JSONNumber.end(of: bytes[at...]) else { throw unexpected() }
    at = end
    // Most JSON numbers are short; a long one is an attack on whoever makes a bignum of it.
    guard end - start <= 128 else { throw JSONError("a number has more than 128 characters") }
    try count()
    skipBlanks()
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  mutating func string() throws(JSONError) -> String {
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw unexpected() }
    at += 1
    try count()
    var out: [UInt8] = []
    while true {
      let start = at
      while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"),
        bytes[at] >= 0x20
      {
        at += 1
      }
      out.append(contentsOf: bytes[start..<at])
      guard at < bytes.count else { throw JSONError("not JSON: a string does not end") }
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        skipBlanks()
        guard let text = String(validating: out, as: UTF8.self) else {
          throw JSONError("a string is not valid UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &out)
      default: throw JSONError("a string holds a control character that is not escaped")
      }
    }
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard at + 1 < bytes.count else { throw JSONError("not JSON: a string does not end") }
    let letter = bytes[at + 1]
    at += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      var units = [try unit()]
      if UTF16.isLeadSurrogate(units[0]) {
        guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
          bytes[at + 1] == UInt8(ascii: "u")
        else { throw JSONError("a string holds a lone surrogate") }
        at += 2
        units.append(try unit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw JSONError("a string holds a lone surrogate")
      }
      out.append(contentsOf: text.utf8)
    default: throw JSONError("a string holds an unknown escape")
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(JSONError) -> UInt16 {
    guard at + 4 <= bytes.count else { throw JSONError("not JSON: a string does not end") }
    var value: UInt16 = 0
    for byte in bytes[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw JSONError("a string holds a broken \\u escape")
      }
      value = value << 4 | UInt16(digit)
    }
    at += 4
    return value
  }

  // MARK: Inside

  private mutating func count() throws(JSONError) {
    nodes += 1
    guard nodes <= limits.nodes else { throw JSONError("more than \(limits.nodes) values") }
  }

  private mutating func skipBlanks() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  private func unexpected() -> JSONError {
    at < bytes.count
      ? JSONError("not JSON: unexpected byte at offset \(at)")
      : JSONError("not JSON: it ends too early")
  }
}
