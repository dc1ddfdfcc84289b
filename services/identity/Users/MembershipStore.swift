import Store
import Values

/// Under which accounts a customer acts. Keyed by a user or a contact that the caller was allowed to see already.
struct MembershipStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func membership(ofContact contact: String, in account: String) throws -> AccountMembership? {
    try db.first(
      """
      \(Self.select) WHERE m.tenant = \(db.tenant) AND m.account = \(account)
        AND m.contact = \(contact)
      """
    ).map(AccountMembership.init)
  }

  func membership(ofUser user: String, in account: String) throws -> AccountMembership? {
    try db.first(
      """
      \(Self.select) WHERE m.tenant = \(db.tenant) AND m.user_id = \(user)
        AND m.account = \(account)
      """
    ).map(AccountMembership.init)
  }

  /// Those under which the user may act now: access on, neither account nor contact archived.
  func live(of user: String) throws -> [AccountMembership] {
    try db.all(
      """
      \(Self.select) WHERE m.tenant = \(db.tenant) AND m.user_id = \(user) AND m.is_enabled
        AND NOT a.is_archived AND NOT c.is_archived
      ORDER BY a.sort_key, a.id LIMIT 100
      """
    ).map(AccountMembership.init)
  }

  /// Every one, also those that are switched off.
  func all(of user: String) throws -> [AccountMembership] {
    try db.all(
      "\(Self.select) WHERE m.tenant = \(db.tenant) AND m.user_id = \(user) ORDER BY m.account"
    ).map(AccountMembership.init)
  }

  func save(_ membership: AccountMembership) throws {
    try db.run(
      """
      INSERT INTO memberships (tenant, account, contact, user_id, role, is_enabled)
      VALUES (\(db.tenant), \(membership.account), \(membership.contact), \(membership.user),
        \(membership.role), \(membership.isEnabled))
      ON CONFLICT (tenant, account, contact) DO UPDATE SET
        role = excluded.role, is_enabled = excluded.is_enabled
      """)
  }

  private static let select: SQL = """
    SELECT m.*, a.display_name AS account_display_name, c.site FROM memberships m
      JOIN accounts a ON a.tenant = m.tenant AND a.id = m.account
      JOIN contacts c ON c.tenant = m.tenant AND c.account = m.account AND c.id = m.contact
    """
}

extension AccountMembership {
  fileprivate init(_ row: Row) throws {
    self.init(
      user: try row["user_id"], account: try row["account"], contact: try row["contact"],
      role: try row["role"], isEnabled: try row["is_enabled"],
      accountDisplayName: try row["account_display_name"], site: try row["site"])
  }
}
