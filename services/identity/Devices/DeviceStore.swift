import Store
import Values

/// Browsers that a user has signed in with before, known by a secret in a cookie that only the login reads. Their guesses
/// are counted apart: whoever guesses elsewhere keeps nobody out who comes with a known device.
struct DeviceStore {
  /// How many are known of one user.
  static let most = 20
  /// After so long without a login a device is unknown again.
  static let life = Duration.days(365)

  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Whether the device of that hash is one of the user's. Asked for every login, also where there is neither.
  func isKnown(_ hash: [UInt8], of user: String) throws -> Bool {
    try db.first(
      """
      SELECT 1 AS one FROM known_devices WHERE tenant = \(db.tenant) AND token_hash = \(hash)
        AND user_id = \(user) AND last_used_at > \(db.now - Self.life)
      """) != nil
  }

  /// Somebody signed in with it again. False where it is not known.
  func touch(_ hash: [UInt8], of user: String) throws -> Bool {
    try db.change(
      """
      UPDATE known_devices SET last_used_at = \(db.now)
      WHERE tenant = \(db.tenant) AND token_hash = \(hash) AND user_id = \(user)
      """) > 0
  }

  /// Somebody signed in with a new one; of too many the ones give way that were not used for longest.
  func insert(_ hash: [UInt8], of user: String) throws {
    try db.run(
      """
      INSERT INTO known_devices (tenant, token_hash, user_id, created_at, last_used_at)
      VALUES (\(db.tenant), \(hash), \(user), \(db.now), \(db.now))
      """)
    try db.run(
      """
      DELETE FROM known_devices WHERE tenant = \(db.tenant) AND user_id = \(user)
        AND token_hash NOT IN (
          SELECT token_hash FROM known_devices WHERE tenant = \(db.tenant) AND user_id = \(user)
          ORDER BY last_used_at DESC, token_hash LIMIT \(Self.most))
      """)
  }

  /// The password is another one: whoever knew the old one may have signed in anywhere.
  func forgetAll(of user: String) throws {
    try db.run("DELETE FROM known_devices WHERE tenant = \(db.tenant) AND user_id = \(user)")
  }

  /// Devices that nobody used for long, in every tenant. For a job.
  @discardableResult
  static func prune(in db: AcrossTenants) throws -> Int {
    try db.change("DELETE FROM known_devices WHERE last_used_at < \(db.now - life)")
  }
}
