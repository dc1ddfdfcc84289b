import Foundation
import Store
import Values

/// Assets by account and id, in lists by display name. Anybody in an account may choose among all of
/// its assets, whatever site they stand at.
struct AssetStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func assets(
    account: String?, kind: Asset.Kind?, page: PageRequest, in scope: Scope
  ) throws -> Page<Asset> {
    var conditions: [SQL] = [
      "tenant = \(db.tenant)", scope.predicate(anywhereIn: "account"),
      try page.after("display_name", "account", "id", order: .ascending),
    ]
    if let account { conditions.append("account = \(account)") }
    if let kind { conditions.append("kind = \(kind)") }
    let rows = try db.all(
      """
      SELECT * FROM assets WHERE \(.all(conditions)) ORDER BY display_name, account, id \(page.limit)
      """)
    return try page.page(rows.map(Asset.init)) {
      [$0.displayName.sqlValue, $0.account.sqlValue, $0.id.sqlValue]
    }
  }

  /// The assets among `ids` that the account has, by id.
  func assets(account: String, ids: [String], in scope: Scope) throws -> [String: Asset] {
    guard !ids.isEmpty else { return [:] }
    let rows = try db.all(
      """
      SELECT * FROM assets WHERE tenant = \(db.tenant) AND account = \(account) AND id IN \(ids)
        AND \(scope.predicate(anywhereIn: "account"))
      """)
    let assets = try rows.map(Asset.init)
    return Dictionary(assets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func insert(_ asset: Asset, in scope: Scope) throws {
    guard scope.reaches(account: asset.account) else { throw StoreError.notFound }
    try db.run(
      """
      INSERT INTO assets (tenant, account, id, kind, display_name, identifier, site, created)
      VALUES (\(db.tenant), \(asset.account), \(asset.id), \(asset.kind), \(asset.displayName),
        \(asset.identifier), \(asset.site), \(asset.created))
      """)
  }
}

extension Asset {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], account: try row["account"], kind: try row["kind"],
      displayName: try row["display_name"], identifier: try row["identifier"],
      site: try row["site"], created: try row["created"])
  }
}
