import Crypto
import RPC
import Store
import Values

extension IdentityParts {
  /// Whether it is the password of the hash; without a hash the same work is done for nothing.
  func verify(_ password: String, against hash: String?) async throws -> Bool {
    do {
      return try await passwords.verify(Secret(password), against: hash)
    } catch PasswordError.tooLong {
      return false
    } catch PasswordError.busy {
      throw PasswordError.busyStatus
    }
  }

  func hash(_ password: String) async throws -> String {
    do {
      return try await passwords.hash(Secret(password))
    } catch PasswordError.busy {
      throw PasswordError.busyStatus
    }
  }
}

/// A new password and what follows from it, within one transaction.
struct PasswordChange {
  /// What is known before the slow part.
  struct Before: Sendable {
    var verdict: GuessRecord.Verdict
    var user: User
    var policy: PasswordPolicy
    var owner: PasswordOwner
  }

  let db: Transaction
  let parts: IdentityParts
  let actor: Actor

  static func before(
    _ id: String, guessing subject: String, _ parts: IdentityParts, _ db: Transaction
  ) throws -> Before {
    let user = try UserStore(db).user(id, in: Scope(tenant: db.tenant, reach: .tenant))
    return Before(
      verdict: try GuessStore(db).admit(subject, .userName), user: user,
      policy: try PortalStore(db).policy(), owner: try PasswordOwner(user, in: db))
  }

  /// Ends every session but one, voids outstanding links and forgets counted guesses: whoever guessed, guesses at
  /// nothing now, and a locked owner is back in. Tells how many sessions ended.
  func set(
    _ hash: String, of user: User, keepingSession kept: String, letter: Bool
  ) throws -> Int {
    try UserStore(db).setPassword(hash, of: user.id)
    let ended = try SessionStore(db).endAll(of: user.id, besides: kept)
    try LinkStore(db).revokeAll(of: user.id)
    let guesses = GuessStore(db)
    try guesses.clear(GuessStore.subject(ofName: FoldedKey(user.userName)))
    try guesses.clear(GuessStore.subject(ofPasswordOf: user.id))
    if letter {
      let postbox = try Postbox(db, origin: parts.origin)
      try postbox.send(
        postbox.letters(to: user).passwordChanged(), to: user, about: parts.newID())
    }
    try db.audit(
      "user.password.set", on: user.name, by: actor, after: ["ended_sessions": "\(ended)"])
    try db.emit("user.password_set", on: user.name)
    return ended
  }
}

extension PasswordOwner {
  init(_ user: User, in db: Transaction) throws {
    let tenant = try TenantStore(db).require()
    self.init(
      userName: user.userName, email: user.email, displayName: user.displayName,
      tenant: tenant.id.rawValue, tenantDisplayName: tenant.displayName)
  }
}

extension GuessStore {
  static func subject(ofName name: FoldedKey) -> String { "name/\(name.rawValue)" }
  static func subject(ofPasswordOf user: String) -> String { "password/\(user)" }
  static func subject(ofResetOf user: String) -> String { "reset/\(user)" }
  /// Nil where no address is known: then nothing is counted for one.
  static func subject(ofAddress address: String, for purpose: String = "address") -> String? {
    address.isEmpty ? nil : SignIn.network(of: address).map { "\(purpose)/\($0)" }
  }
}
