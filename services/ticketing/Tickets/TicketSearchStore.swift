import Store
import Values

/// Finds tickets by words with the engine's index of trigrams, newest first; the words themselves are then looked for in
/// each. SQLite joins its index with the tickets. PostgreSQL is asked for the numbers beforehand, in a function that may
/// use the index in spite of row-level security; where there are too many it lists tickets until enough have the words.
struct TicketSearchStore {
  /// What the index was asked, and what it said.
  struct Found: Sendable {
    /// The FTS expression, or nil when no word is long enough for the index.
    fileprivate var expression: String?
    /// On PostgreSQL the numbers of all that match, `7,3,1`; nil when these are too many to be told.
    fileprivate var numbers: String?
    /// Whether the list is in the order of the index: by number, which grows with time as rows do.
    var leads: Bool
  }

  /// More than these are not fetched one by one.
  static let most: Int64 = 5000

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func found(_ filter: TicketStore.Filter) throws -> Found {
    let words = SearchText.words(filter.query)
    let trigrams = words.flatMap { Self.trigrams(of: $0) }
    guard !trigrams.isEmpty else { return Found(leads: false) }
    let expression = Set(trigrams).sorted().map { "\"\($0)\"" }.joined(separator: " AND ")
    return Found(
      expression: expression, numbers: try numbers(of: words), leads: filter.order == .newest)
  }

  private func numbers(of words: [String]) throws -> String? {
    guard db.engine == .postgres else { return nil }
    let row = try db.first(
      """
      SELECT COUNT(*) AS matches, coalesce(string_agg(CAST(number AS TEXT), ','), '') AS numbers
      FROM tickets_with(\(words.joined(separator: " ")), \(Self.most + 1)) AS found (number)
      """, else: .corrupt("tickets_with"))
    let matches: Int64 = try row["matches"]
    return matches > Self.most ? nil : try row["numbers"]
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

extension TicketSearchStore.Found {
  /// The tables of the list. A CROSS JOIN holds SQLite to their order.
  var source: SQL {
    expression == nil
      ? "tickets"
      : SQL(
        sqlite: "tickets_search CROSS JOIN tickets ON tickets.rowid = tickets_search.rowid",
        postgres: "tickets")
  }

  var condition: SQL {
    if let numbers {
      return "number = ANY (CAST(string_to_array(\(numbers), ',') AS BIGINT[]))"
    }
    guard let expression else { return "TRUE" }
    // PostgreSQL is given the same value, and has no use for it.
    return SQL(sqlite: "tickets_search MATCH ", postgres: "'' <> ") + "\(expression)"
  }

  var ordering: SQL {
    SQL(sqlite: "tickets_search.rowid DESC", postgres: "number DESC")
  }
}
