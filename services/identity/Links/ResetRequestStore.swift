import Store
import Values

/// Resets that were asked for and not looked up yet.
struct ResetRequestStore {
  struct Request: Sendable, Hashable {
    var tenant: TenantID
    var id: String
    var login: FoldedKey
  }

  static func add(_ id: String, for login: FoldedKey, in db: Transaction) throws {
    try db.run(
      """
      INSERT INTO reset_requests (tenant, id, login_key, created_at)
      VALUES (\(db.tenant), \(id), \(login), \(db.now))
      """)
  }

  /// The oldest of all tenants.
  static func waiting(limit: Int, in db: AcrossTenants) throws -> [Request] {
    try db.all(
      "SELECT tenant, id, login_key FROM reset_requests ORDER BY created_at, id LIMIT \(limit)"
    ).map { Request(tenant: try $0["tenant"], id: try $0["id"], login: try $0["login_key"]) }
  }

  /// Takes a request out; false when another process has it already.
  static func take(_ request: Request, in db: Transaction) throws -> Bool {
    try db.change(
      "DELETE FROM reset_requests WHERE tenant = \(db.tenant) AND id = \(request.id)") == 1
  }
}
