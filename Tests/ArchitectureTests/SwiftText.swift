/// Swift source taken apart as far as the rules need it: code without comments and texts, and the texts.
///
/// Regular expressions literals with a quote in them are not understood; the reader recovers at the line's end.
struct SwiftText: Sendable {
  struct Literal: Sendable {
    let line: Int
    /// What stands between the quotes; an interpolation appears as `\()`.
    let text: String
  }

  /// The source with comments and the insides of texts blanked, line for line; interpolated code remains.
  let code: String
  let literals: [Literal]

  init(_ source: String) {
    var reader = Reader(bytes: Array(source.utf8))
    reader.readCode(interpolated: false)
    code = String(decoding: reader.code, as: UTF8.self)
    literals = reader.literals
  }

  /// Source without texts and comments that could be taken for code.
  init(plain code: String) {
    self.code = code
    literals = []
  }

  /// The lines of `code`, numbered from 1.
  var lines: [(number: Int, text: Substring)] {
    code.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
      (number: $0.offset + 1, text: $0.element)
    }
  }
}

private struct Reader {
  let bytes: [UInt8]
  var code: [UInt8]
  var literals: [SwiftText.Literal] = []
  private var index = 0
  private var line = 1

  init(bytes: [UInt8]) {
    self.bytes = bytes
    let newline = UInt8(ascii: "\n")
    code = bytes.map { $0 == newline ? newline : UInt8(ascii: " ") }
  }

  private func matches(_ text: StaticString, at offset: Int = 0) -> Bool {
    text.withUTF8Buffer { wanted in
      let start = index + offset
      return start + wanted.count <= bytes.count
        && bytes[start..<start + wanted.count].elementsEqual(wanted)
    }
  }

  private mutating func skip(_ count: Int = 1, keeping: Bool = false) {
    for _ in 0..<count where index < bytes.count {
      if bytes[index] == UInt8(ascii: "\n") { line += 1 }
      if keeping { code[index] = bytes[index] }
      index += 1
    }
  }

  /// Reads code to the end, or to the parenthesis that ends an interpolation.
  mutating func readCode(interpolated: Bool) {
    var depth = 0
    while index < bytes.count {
      if matches("//") {
        while index < bytes.count, !matches("\n") { skip() }
      } else if matches("/*") {
        readBlockComment()
      } else if let hashes = hashesBeforeQuote() {
        readLiteral(hashes: hashes)
      } else {
        if matches("(") { depth += 1 }
        if matches(")") {
          if interpolated && depth == 0 { return }
          depth -= 1
        }
        skip(keeping: true)
      }
    }
  }

  private mutating func readBlockComment() {
    var depth = 0
    repeat {
      if matches("/*") {
        depth += 1
        skip(2)
      } else if matches("*/") {
        depth -= 1
        skip(2)
      } else {
        skip()
      }
    } while depth > 0 && index < bytes.count
  }

  /// The number of `#` before a quote that begins here, or nil when none does.
  private func hashesBeforeQuote() -> Int? {
    var end = index
    while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - index : nil
  }

  private func hashes(_ count: Int, at offset: Int) -> Bool {
    let start = index + offset
    return start + count <= bytes.count
      && bytes[start..<start + count].allSatisfy { $0 == UInt8(ascii: "#") }
  }

  private mutating func readLiteral(hashes count: Int) {
    let startLine = line
    skip(count)
    let isMultiline = matches("\"\"\"")
    let quotes = isMultiline ? 3 : 1
    skip(quotes, keeping: true)
    var text: [UInt8] = []
    while index < bytes.count {
      let closes = isMultiline ? matches("\"\"\"") : matches("\"")
      if closes && hashes(count, at: quotes) {
        skip(quotes, keeping: true)
        skip(count)
        break
      }
      if !isMultiline && matches("\n") { break }
      if matches("\\") && hashes(count, at: 1) {
        let escape = 1 + count
        if matches("(", at: escape) {
          text += Array("\\()".utf8)
          skip(escape + 1)
          readCode(interpolated: true)
          skip()
        } else {
          skip(escape + 1)
        }
      } else {
        text.append(bytes[index])
        skip()
      }
    }
    literals.append(.init(line: startLine, text: String(decoding: text, as: UTF8.self)))
  }
}
