/// Measures the bodies of functions and initializers in code without comments and texts.
enum FunctionLength {
  /// Those whose body is longer than `limit` lines, with the line that they begin on.
  static func overlong(in code: String, limit: Int) -> [(number: Int, text: Substring?)] {
    var scanner = Scanner(bytes: Array(code.utf8))
    return scanner.functions().filter { $0.length > limit }
      .map { ($0.line, "\($0.name) has \($0.length) lines") }
  }

  struct Function {
    let name: String
    let line: Int
    /// Lines between the lines of the braces.
    let length: Int
  }

  private struct Scanner {
    let bytes: [UInt8]

    /// Words that begin another declaration: a function that meets one before its body has none.
    static let otherDeclarations: Set<String> = [
      "func", "init", "var", "let", "case", "associatedtype", "subscript", "struct", "enum",
      "class", "actor", "protocol", "extension", "typealias",
    ]

    mutating func functions() -> [Function] {
      var found: [Function] = []
      var line = 1
      var index = 0
      while index < bytes.count {
        if bytes[index] == UInt8(ascii: "\n") { line += 1 }
        let word = word(at: index)
        if !word.isEmpty, ["func", "init"].contains(word), !follows(".", index),
          let body = body(after: index + word.utf8.count)
        {
          let length = max(1, bytes[body].count { $0 == UInt8(ascii: "\n") } - 1)
          let name = word == "init" ? "init" : "func " + nextWord(after: index + 4)
          found.append(Function(name: name, line: line, length: length))
        }
        index += max(1, word.utf8.count)
      }
      return found
    }

    private func isWord(_ byte: UInt8) -> Bool {
      let character = Character(UnicodeScalar(byte))
      return character.isLetter || character.isNumber || character == "_" || character == "`"
    }

    private func word(at start: Int) -> String {
      guard isWord(bytes[start]), start == 0 || !isWord(bytes[start - 1]) else { return "" }
      return String(decoding: bytes[start...].prefix { isWord($0) }, as: UTF8.self)
    }

    private func nextWord(after start: Int) -> String {
      String(decoding: bytes[start...].drop { !isWord($0) }.prefix { isWord($0) }, as: UTF8.self)
    }

    private func follows(_ character: Unicode.Scalar, _ index: Int) -> Bool {
      index > 0 && bytes[index - 1] == UInt8(ascii: character)
    }

    /// The bytes between the braces of the body, or nil for a requirement of a protocol.
    private func body(after start: Int) -> Range<Int>? {
      var depth = 0
      var index = start
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "{") where depth == 0: return block(from: index)
        case UInt8(ascii: "}") where depth == 0: return nil
        default:
          if depth == 0, Self.otherDeclarations.contains(word(at: index)) { return nil }
        }
        index += 1
      }
      return nil
    }

    private func block(from open: Int) -> Range<Int>? {
      var depth = 0
      for index in open..<bytes.count {
        if bytes[index] == UInt8(ascii: "{") { depth += 1 }
        if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
        if depth == 0 { return open + 1..<index }
      }
      return nil
    }
  }
}
