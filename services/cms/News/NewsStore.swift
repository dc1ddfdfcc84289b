import Foundation
import Store
import Values

/// News by id. Lists: pinned first, then the latest, drafts as the latest of all. Everybody in the tenant
/// may read what is published; only a scope over the whole tenant reaches drafts and changes anything.
struct NewsStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func item(_ id: String, for audience: NewsItem.Audience, in scope: Scope) throws -> NewsItem {
    let row = try db.first(
      """
      SELECT * FROM news WHERE tenant = \(db.tenant) AND id = \(id)
        AND \(visible(to: audience, in: scope))
      """, else: .notFound)
    return try NewsItem(row)
  }

  func news(
    for audience: NewsItem.Audience, page: PageRequest, in scope: Scope
  ) throws -> Page<NewsItem> {
    let rows = try db.all(
      """
      SELECT * FROM news WHERE tenant = \(db.tenant) AND \(visible(to: audience, in: scope))
        AND \(page.after("pinned", "publish_order", "id", order: .descending))
      ORDER BY pinned DESC, publish_order DESC, id DESC \(page.limit)
      """)
    return try page.page(rows.map(NewsItem.init)) {
      [$0.pinned.sqlValue, $0.publishOrder.sqlValue, $0.id.sqlValue]
    }
  }

  func insert(_ item: NewsItem, in scope: Scope) throws {
    guard scope.reach == .tenant else { throw StoreError.notFound }
    try db.run(
      """
      INSERT INTO news (tenant, id, title, summary, body, pinned, publish, publish_order, author,
        author_display_name, created, updated, version)
      VALUES (\(db.tenant), \(item.id), \(item.title), \(item.summary), \(item.body),
        \(item.pinned), \(item.publish), \(item.publishOrder), \(item.author),
        \(item.authorDisplayName), \(item.created), \(item.updated), \(item.version))
      """)
  }

  /// Writes what can change, and moves the version on. ABORTED for the loser of a race.
  func save(_ item: NewsItem, in scope: Scope) throws -> NewsItem {
    guard scope.reach == .tenant else { throw StoreError.notFound }
    try db.run(
      """
      UPDATE news SET title = \(item.title), summary = \(item.summary), body = \(item.body),
        pinned = \(item.pinned), publish = \(item.publish), publish_order = \(item.publishOrder),
        updated = \(item.updated), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(item.id) AND version = \(item.version)
      """, else: .stale)
    var saved = item
    saved.version += 1
    return saved
  }

  func delete(_ item: NewsItem, in scope: Scope) throws {
    guard scope.reach == .tenant else { throw StoreError.notFound }
    try db.run(
      """
      DELETE FROM news WHERE tenant = \(db.tenant) AND id = \(item.id)
        AND version = \(item.version)
      """, else: .stale)
  }

  private func visible(to audience: NewsItem.Audience, in scope: Scope) -> SQL {
    switch audience {
    case .readers: "publish <= \(db.now)"
    case .editors: scope.reach == .tenant ? "TRUE" : "FALSE"
    }
  }
}

extension NewsItem {
  fileprivate var publishOrder: Instant { publish ?? Instant(microseconds: .max) }

  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], title: try row["title"], summary: try row["summary"],
      body: try row["body"], pinned: try row["pinned"], publish: try row["publish"],
      author: try row["author"], authorDisplayName: try row["author_display_name"],
      created: try row["created"], updated: try row["updated"], version: try row["version"])
  }
}
