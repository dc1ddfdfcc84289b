import Crypto
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Honours mailed links, each once (S-008..S-011, D-42, D-43, X-08).
struct LinkRedemption {
  let parts: IdentityParts

  /// A link that is good now, and what a password by it must satisfy.
  private struct Found: Sendable {
    var link: Link
    var user: User
    var policy: PasswordPolicy
    var owner: PasswordOwner
  }

  func check(_ request: Identity.CheckLinkRequest) async throws -> Identity.CheckLinkResponse {
    let found = try await find(request.token, in: request.tenant)
    return .init(
      purpose: found.link.purpose == .invite ? .invite : .reset, userName: found.user.userName,
      displayName: found.user.displayName, expireTime: .init(found.link.expires),
      passwordPolicy: .init(found.policy))
  }

  func redeem(_ request: Identity.RedeemLinkRequest) async throws -> Identity.RedeemLinkResponse {
    let found = try await find(request.token, in: request.tenant)
    let new = NewPassword(
      password: request.newPassword, confirmation: request.confirmNewPassword)
    let problems = new.problems(found.policy, of: found.owner, common: parts.common)
    guard problems.isEmpty else { throw LinkError.password(problems) }
    let hash = try await parts.hash(request.newPassword)
    return try await parts.store.write(as: TenantID(request.tenant)) { [parts] db in
      // Used up first: of any number of copies of this request one comes further.
      guard try LinkStore(db).use(found.link.id) else { throw LinkError.notFound }
      let user = try UserStore(db).user(
        found.user.id, in: Scope(tenant: db.tenant, reach: .tenant))
      guard found.link.setsPassword(of: user, at: db.now),
        try Entrance(db: db, parts: parts).entrant(user) != nil
      else { throw LinkError.notFound }
      _ = try PasswordChange(db: db, parts: parts, actor: Actor(user.name))
        .set(hash, of: user, by: .mailedLink, letter: found.link.purpose == .reset)
      return .init(userName: user.userName)
    }
  }

  private func find(_ token: String, in tenant: String) async throws -> Found {
    guard Tenant.isID(tenant), let secret = SecretToken(token) else { throw LinkError.notFound }
    let hash = secret.hash
    return try await parts.store.read(as: TenantID(tenant)) { [parts] db in
      guard let link = try LinkStore(db).link(tokenHash: hash) else { throw LinkError.notFound }
      let user = try UserStore(db).user(link.user, in: Scope(tenant: db.tenant, reach: .tenant))
      guard link.setsPassword(of: user, at: db.now),
        try Entrance(db: db, parts: parts).entrant(user) != nil
      else { throw LinkError.notFound }
      return Found(
        link: link, user: user, policy: try PortalStore(db).policy(),
        owner: try PasswordOwner(user, in: db))
    }
  }
}

/// Looks up asked-for resets and mails the links, after the answer has gone out.
struct ResetLetters {
  /// Requests that are looked up in one go.
  static let batch = 50

  let parts: IdentityParts

  func isDue() async throws -> Bool {
    try await parts.store.readAcrossTenants { db in
      try !ResetRequestStore.waiting(limit: 1, in: db).isEmpty
    }
  }

  func run() async throws {
    let waiting = try await parts.store.readAcrossTenants { db in
      try ResetRequestStore.waiting(limit: Self.batch, in: db)
    }
    for request in waiting {
      try await parts.store.write(as: request.tenant) { [parts] db in
        guard try ResetRequestStore.take(request, in: db) else { return }
        for user in try Self.users(request.login, db) {
          try Self.mail(user, parts, db)
        }
      }
    }
  }

  /// Whoever has the name, and everybody with the address: a user name that is somebody else's address must not keep
  /// that one from a reset.
  private static func users(_ login: FoldedKey, _ db: Transaction) throws -> [User] {
    let users = UserStore(db)
    let named = try users.user(named: login.rawValue)
    return (named.map { [$0] } ?? [])
      + (try users.users(withEmail: login).filter { $0.id != named?.id })
  }

  /// While too many were asked for, the link that was mailed last stays as it is: nobody can be kept out of
  /// their own mailbox by asking in their name.
  private static func mail(_ user: User, _ parts: IdentityParts, _ db: Transaction) throws {
    guard try Entrance(db: db, parts: parts).entrant(user) != nil else { return }
    let subject = GuessStore.subject(ofResetOf: user.id)
    guard case .admitted = try GuessStore(db).admit(subject, .reset) else { return }
    try LinkEffects(db: db, parts: parts).mail(.reset, to: user) { $0.reset(link: $1) }
    try db.audit("user.password.reset_mailed", on: user.name, by: Actor("services/identity"))
  }
}

extension LinkError: StatusConvertible {
  var status: Status {
    switch self {
    case .notFound:
      Status(
        .notFound,
        "this link cannot be used: it has run out, was used or was replaced by a newer one")
    case .password(let problems): FieldProblems(problems: problems).status
    }
  }
}
