import Values

/// One page of a list (AIP-158). `nextToken` is empty on the last page.
public struct Page<Element: Sendable>: Sendable {
  public var items: [Element]
  public var nextToken: String

  public init(items: [Element], nextToken: String) {
    self.items = items
    self.nextToken = nextToken
  }

  public func map<T: Sendable>(_ transform: (Element) throws -> T) rethrows -> Page<T> {
    try Page<T>(items: items.map(transform), nextToken: nextToken)
  }
}

/// What a list asks the store for: how many rows, after which, for which query.
///
///     let rows = try db.all("SELECT … WHERE … AND \(page.after("created_at", "id", .descending))
///       ORDER BY created_at DESC, id DESC \(page.limit)")
///     return try page.page(rows.map(Ticket.init)) { [$0.created.sqlValue, $0.id.sqlValue] }
public struct PageRequest: Sendable, Hashable {
  public enum Order: Sendable, Hashable { case ascending, descending }

  /// Rows on a page, at least 1.
  public let size: Int
  let position: [SQLValue]
  let query: PageToken.Query

  /// `query` is everything that shapes the list besides the page: parent, filter, order, scope. A
  /// token made for another query throws `invalidPageToken`; an empty token is the first page.
  public init(size: Int, token: String = "", query: [String]) throws(StoreError) {
    self.size = max(1, size)
    self.query = PageToken.Query(query)
    position = token.isEmpty ? [] : try PageToken(token, for: self.query).position
  }

  /// The keyset condition over the ORDER BY columns: `(a, b) < (?, ?)`, TRUE on the first page. The
  /// columns must be NOT NULL and together unique.
  public func after(_ columns: StaticString..., order: Order) throws(StoreError) -> SQL {
    guard !position.isEmpty else { return "TRUE" }
    guard columns.count == position.count else { throw .invalidPageToken }
    let names = SQL.list(columns.map { SQL(verbatim: $0) })
    let values = SQL.list(position.map { SQL(binding: $0, as: $0.kind) })
    let comparison = SQL(verbatim: order == .ascending ? ">" : "<")
    return "(\(names)) \(comparison) (\(values))"
  }

  /// The value of the one ORDER BY column on the page before; nil on the first page.
  public func last() throws(StoreError) -> Int64? {
    guard let last = position.first else { return nil }
    guard position.count == 1, case .integer(let number) = last else { throw .invalidPageToken }
    return number
  }

  /// `LIMIT`, one more than the page holds, which tells whether there is a next one.
  public var limit: SQL { "LIMIT \(fetched)" }

  /// As many rows as `limit` lets through.
  public var fetched: Int64 { Int64(size) + 1 }

  /// Cuts fetched rows to the page and makes the token for the next one from its last row. `key`
  /// gives the ORDER BY columns' values of a row.
  public func page<Element: Sendable>(
    _ fetched: [Element], key: (Element) throws -> [SQLValue]
  ) rethrows -> Page<Element> {
    guard fetched.count > size else { return Page(items: fetched, nextToken: "") }
    let items = Array(fetched.prefix(size))
    guard let last = items.last else { return Page(items: [], nextToken: "") }
    return Page(items: items, nextToken: PageToken(position: try key(last)).text(for: query))
  }
}

extension SQLValue {
  var kind: SQLKind {
    switch self {
    case .null, .text: .text
    case .integer: .integer
    case .boolean: .boolean
    case .bytes: .bytes
    }
  }
}
