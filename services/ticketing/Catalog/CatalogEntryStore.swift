import Foundation
import Store
import Values

/// The catalogue of a tenant, which everybody of the tenant may read: it tells nothing of an account.
struct CatalogEntryStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Every entry, by kind and rank.
  func catalogue() throws -> Catalogue {
    Catalogue(
      try db.all(
        """
        SELECT * FROM catalog_entries WHERE tenant = \(db.tenant) ORDER BY kind, rank, id LIMIT 5000
        """
      ).map(CatalogEntry.init))
  }

  /// Grows with every change: entries are never removed, and a change is a version.
  struct Stamp: Equatable {
    fileprivate let entries: Int64
    fileprivate let versions: Int64
  }

  func stamp() throws -> Stamp {
    let row = try db.first(
      """
      SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(version), 0) AS BIGINT) AS versions
      FROM catalog_entries WHERE tenant = \(db.tenant)
      """, else: .corrupt("catalog_entries"))
    return Stamp(entries: try row["entries"], versions: try row["versions"])
  }

  /// What a ticket needs to be classified and shown: the defaults, and the entries of these ids.
  func catalogue(of ids: [String]) throws -> Catalogue {
    Catalogue(
      try db.all(
        """
        SELECT * FROM catalog_entries WHERE tenant = \(db.tenant)
          AND (is_default = \(true) OR id IN \(ids)) ORDER BY kind, rank, id
        """
      ).map(CatalogEntry.init))
  }

  func insert(_ entry: CatalogEntry) throws {
    try clearDefault(besides: entry)
    try db.run(
      """
      INSERT INTO catalog_entries (tenant, id, kind, display_name, parent, rank, is_default, retired,
        version)
      VALUES (\(db.tenant), \(entry.id), \(entry.kind), \(entry.displayName), \(entry.parent),
        \(entry.rank), \(entry.isDefault), \(entry.retired), \(entry.version))
      """)
  }

  func save(_ entry: CatalogEntry) throws -> CatalogEntry {
    try clearDefault(besides: entry)
    try db.run(
      """
      UPDATE catalog_entries SET display_name = \(entry.displayName), rank = \(entry.rank),
        is_default = \(entry.isDefault), retired = \(entry.retired), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(entry.id) AND version = \(entry.version)
      """, else: .stale)
    var saved = entry
    saved.version += 1
    return saved
  }

  /// One default a kind.
  private func clearDefault(besides entry: CatalogEntry) throws {
    guard entry.isDefault else { return }
    try db.run(
      """
      UPDATE catalog_entries SET is_default = \(false), version = version + 1
      WHERE tenant = \(db.tenant) AND kind = \(entry.kind) AND is_default = \(true)
        AND id <> \(entry.id)
      """)
  }
}

extension CatalogEntry {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], kind: try row["kind"], displayName: try row["display_name"],
      parent: try row["parent"], rank: try row["rank"], isDefault: try row["is_default"],
      retired: try row["retired"], version: try row["version"])
  }
}
