import Store
import Values

/// What the store's audit log holds of this service, the latest first.
struct AuditStore {
  struct Entry: Sendable {
    var position: Int64
    var time: Instant
    var actor: String
    var actorDisplayName: String
    var onBehalfOf: String?
    var action: String
    var resource: String
    var before: String
    var after: String
  }

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func entries(_ page: PageRequest, about resource: String, in scope: Scope) throws -> Page<Entry> {
    try scope.requireWholeTenant()
    let isAbout: SQL = resource.isEmpty ? "TRUE" : "resource = \(resource)"
    let rows = try db.all(
      """
      SELECT position, at, actor, on_behalf_of, action, resource, before_values, after_values
      FROM portico_audit WHERE tenant = \(db.tenant) AND \(isAbout)
        AND \(page.after("position", order: .descending))
      ORDER BY position DESC \(page.limit)
      """)
    return try page.page(rows.map(entry)) { [$0.position.sqlValue] }
  }

  private func entry(_ row: Row) throws -> Entry {
    let actor: String = try row["actor"]
    return Entry(
      position: try row["position"], time: try row["at"], actor: actor,
      actorDisplayName: try displayName(of: actor), onBehalfOf: try row["on_behalf_of"],
      action: try row["action"], resource: try row["resource"], before: try row["before_values"],
      after: try row["after_values"])
  }

  /// The actor's name as it is today; empty for a service.
  private func displayName(of actor: String) throws -> String {
    guard actor.hasPrefix("users/") else { return "" }
    let id = String(actor.dropFirst("users/".count))
    let row = try db.first(
      """
      SELECT first_name, last_name, user_name FROM users WHERE tenant = \(db.tenant) AND id = \(id)
      """)
    guard let row else { return "" }
    let name = PersonName.display(try row["first_name"], try row["last_name"])
    return name.isEmpty ? try row["user_name"] : name
  }
}
