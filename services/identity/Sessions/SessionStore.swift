import Store
import Values

/// Sessions. The secret's hash, or being their user, is what gives access to them.
struct SessionStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func insert(_ session: Session, tokenHash: [UInt8]) throws {
    try db.run(
      """
      INSERT INTO sessions (tenant, id, token_hash, user_id, created_at, last_used_at, expires_at,
        idle, user_agent, address)
      VALUES (\(db.tenant), \(session.id), \(tokenHash), \(session.user), \(session.created),
        \(session.lastUsed), \(session.expires), \(session.idle.wholeMicroseconds),
        \(session.userAgent), \(session.address))
      """)
  }

  func session(tokenHash: [UInt8]) throws -> Session? {
    try db.first(
      "SELECT * FROM sessions WHERE tenant = \(db.tenant) AND token_hash = \(tokenHash)"
    ).map(Session.init)
  }

  /// The latest first; only those that are alive.
  func sessions(of user: String) throws -> [Session] {
    try db.all(
      """
      SELECT * FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND expires_at > \(db.now) AND last_used_at + idle > \(db.now)
      ORDER BY created_at DESC, id DESC LIMIT 100
      """
    ).map(Session.init)
  }

  /// Slides the idle limit; never backwards.
  func touch(_ id: String) throws {
    try db.run(
      """
      UPDATE sessions SET last_used_at = \(db.now)
      WHERE tenant = \(db.tenant) AND id = \(id) AND last_used_at < \(db.now)
      """)
  }

  /// Ends one session of a user; false when there is none.
  func end(_ id: String, of user: String) throws -> Bool {
    try db.run(
      "DELETE FROM sessions WHERE tenant = \(db.tenant) AND id = \(id) AND user_id = \(user)") > 0
  }

  /// Ends a user's sessions, but for one when it is named. Tells how many.
  @discardableResult
  func endAll(of user: String, besides kept: String = "") throws -> Int {
    try db.run(
      "DELETE FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user) AND id <> \(kept)")
  }

  /// Ends every customer's session: the portal was switched off.
  @discardableResult
  func endAllOfCustomers() throws -> Int {
    try db.run(
      """
      DELETE FROM sessions WHERE tenant = \(db.tenant) AND user_id IN (
        SELECT id FROM users WHERE tenant = \(db.tenant) AND kind = \(UserKind.customer))
      """)
  }

  /// At most so many devices at once: the oldest give way.
  func keepLatest(_ count: Int, of user: String) throws {
    try db.run(
      """
      DELETE FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user) AND id NOT IN (
        SELECT id FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user)
        ORDER BY created_at DESC, id DESC LIMIT \(count))
      """)
  }
}

extension Session {
  fileprivate init(_ row: Row) throws {
    let idle: Int64 = try row["idle"]
    self.init(
      id: try row["id"], user: try row["user_id"], created: try row["created_at"],
      lastUsed: try row["last_used_at"], expires: try row["expires_at"],
      idle: .microseconds(idle), userAgent: try row["user_agent"], address: try row["address"])
  }
}

extension SessionStore {
  /// Sessions that are over for a day, in every tenant. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    try db.run("DELETE FROM sessions WHERE expires_at < \(db.now - .days(1))")
  }
}
