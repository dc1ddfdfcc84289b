import Access
import Crypto
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// A new address of one's own: asked for with the password, proved by a link that is mailed there, told to the old one.
/// Until the link is followed nothing has changed; a mistyped address takes nobody's login over.
struct EmailChange {
  let parts: IdentityParts

  /// Mails the link. Says nothing of whether somebody else has the address: several people may share one.
  func begin(
    _ email: String, password: String, of id: String, in tenant: TenantID, actor: Actor,
    at now: Instant
  ) async throws -> Identity.ChangeEmailResponse {
    let email = email.trimmed
    let proof = try await PasswordProof(parts: parts, tenant: tenant)
      .check(password, of: id, at: now)
    var problems = TextRules.email(email, "email", required: true)
    if !proof.isRight { problems.append(.init("password", "is not your password")) }
    if proof.isRight, FoldedKey(email) == FoldedKey(proof.user.email) {
      problems.append(.init("email", "is the one you have now"))
    }
    try FieldProblems.check(problems)
    return try await parts.store.write(as: tenant) { [parts] db in
      let user = try UserStore(db).user(id, in: Scope(tenant: db.tenant, reach: .tenant))
      guard user.passwordHash == proof.user.passwordHash else { throw StoreError.stale }
      let subject = GuessStore.subject(ofAddressChangeOf: id)
      if case .refused(let until) = try GuessStore(db).admit(subject, .reset) {
        throw SessionError.throttled(retryAfter: until.map { $0 - db.now })
      }
      let expires = try LinkEffects(db: db, parts: parts)
        .mail(.email, to: user, at: email) { $0.confirmEmail(link: $1, email: email) }
      try db.audit("user.email.change_mailed", on: user.name, by: actor, after: ["email": email])
      return .init(pendingEmail: email, expireTime: .init(expires))
    }
  }

  /// The link was followed, and its button pressed.
  func confirm(
    _ request: Identity.ConfirmEmailRequest
  ) async throws -> Identity.ConfirmEmailResponse {
    guard Tenant.isID(request.tenant), let secret = SecretToken(request.token) else {
      throw LinkError.notFound
    }
    let hash = secret.hash
    return try await parts.store.write(as: TenantID(request.tenant)) { [parts] db in
      let links = LinkStore(db)
      guard let link = try links.link(tokenHash: hash), link.purpose == .email,
        try links.use(link.id)
      else { throw LinkError.notFound }
      let old = try UserStore(db).user(link.user, in: Scope(tenant: db.tenant, reach: .tenant))
      guard try Entrance(db: db, parts: parts).entrant(old) != nil else {
        throw LinkError.notFound
      }
      var user = old
      user.email = link.email
      let change = UserChange(db: db, parts: parts, actor: Actor(user.name))
      let saved = try change.save(user, over: old)
      try change.tellContacts(of: saved, over: old)
      return .init(userName: saved.userName, email: saved.email)
    }
  }
}

extension GuessStore {
  fileprivate static func subject(ofAddressChangeOf user: String) -> String { "email/\(user)" }
}
