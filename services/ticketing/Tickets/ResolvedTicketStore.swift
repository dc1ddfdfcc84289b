import Store
import Values

/// Resolved tickets over all tenants.
struct ResolvedTicketStore {
  let db: AcrossTenants

  struct Found: Sendable, Hashable {
    var tenant: TenantID
    var account: String
    var number: Int64
  }

  /// At most `limit` that their customers cannot reopen any more. The state stands in the text, not
  /// as a value: the index of resolved tickets serves no other query.
  func beyondReopening(limit: Int) throws -> [Found] {
    let usual = Int64(TicketSettings().reopenDays)
    let day: Int64 = 86_400_000_000
    return try db.all(
      """
      SELECT t.tenant AS tenant, t.account AS account, t.number AS number FROM tickets AS t
        LEFT JOIN ticket_settings AS s ON s.tenant = t.tenant
      WHERE t.state = 'resolved'
        AND t.resolved + COALESCE(s.reopen_days, \(usual)) * \(day) < \(db.now)
      ORDER BY t.tenant, t.number LIMIT \(limit)
      """
    ).map {
      Found(tenant: try $0["tenant"], account: try $0["account"], number: try $0["number"])
    }
  }
}
