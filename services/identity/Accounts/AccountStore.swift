import Store
import Values

/// Accounts of a tenant. Whoever reaches any part of an account sees the account itself.
struct AccountStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func account(_ id: String, in scope: Scope) throws -> Account {
    let row = try db.first(
      """
      SELECT a.*, \(Self.count) FROM accounts a
      WHERE a.tenant = \(db.tenant) AND a.id = \(id) AND \(scope.predicate(anywhereIn: "a.id"))
      """, else: .notFound)
    return try Account(row)
  }

  /// By display name.
  func accounts(_ page: PageRequest, query: String, in scope: Scope) throws -> Page<Account> {
    let rows = try db.all(
      """
      SELECT a.*, \(Self.count) FROM accounts a
      WHERE \(condition(query, scope)) AND \(page.after("a.sort_key", "a.id", order: .ascending))
      ORDER BY a.sort_key, a.id \(page.limit)
      """)
    return try page.page(rows.map(Account.init)) {
      [FoldedKey($0.displayName).rawValue.sqlValue, $0.id.sqlValue]
    }
  }

  func total(query: String, in scope: Scope) throws -> Int {
    let row = try db.first(
      "SELECT COUNT(*) AS n FROM accounts a WHERE \(condition(query, scope))", else: .notFound)
    return try row["n"]
  }

  func exists(_ id: String) throws -> Bool {
    try db.first("SELECT 1 AS one FROM accounts WHERE tenant = \(db.tenant) AND id = \(id)") != nil
  }

  /// New accounts are of no scope but the whole tenant's.
  func insert(_ account: Account, in scope: Scope) throws -> Account {
    try scope.requireWholeTenant()
    let address = account.address
    try db.run(
      """
      INSERT INTO accounts (tenant, id, display_name, sort_key, email, phone, street, city,
        postal_code, region, country, currency, time_zone, locale, is_archived, created_at, version)
      VALUES (\(db.tenant), \(account.id), \(account.displayName),
        \(FoldedKey(account.displayName)), \(account.email), \(account.phone), \(address.street),
        \(address.city), \(address.postalCode), \(address.region), \(address.country),
        \(account.currency), \(account.timeZone), \(account.locale), \(false), \(account.created),
        \(1 as Int64))
      """)
    return try self.account(account.id, in: scope)
  }

  /// Saves over the version that was read; throws `stale` when it has changed since.
  func save(_ account: Account, in scope: Scope) throws -> Account {
    let address = account.address
    try db.run(
      """
      UPDATE accounts SET display_name = \(account.displayName),
        sort_key = \(FoldedKey(account.displayName)), email = \(account.email),
        phone = \(account.phone), street = \(address.street), city = \(address.city),
        postal_code = \(address.postalCode), region = \(address.region),
        country = \(address.country), currency = \(account.currency),
        time_zone = \(account.timeZone), locale = \(account.locale), version = version + 1
      WHERE tenant = \(db.tenant) AND id = \(account.id) AND version = \(account.version)
        AND \(scope.predicate(account: "id"))
      """, else: .stale)
    return try self.account(account.id, in: scope)
  }

  private func condition(_ query: String, _ scope: Scope) -> SQL {
    .all(
      ["a.tenant = \(db.tenant)", scope.predicate(anywhereIn: "a.id")]
        + FoldedKey.words(of: query).map { "a.sort_key \(containing: $0.rawValue)" })
  }

  private static let count: SQL = """
    (SELECT COUNT(*) FROM contacts c WHERE c.tenant = a.tenant AND c.account = a.id
      AND NOT c.is_archived) AS contact_count
    """
}

extension Account {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], displayName: try row["display_name"], email: try row["email"],
      phone: try row["phone"], address: try PostalAddress(row), currency: try row["currency"],
      timeZone: try row["time_zone"], locale: try row["locale"],
      isArchived: try row["is_archived"], created: try row["created_at"],
      version: try row["version"], contactCount: try row["contact_count"])
  }
}

extension PostalAddress {
  init(_ row: Row) throws {
    self.init(
      street: try row["street"], city: try row["city"], postalCode: try row["postal_code"],
      region: try row["region"], country: try row["country"])
  }
}
