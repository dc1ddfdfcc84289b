/// Where the end of a piece of markup stands, which decides what may follow.
enum Position: Equatable {
  case text
  case tag
  /// In the double quotes of an attribute; `isStart` when nothing of the value is written yet.
  case attribute(AttributeKind, isStart: Bool)
}

/// What a browser does with an attribute's value: shows it, goes there, or runs it.
enum AttributeKind: Equatable {
  case plain, url, code

  /// - Parameter name: in any case, as written in the source.
  init(name: ArraySlice<UInt8>) {
    func isName(_ other: StaticString) -> Bool {
      // Most differ in length already.
      other.utf8CodeUnitCount == name.count
        && other.withUTF8Buffer { name.elementsEqual($0) { $0 | 0x20 == $1 } }
    }
    if isName("style") || isName("srcdoc")
      || name.prefix(2).elementsEqual("on".utf8, by: { $0 | 0x20 == $1 })
    {
      self = .code
    } else {
      self = Self.urls.contains(where: isName) ? .url : .plain
    }
  }

  private static let urls: [StaticString] = [
    "href", "src", "action", "formaction", "poster", "cite", "data", "ping", "srcset",
  ]
}

extension [UInt8] {
  /// Looks back to the last `<`, `>` or opening quote. What was interpolated holds none of them raw,
  /// so what is found was written in the source; mostly the first byte looked at decides.
  var position: Position {
    var index = count
    while index > 0 {
      index -= 1
      switch self[index] {
      case UInt8(ascii: ">"): return .text
      case UInt8(ascii: "<"): return .tag
      case UInt8(ascii: "\""):
        if let name = attributeName(openedAt: index) {
          return .attribute(AttributeKind(name: name), isStart: index == count - 1)
        }
        // A closing quote: go on before the one that opened it.
        guard let opening = self[..<index].lastIndex(of: UInt8(ascii: "\"")) else { return .text }
        index = opening
      default: continue
      }
    }
    return .text
  }

  /// The name in `name="`, when the quote opens an attribute's value.
  private func attributeName(openedAt quote: Int) -> ArraySlice<UInt8>? {
    guard quote > 0, self[quote - 1] == UInt8(ascii: "=") else { return nil }
    var start = quote - 1
    while start > 0, self[start - 1].isNameByte { start -= 1 }
    return self[start..<(quote - 1)]
  }

  mutating func append(_ literal: StaticString) {
    literal.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Appends text in which no character can end a text node or a quoted attribute.
  mutating func appendEscaped(_ text: some StringProtocol) {
    if text.utf8.withContiguousStorageIfAvailable({ appendEscaped($0) }) == nil {
      appendEscaped(Array(text.utf8))
    }
  }

  mutating func appendEscaped(_ text: some RandomAccessCollection<UInt8>) {
    var rest = text[...]
    while let index = rest.firstIndex(where: { $0.isMarkup }) {
      append(contentsOf: rest[..<index])
      append(rest[index].escape)
      rest = rest[rest.index(after: index)...]
    }
    append(contentsOf: rest)
  }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  fileprivate var isMarkup: Bool {
    switch self {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""),
      UInt8(ascii: "'"), 0:
      true
    default: false
    }
  }

  fileprivate var escape: StaticString {
    switch self {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "\""): "&quot;"
    case UInt8(ascii: "'"): "&#39;"
    default: "\u{FFFD}"
    }
  }
}
