import Store
import Values

/// Contacts, each with its portal access.
struct ContactStore {
  enum AccessFilter: String { case any, yes, no }

  /// What a list of contacts asks for.
  struct Query {
    /// Nil: every account in scope.
    var account: String?
    var words = ""
    var access = AccessFilter.any
  }

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func contact(_ id: String, of account: String, in scope: Scope) throws -> Contact {
    let row = try db.first(
      """
      \(Self.select) WHERE c.tenant = \(db.tenant) AND c.account = \(account) AND c.id = \(id)
        AND \(Self.reached(by: scope))
      """, else: .notFound)
    return try Contact(row)
  }

  /// By last and first name.
  func contacts(_ query: Query, _ page: PageRequest, in scope: Scope) throws -> Page<Contact> {
    let rows = try db.all(
      """
      \(Self.select) WHERE \(condition(query, scope))
        AND \(page.after("c.sort_key", "c.account", "c.id", order: .ascending))
      ORDER BY c.sort_key, c.account, c.id \(page.limit)
      """)
    return try page.page(rows.map(Contact.init)) {
      [$0.sortKey.sqlValue, $0.account.sqlValue, $0.id.sqlValue]
    }
  }

  func total(_ query: Query, in scope: Scope) throws -> Int {
    let row = try db.first(
      "SELECT COUNT(*) AS n \(Self.source) WHERE \(condition(query, scope))", else: .notFound)
    return try row["n"]
  }

  func exists(_ id: String, of account: String) throws -> Bool {
    try db.first(
      """
      SELECT 1 AS one FROM contacts
      WHERE tenant = \(db.tenant) AND account = \(account) AND id = \(id)
      """) != nil
  }

  func insert(_ contact: Contact, in scope: Scope) throws -> Contact {
    guard scope.allows(account: contact.account, site: contact.site, contact: contact.id) else {
      throw StoreError.notFound
    }
    try db.run(
      """
      INSERT INTO contacts (tenant, account, id, first_name, last_name, email, phone, mobile,
        job_title, site, sort_key, search_key, is_archived, created_at, version)
      VALUES (\(db.tenant), \(contact.account), \(contact.id), \(contact.firstName),
        \(contact.lastName), \(contact.email), \(contact.phone), \(contact.mobile),
        \(contact.jobTitle), \(contact.site), \(contact.sortKey), \(contact.searchKey), \(false),
        \(contact.created), \(1 as Int64))
      """)
    return try self.contact(contact.id, of: contact.account, in: scope)
  }

  /// Saves over the version that was read; throws `stale` when it has changed since.
  func save(_ contact: Contact, in scope: Scope) throws -> Contact {
    guard scope.allows(account: contact.account, site: contact.site, contact: contact.id) else {
      throw StoreError.notFound
    }
    try db.run(
      """
      UPDATE contacts SET first_name = \(contact.firstName), last_name = \(contact.lastName),
        email = \(contact.email), phone = \(contact.phone), mobile = \(contact.mobile),
        job_title = \(contact.jobTitle), site = \(contact.site), sort_key = \(contact.sortKey),
        search_key = \(contact.searchKey), version = version + 1
      WHERE tenant = \(db.tenant) AND account = \(contact.account) AND id = \(contact.id)
        AND version = \(contact.version)
      """, else: .stale)
    return try self.contact(contact.id, of: contact.account, in: scope)
  }

  private func condition(_ query: Query, _ scope: Scope) -> SQL {
    var terms: [SQL] = ["c.tenant = \(db.tenant)", Self.reached(by: scope)]
    if let account = query.account { terms.append("c.account = \(account)") }
    switch query.access {
    case .any: break
    case .yes: terms.append("COALESCE(m.is_enabled, FALSE)")
    case .no: terms.append("NOT COALESCE(m.is_enabled, FALSE)")
    }
    terms += FoldedKey.words(of: query.words).map {
      "c.search_key \(containing: $0.rawValue)"
    }
    return .all(terms)
  }

  private static func reached(by scope: Scope) -> SQL {
    scope.predicate(account: "c.account", site: "c.site", contact: "c.id")
  }

  private static let select: SQL = """
    SELECT c.*, a.display_name AS account_display_name, m.user_id, m.role AS access_role,
      m.is_enabled AS access_enabled, u.user_name, u.last_sign_in_at,
      (u.password_hash IS NOT NULL) AS has_password,
      (SELECT MAX(l.expires_at) FROM links l WHERE l.tenant = m.tenant AND l.user_id = m.user_id
        AND l.purpose = 'invite' AND l.used_at IS NULL AND l.revoked_at IS NULL) AS link_expires_at
    \(source)
    """

  private static let source: SQL = """
    FROM contacts c
      JOIN accounts a ON a.tenant = c.tenant AND a.id = c.account
      LEFT JOIN memberships m
        ON m.tenant = c.tenant AND m.account = c.account AND m.contact = c.id
      LEFT JOIN users u ON u.tenant = m.tenant AND u.id = m.user_id
    """
}

extension Contact {
  fileprivate init(_ row: Row) throws {
    self.init(
      account: try row["account"], id: try row["id"], firstName: try row["first_name"],
      lastName: try row["last_name"], email: try row["email"], phone: try row["phone"],
      mobile: try row["mobile"], jobTitle: try row["job_title"], site: try row["site"],
      isArchived: try row["is_archived"], created: try row["created_at"],
      version: try row["version"], accountDisplayName: try row["account_display_name"],
      access: try PortalAccess(row))
  }
}

extension PortalAccess {
  /// Nil for a contact that never had access.
  fileprivate init?(_ row: Row) throws {
    guard let user: String = try row["user_id"] else { return nil }
    self.init(
      user: user, userName: try row["user_name"], role: try row["access_role"],
      isEnabled: try row["access_enabled"], hasPassword: try row["has_password"],
      lastSignIn: try row["last_sign_in_at"], linkExpires: try row["link_expires_at"])
  }
}
