import Foundation

/// A `CREATE TABLE` of a migration.
struct Table: Sendable {
  let name: String
  /// What stands between the outer parentheses.
  let body: String

  /// The tables that SQL text creates; comments do not count.
  static func created(in sql: String) -> [Table] {
    let bare = sql.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in line.range(of: "--").map { String(line[..<$0.lowerBound]) } ?? String(line) }
      .joined(separator: "\n")
    var tables: [Table] = []
    var rest = bare[...]
    let head =
      #/(?i)CREATE\s+(?:VIRTUAL\s+|UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_0-9."]+)/#
    while let match = rest.firstMatch(of: head) {
      rest = rest[match.range.upperBound...]
      guard let open = rest.firstIndex(of: "(") else { break }
      let body = parenthesized(rest[open...])
      tables.append(Table(name: String(match.1), body: body))
    }
    return tables
  }

  private static func parenthesized(_ text: Substring) -> String {
    var depth = 0
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return String(text[text.index(after: text.startIndex)..<index]) }
    }
    return String(text.dropFirst())
  }

  /// Why the table does not keep tenants apart, or nil when it does.
  var finding: String? {
    guard body.contains(#/(?im)(^|,)\s*tenant\b/#) else { return "has no tenant column" }
    if let key = body.firstMatch(of: #/(?i)PRIMARY\s+KEY\s*\(\s*([a-z_0-9]+)/#), key.1 != "tenant" {
      return "has a primary key that does not begin with tenant"
    }
    return nil
  }
}

enum SQLText {
  /// Whether a text of a program is SQL; prose is seldom in capitals.
  static func isSQL(_ text: String) -> Bool {
    text.contains(
      #/\b(SELECT\s[\s\S]*\sFROM|INSERT\s+INTO|UPDATE\s[\s\S]*\sSET|DELETE\s+FROM|(CREATE|ALTER|DROP)\s+(TABLE|INDEX|VIEW|POLICY))\b/#
    )
  }

  static func findings(in file: SourceFile) -> [String] {
    let isHome =
      SQLHomes.folders.contains { file.path.hasPrefix($0) }
      || (file.path.hasPrefix("services/") && file.stem.hasSuffix("Store"))
    guard !isHome else { return [] }
    return file.source.literals.filter { isSQL($0.text) }
      .map { "\(file.path):\($0.line): SQL text outside a store: \($0.text.prefix(60))" }
  }
}
