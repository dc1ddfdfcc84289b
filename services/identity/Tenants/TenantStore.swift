import Store
import Values

/// The tenant's own row. A tenant can be read without anybody signed in: its name is on the login page.
struct TenantStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// The tenant of this transaction, or nil when there is none of that name.
  func tenant() throws -> Tenant? {
    try db.first("SELECT * FROM tenants WHERE tenant = \(db.tenant)").map(Tenant.init)
  }

  func require() throws -> Tenant {
    guard let tenant = try tenant() else { throw StoreError.notFound }
    return tenant
  }

  /// Throws `TenantError.idTaken` when the id is in use.
  func insert(_ tenant: Tenant) throws {
    let added = try db.change(
      """
      INSERT INTO tenants (tenant, display_name, time_zone, currency, created_at)
      VALUES (\(tenant.id), \(tenant.displayName), \(tenant.timeZone), \(tenant.currency),
        \(tenant.created))
      ON CONFLICT (tenant) DO NOTHING
      """)
    guard added == 1 else { throw TenantError.idTaken }
  }
}

extension Tenant {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["tenant"], displayName: try row["display_name"], timeZone: try row["time_zone"],
      currency: try row["currency"], created: try row["created_at"])
  }
}
