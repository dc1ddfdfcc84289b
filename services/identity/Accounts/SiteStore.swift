import Store
import Values

/// Sites of accounts.
struct SiteStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// By display name.
  func sites(of account: String, _ page: PageRequest, in scope: Scope) throws -> Page<Site> {
    let rows = try db.all(
      """
      SELECT * FROM sites WHERE tenant = \(db.tenant) AND account = \(account)
        AND \(scope.predicate(account: "account", site: "id"))
        AND \(page.after("sort_key", "id", order: .ascending))
      ORDER BY sort_key, id \(page.limit)
      """)
    return try page.page(rows.map(Site.init)) {
      [FoldedKey($0.displayName).rawValue.sqlValue, $0.id.sqlValue]
    }
  }

  func exists(_ id: String, of account: String) throws -> Bool {
    try db.first(
      """
      SELECT 1 AS one FROM sites
      WHERE tenant = \(db.tenant) AND account = \(account) AND id = \(id)
      """) != nil
  }

  func insert(_ site: Site, in scope: Scope) throws {
    guard scope.allows(account: site.account, site: site.id) else { throw StoreError.notFound }
    try db.run(
      """
      INSERT INTO sites (tenant, account, id, display_name, sort_key, street, city, postal_code,
        region, country, phone, created_at)
      VALUES (\(db.tenant), \(site.account), \(site.id), \(site.displayName),
        \(FoldedKey(site.displayName)), \(site.address.street), \(site.address.city),
        \(site.address.postalCode), \(site.address.region), \(site.address.country),
        \(site.phone), \(site.created))
      """)
  }
}

extension Site {
  fileprivate init(_ row: Row) throws {
    self.init(
      account: try row["account"], id: try row["id"], displayName: try row["display_name"],
      address: try PostalAddress(row), phone: try row["phone"], created: try row["created_at"])
  }
}
