import Store
import Values

/// Mailed links. Knowing the secret is what gives access to one.
struct LinkStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Adds a link. An invitation ends every earlier link of its user (D-42), others only their like: anybody can
  /// ask for a reset in another's name, and must not be able to end a 24-hour invitation with it. Whichever is used
  /// first ends the other.
  func issue(_ link: Link, tokenHash: [UInt8]) throws {
    switch link.purpose {
    case .invite: try revokeAll(of: link.user)
    case .reset, .email: try revoke(link.purpose, of: link.user)
    }
    try db.run(
      """
      INSERT INTO links (tenant, id, token_hash, user_id, purpose, email, created_at, expires_at)
      VALUES (\(db.tenant), \(link.id), \(tokenHash), \(link.user), \(link.purpose),
        \(link.email), \(link.created), \(link.expires))
      """)
  }

  func link(tokenHash: [UInt8]) throws -> Link? {
    try db.first("SELECT * FROM links WHERE tenant = \(db.tenant) AND token_hash = \(tokenHash)")
      .map(Link.init)
  }

  /// Uses a link up; false when it cannot be used any more. Of any number at once, one gets true.
  func use(_ id: String) throws -> Bool {
    try db.change(
      """
      UPDATE links SET used_at = \(db.now) WHERE tenant = \(db.tenant) AND id = \(id)
        AND used_at IS NULL AND revoked_at IS NULL AND expires_at > \(db.now)
      """) == 1
  }

  /// The address that a user wants and has not proved yet.
  func pendingEmail(of user: String) throws -> String? {
    try db.first(
      """
      SELECT email FROM links WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND purpose = \(LinkPurpose.email) AND used_at IS NULL AND revoked_at IS NULL
        AND expires_at > \(db.now)
      ORDER BY created_at DESC LIMIT 1
      """
    ).map { try $0["email"] }
  }

  func revokeAll(of user: String) throws {
    try db.run(
      """
      UPDATE links SET revoked_at = \(db.now) WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND used_at IS NULL AND revoked_at IS NULL
      """)
  }

  private func revoke(_ purpose: LinkPurpose, of user: String) throws {
    try db.run(
      """
      UPDATE links SET revoked_at = \(db.now) WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND purpose = \(purpose) AND used_at IS NULL AND revoked_at IS NULL
      """)
  }
}

extension Link {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], user: try row["user_id"], purpose: try row["purpose"],
      email: try row["email"], created: try row["created_at"], expires: try row["expires_at"],
      used: try row["used_at"], revoked: try row["revoked_at"])
  }
}

extension LinkStore {
  /// Links that are over for a quarter of a year, in every tenant: until then a contact shows that the invitation
  /// ran out. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    try db.change("DELETE FROM links WHERE expires_at < \(db.now - .days(90))")
  }
}
