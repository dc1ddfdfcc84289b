import RPC
import Store
import Values

/// A signed-in person proves by the password who is there. A borrowed session is no way to try passwords: each guess is
/// counted, before it is looked at.
struct PasswordProof {
  struct Result: Sendable {
    var user: User
    var isRight: Bool
  }

  let parts: IdentityParts
  let tenant: TenantID

  /// Throws `SessionError.throttled` after too many guesses.
  func check(_ password: String, of id: String, at now: Instant) async throws -> Result {
    let subject = GuessStore.subject(ofPasswordOf: id)
    let (verdict, user) = try await parts.store.write(as: tenant) { db in
      let user = try UserStore(db).user(id, in: Scope(tenant: db.tenant, reach: .tenant))
      return (try GuessStore(db).admit(subject, .userName), user)
    }
    if case .refused(let until) = verdict {
      throw SessionError.throttled(retryAfter: until.map { $0 - now })
    }
    let isRight: Bool
    do {
      isRight = try await parts.verify(password, against: user.passwordHash)
    } catch {
      // The guess was not looked at: it does not count.
      try await parts.store.write(as: tenant) { db in try GuessStore(db).takeBack(subject) }
      throw error
    }
    if isRight {
      try await parts.store.write(as: tenant) { db in try GuessStore(db).clear(subject) }
    }
    return Result(user: user, isRight: isRight)
  }
}
