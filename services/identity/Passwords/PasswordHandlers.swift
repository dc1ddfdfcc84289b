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
  let db: Transaction
  let parts: IdentityParts
  let actor: Actor

  /// Who proves to be the owner by the old password keeps one session and the API tokens. Who has nothing but a mailed
  /// link keeps nothing (D-47).
  enum Proof: Hashable {
    case oldPassword(session: String)
    case mailedLink
  }

  /// Ends sessions, voids outstanding links, and forgets devices and counted guesses: whoever guessed, guesses at
  /// nothing now, and a locked owner is back in. Tells how many sessions ended.
  func set(_ hash: String, of user: User, by proof: Proof, letter: Bool) throws -> Int {
    try UserStore(db).setPassword(hash, of: user.id)
    let ended =
      switch proof {
      case .oldPassword(let kept): try Revocation(db).sessions(of: user.id, besides: kept)
      case .mailedLink: try Revocation(db).everything(of: user.id).sessions
      }
    try DeviceStore(db).forgetAll(of: user.id)
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
    try db.emit(.userPasswordSet, on: user.name)
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
  /// A device is one user's: its hash says whose.
  static func subject(ofDevice hash: [UInt8]) -> String { "device/\(Base64URL.encode(hash))" }
  static func subject(ofResetOf user: String) -> String { "reset/\(user)" }
  /// Nil where no address is known: then nothing is counted for one.
  static func subject(ofAddress address: String, for purpose: String = "address") -> String? {
    address.isEmpty ? nil : SignIn.network(of: address).map { "\(purpose)/\($0)" }
  }
}
