import Store
import Values

/// Finds tickets by words with the engine's index of trigrams, newest first; the words themselves are then looked for in
/// each. SQLite joins its index with the tickets; its newest tickets are not in there yet (migration V0005) and are looked
/// through without, as are those of an account that has few. PostgreSQL is asked for the numbers beforehand, in a function
/// that may use the index in spite of row-level security; where there are too many it lists tickets until enough have the
/// words.
struct TicketSearchStore {
  /// What the index was asked, and what it said.
  struct Found: Sendable {
    /// What the index of SQLite is asked; nil when it is not: no word is long enough, or few tickets may match.
    fileprivate var expression: String?
    /// On PostgreSQL the numbers of all that match, `7,3,1`; nil when these are too many to be told.
    fileprivate var numbers: String?
    /// Whether the list is in the order of the index: by number, which grows with time as rows do.
    var leads: Bool
  }

  /// More than these are not fetched one by one, nor put into another order than the latest first: a common word is in most
  /// of a million tickets. So few of an account are looked through rather than looked up.
  static let most: Int64 = 5000

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func found(_ filter: TicketStore.Filter, in scope: Scope) throws -> Found {
    let words = SearchText.words(filter.query)
    let trigrams = words.flatMap { Self.trigrams(of: $0) }
    guard !trigrams.isEmpty else { return Found(leads: false) }
    let leads = filter.order == .newest
    guard db.engine == .sqlite else { return Found(numbers: try numbers(of: words), leads: leads) }
    guard try !isWithinFew(filter, scope) else { return Found(leads: leads) }
    let expression = Set(trigrams).sorted().map { "\"\($0)\"" }.joined(separator: " AND ")
    return Found(expression: expression, leads: leads)
  }

  /// Whether the accounts that it is about have so few tickets that the index would name more.
  private func isWithinFew(_ filter: TicketStore.Filter, _ scope: Scope) throws -> Bool {
    var accounts = filter.account.map { [$0] }
    if accounts == nil, case .within(let boundaries) = scope.reach {
      accounts = boundaries.map(\.account)
    }
    guard let accounts else { return false }
    let row = try db.first(
      """
      SELECT COUNT(*) AS tickets FROM (SELECT 1 FROM tickets WHERE tenant = \(db.tenant)
        AND account IN \(accounts) LIMIT \(Self.most + 1)) AS few
      """, else: .corrupt("count"))
    let tickets: Int64 = try row["tickets"]
    return tickets <= Self.most
  }

  private func numbers(of words: [String]) throws -> String? {
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
  /// A page of the tickets that meet `conditions`.
  /// - Parameters:
  ///   - position: the condition that begins the page.
  ///   - ordering: of the list, unless the index leads it.
  func list(
    _ conditions: SQL, after position: SQL, by ordering: SQL, _ page: PageRequest
  ) -> SQL {
    let ordering = leads ? "number DESC" : ordering
    if expression == nil {
      return """
        SELECT * FROM tickets WHERE \(condition) AND \(conditions) AND \(position)
        ORDER BY \(ordering) \(page.limit)
        """
    }
    if leads {
      let found = matches("tickets.*", conditions + " AND " + position, newest: page.fetched)
      return "SELECT * FROM (\(found)) AS found ORDER BY \(ordering) \(page.limit)"
    }
    let found = matches("tickets.*", conditions, newest: TicketSearchStore.most)
    return """
      SELECT * FROM (\(found)) AS found WHERE \(position) ORDER BY \(ordering) \(page.limit)
      """
  }

  /// The tickets that meet `conditions`: so many; of those in the index and those that are not yet, each the newest.
  func matches(_ columns: SQL, _ conditions: SQL, newest limit: Int64) -> SQL {
    guard let expression else {
      return "SELECT \(columns) FROM tickets WHERE \(condition) AND \(conditions) LIMIT \(limit)"
    }
    // A CROSS JOIN holds SQLite to the order of the index.
    return """
      SELECT * FROM (SELECT \(columns) FROM tickets NOT INDEXED
        WHERE tickets.rowid > COALESCE((SELECT MAX(id) FROM tickets_search_docsize), 0)
          AND \(conditions) ORDER BY tickets.rowid DESC LIMIT \(limit))
      UNION ALL
      SELECT * FROM (SELECT \(columns)
        FROM tickets_search CROSS JOIN tickets ON tickets.rowid = tickets_search.rowid
        WHERE tickets_search MATCH \(expression) AND \(conditions)
        ORDER BY tickets_search.rowid DESC LIMIT \(limit))
      """
  }

  private var condition: SQL {
    guard let numbers else { return "TRUE" }
    return "number = ANY (CAST(string_to_array(\(numbers), ',') AS BIGINT[]))"
  }
}
