import Store
import Values

/// API tokens. The secret's hash, or being their user, is what gives access to them.
struct APITokenStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func insert(_ token: APIToken, secretHash: [UInt8]) throws {
    try db.run(
      """
      INSERT INTO api_tokens (tenant, id, token_hash, user_id, display_name, scopes, hint,
        created_at, expires_at, last_used_address)
      VALUES (\(db.tenant), \(token.id), \(secretHash), \(token.user), \(token.displayName),
        \(token.scopes.sorted().joined(separator: " ")), \(token.hint), \(token.created),
        \(token.expires), \(""))
      """)
  }

  func token(secretHash: [UInt8]) throws -> APIToken? {
    try db.first(
      "SELECT * FROM api_tokens WHERE tenant = \(db.tenant) AND token_hash = \(secretHash)"
    ).map(APIToken.init)
  }

  /// The latest first; only those that have not run out.
  func tokens(of user: String) throws -> [APIToken] {
    try db.all(
      """
      SELECT * FROM api_tokens WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND expires_at > \(db.now)
      ORDER BY created_at DESC, id DESC LIMIT 100
      """
    ).map(APIToken.init)
  }

  /// Writes down that it was used, and from where.
  func touch(_ id: String, from address: String) throws {
    try db.run(
      """
      UPDATE api_tokens SET last_used_at = \(db.now), last_used_address = \(address)
      WHERE tenant = \(db.tenant) AND id = \(id)
      """)
  }

  /// Revokes one token of a user; false when there is none.
  func delete(_ id: String, of user: String) throws -> Bool {
    try db.change(
      "DELETE FROM api_tokens WHERE tenant = \(db.tenant) AND id = \(id) AND user_id = \(user)") > 0
  }

  /// Tells how many.
  func deleteAll(of user: String) throws -> Int {
    try db.change("DELETE FROM api_tokens WHERE tenant = \(db.tenant) AND user_id = \(user)")
  }

  func deleteAllOfCustomers() throws {
    try db.run(
      """
      DELETE FROM api_tokens WHERE tenant = \(db.tenant) AND user_id IN (
        SELECT id FROM users WHERE tenant = \(db.tenant) AND kind = \(UserKind.customer))
      """)
  }
}

extension APIToken {
  fileprivate init(_ row: Row) throws {
    let scopes: String = try row["scopes"]
    self.init(
      id: try row["id"], user: try row["user_id"], displayName: try row["display_name"],
      scopes: Set(scopes.split(separator: " ").map(String.init)), hint: try row["hint"],
      created: try row["created_at"], expires: try row["expires_at"],
      lastUsed: try row["last_used_at"], lastAddress: try row["last_used_address"])
  }
}

extension APITokenStore {
  /// Tokens that ran out a day ago, in every tenant. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    try db.change("DELETE FROM api_tokens WHERE expires_at < \(db.now - .days(1))")
  }
}
