import Store
import Values

/// The index of trigrams that SQLite has: it names the tickets that may hold the words, newest first, and the words
/// themselves are then looked for in each. PostgreSQL looks for them in the tickets of the tenant.
struct TicketSearch {
  /// The FTS expression, or nil when no word is long enough for the index.
  private let expression: String?
  /// Whether the list is in the order of the index: by number, which grows with time as rows do.
  let leads: Bool

  init(_ filter: TicketStore.Filter) {
    let trigrams = SearchText.words(filter.query).flatMap { Self.trigrams(of: $0) }
    expression =
      trigrams.isEmpty
      ? nil : Set(trigrams).sorted().map { "\"\($0)\"" }.joined(separator: " AND ")
    leads = expression != nil && filter.order == .newest
  }

  /// The tables of the list. A CROSS JOIN holds SQLite to their order.
  var source: SQL {
    expression == nil
      ? "tickets"
      : SQL(
        sqlite: "tickets_search CROSS JOIN tickets ON tickets.rowid = tickets_search.rowid",
        postgres: "tickets")
  }

  var condition: SQL {
    guard let expression else { return "TRUE" }
    // PostgreSQL is given the same value, and has no use for it.
    return SQL(sqlite: "tickets_search MATCH ", postgres: "'' <> ") + "\(expression)"
  }

  var ordering: SQL {
    SQL(sqlite: "tickets_search.rowid DESC", postgres: "number DESC")
  }

  /// Three scalars each, as SQLite cuts them; what would end the quotation is doubled.
  private static func trigrams(of word: String) -> [String] {
    let scalars = Array(word.unicodeScalars)
    guard scalars.count >= 3 else { return [] }
    return (0...(scalars.count - 3)).map { start in
      var text = ""
      for scalar in scalars[start..<(start + 3)] {
        text.unicodeScalars.append(scalar)
        if scalar == "\"" { text.unicodeScalars.append(scalar) }
      }
      return text
    }
  }
}
