import Store
import Values

/// Ends sessions and API tokens, and tells those who remember them, in the transaction of what made it necessary: a
/// gateway forgets within a moment what is gone here (X-06, D-47).
struct Revocation {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// One session, by its own user. False when there is none.
  func session(_ id: String, of user: String) throws -> Bool {
    guard try SessionStore(db).end(id, of: user) else { return false }
    try db.emit(.sessionEnded, on: "sessions/\(id)", at: EventPlace(user: "users/\(user)"))
    return true
  }

  /// A user's sessions, but for one when it is named; API tokens stay. Tells how many.
  @discardableResult
  func sessions(of user: String, besides kept: String = "") throws -> Int {
    let count = try SessionStore(db).endAll(of: user, besides: kept)
    if count > 0 {
      try db.emit(.userSessionsEnded, on: "users/\(user)", at: EventPlace(user: "users/\(user)"))
    }
    return count
  }

  /// Everything by which a user could still act: sessions and API tokens.
  @discardableResult
  func everything(of user: String) throws -> (sessions: Int, apiTokens: Int) {
    let sessions = try SessionStore(db).endAll(of: user, besides: "")
    let apiTokens = try APITokenStore(db).deleteAll(of: user)
    if sessions + apiTokens > 0 {
      try db.emit(.userSessionsEnded, on: "users/\(user)", at: EventPlace(user: "users/\(user)"))
    }
    return (sessions, apiTokens)
  }

  /// The portal was switched off. Who hears `portal_settings.updated` forgets all of the tenant.
  func everythingOfCustomers() throws {
    try SessionStore(db).endAllOfCustomers()
    try APITokenStore(db).deleteAllOfCustomers()
  }
}
