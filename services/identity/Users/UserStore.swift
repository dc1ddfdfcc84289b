import Store
import Values

/// Those who can sign in.
struct UserStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func user(_ id: String, in scope: Scope) throws -> User {
    let row = try db.first(
      """
      SELECT * FROM users WHERE tenant = \(db.tenant) AND id = \(id) AND \(Self.reached(by: scope))
      """, else: .notFound)
    return try User(row)
  }

  /// By display name.
  func users(_ page: PageRequest, kind: UserKind?, in scope: Scope) throws -> Page<User> {
    let ofKind: SQL = kind.map { "kind = \($0)" } ?? "TRUE"
    let rows = try db.all(
      """
      SELECT * FROM users WHERE tenant = \(db.tenant) AND \(ofKind)
        AND \(Self.reached(by: scope)) AND \(page.after("sort_key", "id", order: .ascending))
      ORDER BY sort_key, id \(page.limit)
      """)
    return try page.page(rows.map(User.init)) { [$0.sortKey.sqlValue, $0.id.sqlValue] }
  }

  /// Whoever has the name: for signing in, and to find a clash. Not narrowed by a scope, because a name is
  /// unique in the whole tenant.
  func user(named name: String) throws -> User? {
    try db.first(
      """
      SELECT * FROM users WHERE tenant = \(db.tenant) AND user_name_key = \(FoldedKey(name))
      """
    ).map(User.init)
  }

  /// Everybody with the address: for a forgotten password.
  func users(withEmail email: FoldedKey) throws -> [User] {
    try db.all(
      """
      SELECT * FROM users WHERE tenant = \(db.tenant) AND email_key = \(email) ORDER BY id LIMIT 5
      """
    ).map(User.init)
  }

  func exists(_ id: String) throws -> Bool {
    try db.first("SELECT 1 AS one FROM users WHERE tenant = \(db.tenant) AND id = \(id)") != nil
  }

  /// Throws `userNameTaken` when somebody else has the name after case folding (D-46).
  func requireFree(_ name: String, for id: String, field: String) throws {
    if let other = try user(named: name), other.id != id {
      throw UserError.userNameTaken(field: field)
    }
  }

  func insert(_ user: User) throws -> User {
    try db.run(
      """
      INSERT INTO users (tenant, id, user_name, user_name_key, kind, first_name, last_name,
        sort_key, email, email_key, phone, mobile, role, is_disabled, password_hash, landing_page,
        time_zone, created_at, last_sign_in_at, version)
      VALUES (\(db.tenant), \(user.id), \(user.userName), \(FoldedKey(user.userName)),
        \(user.kind), \(user.firstName), \(user.lastName), \(user.sortKey), \(user.email),
        \(FoldedKey(user.email)), \(user.phone), \(user.mobile), \(user.role),
        \(user.isDisabled), \(user.passwordHash), \(user.landingPage), \(user.timeZone),
        \(user.created), \(user.lastSignIn), \(1 as Int64))
      """)
    return user
  }

  /// Saves everything but the password over the version that was read; throws `stale` when it has changed since.
  func save(_ user: User) throws -> User {
    try db.run(
      """
      UPDATE users SET user_name = \(user.userName), user_name_key = \(FoldedKey(user.userName)),
        first_name = \(user.firstName), last_name = \(user.lastName), sort_key = \(user.sortKey),
        email = \(user.email), email_key = \(FoldedKey(user.email)), phone = \(user.phone),
        mobile = \(user.mobile), role = \(user.role), is_disabled = \(user.isDisabled),
        landing_page = \(user.landingPage), time_zone = \(user.timeZone), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(user.id) AND version = \(user.version)
      """, else: .stale)
    var saved = user
    saved.version += 1
    return saved
  }

  /// A new password, or nil for none. Not the user's version: a form that shows the profile stays good.
  func setPassword(_ hash: String?, of id: String) throws {
    try db.run(
      """
      UPDATE users SET password_hash = \(hash) WHERE tenant = \(db.tenant) AND id = \(id)
      """, else: .notFound)
  }

  /// Replaces a hash that was made with older settings, unless the password changed meanwhile.
  func strengthen(_ hash: String, from old: String, of id: String) throws {
    try db.run(
      """
      UPDATE users SET password_hash = \(hash)
      WHERE tenant = \(db.tenant) AND id = \(id) AND password_hash = \(old)
      """)
  }

  func noteSignIn(of id: String) throws {
    try db.run(
      "UPDATE users SET last_sign_in_at = \(db.now) WHERE tenant = \(db.tenant) AND id = \(id)")
  }

  /// How many staff can sign in with one of these roles, without `id`.
  func holders(ofAny roles: [String], besides id: String) throws -> Int {
    let row = try db.first(
      """
      SELECT COUNT(*) AS n FROM users WHERE tenant = \(db.tenant) AND kind = \(UserKind.staff)
        AND NOT is_disabled AND role IN \(roles) AND id <> \(id)
      """, else: .notFound)
    return try row["n"]
  }

  private static func reached(by scope: Scope) -> SQL {
    guard case .within = scope.reach else { return "TRUE" }
    let inside = scope.predicate(account: "m.account", contact: "m.contact")
    return """
      EXISTS (SELECT 1 FROM memberships m WHERE m.tenant = users.tenant AND m.user_id = users.id
        AND \(inside))
      """
  }
}

extension User {
  fileprivate var sortKey: String { FoldedKey("\(displayName)").rawValue }

  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], userName: try row["user_name"], kind: try row["kind"],
      firstName: try row["first_name"], lastName: try row["last_name"], email: try row["email"],
      phone: try row["phone"], mobile: try row["mobile"], role: try row["role"],
      isDisabled: try row["is_disabled"], passwordHash: try row["password_hash"],
      landingPage: try row["landing_page"], timeZone: try row["time_zone"],
      created: try row["created_at"], lastSignIn: try row["last_sign_in_at"],
      version: try row["version"])
  }
}
