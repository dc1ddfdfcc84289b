/// What is never written in the product, and how it is found. `swift format` and the compiler see the rest.
enum CodeRule: String, CaseIterable, Sendable {
  /// `try?` swallows the error that someone needs to see.
  case swallowedError
  /// A trap, or an exit, ends every call of the process.
  case trap
  /// `!` after a value, `try!`, `as!`, and types like `Int!`.
  case forceUnwrap
  /// A name that says nothing collects everything.
  case emptyName
  /// A function that does not fit a screen.
  case longFunction

  static let longestFunction = 60
  static let emptySuffixes = [
    "Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Base",
  ]
  static let traps: Set<Substring> = ["fatalError", "preconditionFailure", "exit"]

  struct Finding: Sendable {
    let rule: CodeRule
    let path: String
    let line: Int
    /// The line as it is written, or what the rule has to say of it.
    let text: String
  }

  func findings(in file: SourceFile) -> [Finding] {
    let source = file.source
    let lines: [(number: Int, text: Substring?)] =
      switch self {
      case .swallowedError: source.lines.matching { Self.swallows($0) }
      case .trap: source.lines.matching { Self.traps(in: $0) }
      case .forceUnwrap: source.lines.matching { Self.forcesUnwrap(String($0)) }
      case .emptyName:
        source.lines.matching { Self.declaresEmptyName($0) }
          + (Self.isEmpty(file.stem) ? [(1, Substring(file.name))] : [])
      case .longFunction: FunctionLength.overlong(in: source.code, limit: Self.longestFunction)
      }
    let written = file.text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line in
      let text = line.text ?? written[line.number - 1].drop { $0.isWhitespace }
      return Finding(rule: self, path: file.path, line: line.number, text: String(text))
    }
  }

  /// `try?` as a word of its own: the type `CatalogEntry?` ends like it.
  private static func swallows(_ line: Substring) -> Bool {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "?") }.contains("try?")
  }

  private static func traps(in line: Substring) -> Bool {
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "(") }
    return words.contains { word in
      guard let parenthesis = word.firstIndex(of: "(") else { return false }
      return traps.contains(word[..<parenthesis])
    }
  }

  /// A `!` that closes up to what is before it and is not half of `!=`.
  private static func forcesUnwrap(_ line: String) -> Bool {
    let bytes = Array(line.utf8)
    return bytes.indices.contains { index in
      guard bytes[index] == UInt8(ascii: "!"), index > 0 else { return false }
      if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "=") { return false }
      let before = Character(UnicodeScalar(bytes[index - 1]))
      return before.isLetter || before.isNumber || "_)]}`\"?>".contains(before)
    }
  }

  private static func isEmpty(_ name: some StringProtocol) -> Bool {
    emptySuffixes.contains { name.hasSuffix($0) }
  }

  private static func declaresEmptyName(_ line: Substring) -> Bool {
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let kinds: Set<Substring> = ["actor", "class", "enum", "protocol", "struct", "typealias"]
    return zip(words, words.dropFirst()).contains { kinds.contains($0) && isEmpty($1) }
  }
}

extension [(number: Int, text: Substring)] {
  fileprivate func matching(_ test: (Substring) -> Bool) -> [(number: Int, text: Substring?)] {
    filter { test($0.text) }.map { ($0.number, nil) }
  }
}
