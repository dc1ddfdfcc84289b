import Store
import Values

/// Finds tickets by words with the engine's index of trigrams, newest first; the words themselves are then looked for in
/// each. SQLite joins its index with the tickets; its newest tickets are not in there yet (migration V0005) and are looked
/// through without, as are those of an account that has few. PostgreSQL is asked for the numbers beforehand, in a function
/// that may use the index in spite of row-level security.
struct TicketSearchStore {
  /// What the index was asked, and what it said.
  struct Found: Sendable {
    /// What the index of SQLite is asked; nil when it is not: no word is long enough, or few tickets may match.
    fileprivate var expression: String?
    /// On PostgreSQL the numbers among which the list is, `7,3,1`; nil when it is among all.
    fileprivate var numbers: String?
    /// How many match, if that is known by now.
    var total: Int64?
    /// Whether the list is in the order of the index: by number, which grows with time as rows do.
    var leads: Bool
  }

  /// More than these are not fetched one by one, nor put into another order than the latest first: a common word is in most
  /// of a million tickets. So few of an account are looked through rather than looked up.
  static let most: Int64 = 5000

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// - Parameter counted: how many will be counted at most.
  func found(
    _ filter: TicketStore.Filter, page: PageRequest, counted: Int64, in scope: Scope
  ) throws -> Found {
    let words = SearchText.words(filter.query)
    let trigrams = words.flatMap { Self.trigrams(of: $0) }
    guard !trigrams.isEmpty else { return Found(leads: false) }
    let leads = filter.order == .newest
    guard try !isWithinFew(filter, scope) else { return Found(leads: leads) }
    guard db.engine == .postgres else {
      let expression = Set(trigrams).sorted().map { "\"\($0)\"" }.joined(separator: " AND ")
      return Found(expression: expression, leads: leads)
    }
    let search = Search(text: words.joined(separator: " "), open: filter.view.isOpen)
    guard filter.isOfWordsAlone, scope.reach == .tenant else { return try narrowed(search, leads) }
    return leads ? try newest(search, page, counted) : try reordered(search, filter.order, counted)
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

/// On PostgreSQL.
extension TicketSearchStore {
  private struct Search {
    var text: String
    var open: Bool?
  }

  /// The newest matches are the page itself.
  private func newest(_ search: Search, _ page: PageRequest, _ counted: Int64) throws -> Found {
    let newest = try numbers(search, atMost: max(counted, page.fetched))
    let onPage =
      try page.last().map { try numbers(search, below: $0, atMost: page.fetched) } ?? newest
    return Found(
      numbers: onPage.prefix(Int(page.fetched)).joined(separator: ","),
      total: min(Int64(newest.count), counted), leads: true)
  }

  /// All of them if they can be told. Otherwise the oldest are found by listing, for a word that many have is soon met; to
  /// be listed by what has no index are the newest.
  private func reordered(
    _ search: Search, _ order: TicketStore.Filter.Order, _ counted: Int64
  ) throws -> Found {
    let numbers = try numbers(search, atMost: Self.most + 1)
    let isListed = numbers.count > Self.most && order == .oldest
    return Found(
      numbers: isListed ? nil : numbers.prefix(Int(Self.most)).joined(separator: ","),
      total: min(Int64(numbers.count), counted), leads: false)
  }

  /// For conditions of which the index does not know: all that match, unless they are too many to be told.
  private func narrowed(_ search: Search, _ leads: Bool) throws -> Found {
    let numbers = try numbers(search, atMost: Self.most + 1)
    return Found(
      numbers: numbers.count > Self.most ? nil : numbers.joined(separator: ","), leads: leads)
  }

  /// The newest first.
  private func numbers(
    _ search: Search, below: Int64 = .max, atMost: Int64
  ) throws -> [Substring] {
    let row = try db.first(
      """
      SELECT coalesce(string_agg(CAST(number AS TEXT), ','), '') AS numbers
      FROM newest_tickets_with(\(search.text), \(search.open), \(below), \(atMost)) AS found (number)
      """, else: .corrupt("newest_tickets_with"))
    let numbers: String = try row["numbers"]
    return numbers.split(separator: ",")
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
