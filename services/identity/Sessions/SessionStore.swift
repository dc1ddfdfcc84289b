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
        idle, user_agent, address, is_kept, authenticated_at, active_until)
      VALUES (\(db.tenant), \(session.id), \(tokenHash), \(session.user), \(session.created),
        \(session.lastUsed), \(session.expires), \(session.idle.wholeMicroseconds),
        \(session.userAgent), \(session.address), \(session.kind == .kept),
        \(session.authenticated), \(session.activeUntil))
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
        AND expires_at > \(db.now) AND (is_kept OR active_until > \(db.now))
      ORDER BY created_at DESC, id DESC LIMIT 100
      """
    ).map(Session.init)
  }

  /// Writes down that it was used. Of two at once the later time stays.
  func touch(_ session: Session) throws {
    try db.run(
      """
      UPDATE sessions SET last_used_at = \(session.lastUsed), active_until = \(session.activeUntil)
      WHERE tenant = \(db.tenant) AND id = \(session.id) AND last_used_at < \(session.lastUsed)
        AND active_until <= \(session.activeUntil)
      """)
  }

  /// Gives a session a new secret after a step-up; false when the old one is not its secret any more. Of any number at
  /// once, one gets true.
  func rotate(_ session: Session, from old: [UInt8], to new: [UInt8]) throws -> Bool {
    try db.change(
      """
      UPDATE sessions SET token_hash = \(new), last_used_at = \(session.lastUsed),
        authenticated_at = \(session.authenticated), active_until = \(session.activeUntil)
      WHERE tenant = \(db.tenant) AND id = \(session.id) AND token_hash = \(old)
      """) == 1
  }

  /// Ends one session of a user; false when there is none.
  func end(_ id: String, of user: String) throws -> Bool {
    try db.change(
      "DELETE FROM sessions WHERE tenant = \(db.tenant) AND id = \(id) AND user_id = \(user)") > 0
  }

  /// Ends a user's sessions, but for one when it is named. Tells how many.
  func endAll(of user: String, besides kept: String) throws -> Int {
    try db.change(
      "DELETE FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user) AND id <> \(kept)")
  }

  /// Ends every customer's session.
  func endAllOfCustomers() throws {
    try db.run(
      """
      DELETE FROM sessions WHERE tenant = \(db.tenant) AND user_id IN (
        SELECT id FROM users WHERE tenant = \(db.tenant) AND kind = \(UserKind.customer))
      """)
  }

  /// At most so many devices at once: the oldest give way. Tells which.
  func keepLatest(_ count: Int, of user: String) throws -> [String] {
    let ids = try db.all(
      """
      SELECT id FROM sessions WHERE tenant = \(db.tenant) AND user_id = \(user)
      ORDER BY created_at DESC, id DESC LIMIT 1000
      """
    ).map { try $0["id"] as String }
    let surplus = Array(ids.dropFirst(count))
    for id in surplus { _ = try end(id, of: user) }
    return surplus
  }
}

extension Session {
  fileprivate init(_ row: Row) throws {
    let idle: Int64 = try row["idle"]
    let isKept: Bool = try row["is_kept"]
    self.init(
      id: try row["id"], user: try row["user_id"], kind: isKept ? .kept : .visit,
      created: try row["created_at"], lastUsed: try row["last_used_at"],
      authenticated: try row["authenticated_at"], activeUntil: try row["active_until"],
      expires: try row["expires_at"], idle: .microseconds(idle),
      userAgent: try row["user_agent"], address: try row["address"])
  }
}

extension SessionStore {
  /// Sessions that are over for a day, in every tenant. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    let past = db.now - .days(1)
    return try db.change(
      "DELETE FROM sessions WHERE expires_at < \(past) OR (NOT is_kept AND active_until < \(past))")
  }
}
