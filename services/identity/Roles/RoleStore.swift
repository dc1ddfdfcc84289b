import Store
import Values

/// A tenant's roles: the built-in ones, which are part of the program, and its own, which are rows.
struct RoleStore {
  let db: Transaction
  let builtIn: [Role]

  init(_ db: Transaction, builtIn: [Role]) {
    self.db = db
    self.builtIn = builtIn
  }

  /// Roles are seen by whoever may be given one; who may ask is the gate's matter.
  func role(_ id: String) throws -> Role {
    if let role = builtIn.first(where: { $0.id == id }) { return role }
    let row = try db.first(
      "SELECT * FROM roles WHERE tenant = \(db.tenant) AND id = \(id)", else: .notFound)
    return try role(row)
  }

  /// Nil when there is none of that id.
  func find(_ id: String) throws -> Role? {
    if let role = builtIn.first(where: { $0.id == id }) { return role }
    let row = try db.first("SELECT * FROM roles WHERE tenant = \(db.tenant) AND id = \(id)")
    return try row.map(role)
  }

  /// Built-in ones first, in their own order, then by display name.
  func roles(_ page: PageRequest, in scope: Scope) throws -> Page<Role> {
    try scope.requireWholeTenant()
    var union: SQL = "SELECT 1 AS place, sort_key, id FROM roles WHERE tenant = \(db.tenant)"
    for (index, role) in builtIn.enumerated() {
      union += " UNION ALL SELECT 0, CAST(\(order(index)) AS TEXT), CAST(\(role.id) AS TEXT)"
    }
    let rows = try db.all(
      """
      SELECT place, sort_key, id FROM (\(union)) AS r
      WHERE \(page.after("place", "sort_key", "id", order: .ascending))
      ORDER BY place, sort_key, id \(page.limit)
      """)
    let found = page.page(rows) { Array($0.values.prefix(3)) }
    return try found.map { try role($0["id"] as String) }
  }

  func insert(_ role: Role, in scope: Scope) throws -> Role {
    try scope.requireWholeTenant()
    try db.run(
      """
      INSERT INTO roles (tenant, id, display_name, sort_key, description, for_customers,
        quick_tickets, version)
      VALUES (\(db.tenant), \(role.id), \(role.displayName), \(FoldedKey(role.displayName)),
        \(role.description), \(role.isForCustomers), \(role.quickTickets), \(1 as Int64))
      """)
    try insertGrants(of: role)
    return try self.role(role.id)
  }

  /// Saves over the version that was read; throws `stale` when it has changed since.
  func save(_ role: Role, in scope: Scope) throws -> Role {
    try scope.requireWholeTenant()
    try db.run(
      """
      UPDATE roles SET display_name = \(role.displayName),
        sort_key = \(FoldedKey(role.displayName)), description = \(role.description),
        quick_tickets = \(role.quickTickets), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(role.id) AND version = \(role.version)
      """, else: .stale)
    try db.run("DELETE FROM role_grants WHERE tenant = \(db.tenant) AND role = \(role.id)")
    try insertGrants(of: role)
    return try self.role(role.id)
  }

  func delete(_ role: Role, in scope: Scope) throws {
    try scope.requireWholeTenant()
    try db.run("DELETE FROM role_grants WHERE tenant = \(db.tenant) AND role = \(role.id)")
    try db.run(
      """
      DELETE FROM roles
      WHERE tenant = \(db.tenant) AND id = \(role.id) AND version = \(role.version)
      """, else: .stale)
  }

  /// How many hold the role, as staff or in a membership.
  func holders(of id: String) throws -> Int {
    let row = try db.first(
      """
      SELECT (SELECT COUNT(*) FROM users WHERE tenant = \(db.tenant) AND role = \(id))
        + (SELECT COUNT(*) FROM memberships WHERE tenant = \(db.tenant) AND role = \(id)) AS n
      """, else: .notFound)
    return try row["n"]
  }

  func count() throws -> Int {
    try db.first("SELECT COUNT(*) AS n FROM roles WHERE tenant = \(db.tenant)", else: .notFound)[
      "n"]
  }

  /// Ids of the staff roles whose holders can give roles.
  func thatGiveRoles() throws -> [String] {
    let own = try db.all(
      """
      SELECT role FROM role_grants WHERE tenant = \(db.tenant) AND permission = 'ROLES_WRITE'
        AND reach = \(RoleReach.tenant.rawValue)
      """
    ).map { try $0["role"] as String }
    return builtIn.filter(\.givesRoles).map(\.id) + own
  }

  private func insertGrants(of role: Role) throws {
    for grant in role.grants {
      try db.run(
        """
        INSERT INTO role_grants (tenant, role, permission, reach)
        VALUES (\(db.tenant), \(role.id), \(grant.permission), \(grant.reach.rawValue))
        """)
    }
  }

  private func role(_ row: Row) throws -> Role {
    let id: String = try row["id"]
    let grants = try db.all(
      """
      SELECT permission, reach FROM role_grants WHERE tenant = \(db.tenant) AND role = \(id)
      ORDER BY permission
      """
    ).map { RoleGrant(permission: try $0["permission"], reach: try $0["reach"]) }
    return Role(
      id: id, displayName: try row["display_name"], description: try row["description"],
      grants: grants, isForCustomers: try row["for_customers"],
      quickTickets: try row["quick_tickets"], version: try row["version"])
  }

  private func order(_ index: Int) -> String { index < 10 ? "0\(index)" : "\(index)" }
}
