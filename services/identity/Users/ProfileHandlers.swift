import Access
import Crypto
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// The signed-in person's own data.
struct ProfileHandlers: ProfilesService {
  let parts: IdentityParts

  func getProfile(
    _ request: Identity.GetProfileRequest, _ call: Call
  ) async throws -> Identity.Profile {
    let id = try call.signedInUser
    return try await call.read(in: parts.store) { [parts] db in
      try Self.profile(of: id, parts, db)
    }
  }

  func updateProfile(
    _ request: Identity.UpdateProfileRequest, _ call: Call
  ) async throws -> Identity.Profile {
    let id = try call.signedInUser
    let wanted = request.profile ?? .init()
    let mask = try UpdateMask(request.updateMask, of: wanted, allowing: User.ownFields)
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { [parts] db in
      let old = try UserStore(db).user(id, in: Self.whole(db))
      try Etag(version: old.version).require(wanted.etag)
      var user = old
      user.take(wanted) { mask.contains($0) }
      try FieldProblems.check(user.problems("profile"))
      _ = try UserChange(db: db, parts: parts, actor: actor)
        .save(user, over: old, field: "profile.user_name")
      try Self.tellContacts(of: user, over: old, db)
      return try Self.profile(of: id, parts, db)
    }
  }

  func changePassword(
    _ request: Identity.ChangePasswordRequest, _ call: Call
  ) async throws -> Identity.ChangePasswordResponse {
    let id = try call.signedInUser
    let principal = try call.principal
    guard principal.actor == nil else {
      throw Status(.permissionDenied, "only the owner changes a password")
    }
    // A borrowed session is no way to try passwords: these guesses count as well.
    let subject = GuessStore.subject(ofPasswordOf: id)
    let before = try await call.write(in: parts.store) { [parts] db in
      try PasswordChange.before(id, guessing: subject, parts, db)
    }
    if case .refused(let until) = before.verdict {
      throw SessionError.throttled(retryAfter: until.map { $0 - call.now })
    }
    let isRight = try await parts.verify(request.oldPassword, against: before.user.passwordHash)
    let new = NewPassword(
      password: request.newPassword, confirmation: request.confirmNewPassword)
    var problems = isRight ? [] : [FieldProblem("old_password", "is not your password")]
    problems += new.problems(before.policy, of: before.owner, common: parts.common)
    if isRight, request.newPassword == request.oldPassword {
      problems.append(.init("new_password", "is the one you have now"))
    }
    if isRight {
      try await call.write(in: parts.store) { db in try GuessStore(db).clear(subject) }
    }
    try FieldProblems.check(problems)
    let hash = try await parts.hash(request.newPassword)
    let actor = try call.auditActor
    let kept = ResourceName(matching: principal.session, "sessions/*").map { $0["sessions"] }
    return try await call.write(in: parts.store) { [parts] db in
      // Another change came first: this one's proof was the old password, which is no longer.
      guard try UserStore(db).user(id, in: Self.whole(db)).passwordHash == before.user.passwordHash
      else { throw StoreError.stale }
      let ended = try PasswordChange(db: db, parts: parts, actor: actor)
        .set(hash, of: before.user, keepingSession: kept ?? "", letter: true)
      return .init(endedSessions: Int32(clamping: ended))
    }
  }

  private static func whole(_ db: Transaction) -> Scope {
    Scope(tenant: db.tenant, reach: .tenant)
  }

  private static func profile(
    of id: String, _ parts: IdentityParts, _ db: Transaction
  ) throws -> Identity.Profile {
    let user = try UserStore(db).user(id, in: whole(db))
    guard let entrant = try Entrance(db: db, parts: parts).entrant(user) else {
      throw SessionError.ended
    }
    return .init(entrant)
  }

  /// A customer is the contact that staff see: both say the same of name, address and phones.
  private static func tellContacts(of user: User, over old: User, _ db: Transaction) throws {
    let contacts = ContactStore(db)
    for membership in try MembershipStore(db).all(of: user.id) {
      var contact = try contacts.contact(
        membership.contact, of: membership.account, in: whole(db))
      if user.firstName != old.firstName, !user.firstName.isEmpty {
        contact.firstName = user.firstName
      }
      if user.lastName != old.lastName { contact.lastName = user.lastName }
      if user.phone != old.phone { contact.phone = user.phone }
      if user.mobile != old.mobile { contact.mobile = user.mobile }
      if user.email != old.email, FoldedKey(contact.email) == FoldedKey(old.email) {
        contact.email = user.email
      }
      _ = try contacts.save(contact, in: whole(db))
      try db.emit("contact.updated", on: contact.name, account: contact.account)
    }
  }
}

extension Call {
  /// The id of the person who calls.
  var signedInUser: String {
    get throws {
      guard let name = ResourceName(matching: try principal.user, "users/*") else {
        throw Status(.permissionDenied, "only people have a profile")
      }
      return name["users"]
    }
  }
}

extension User {
  fileprivate static let ownFields = [
    "user_name", "first_name", "last_name", "email", "phone", "mobile", "landing_page",
    "time_zone",
  ]

  fileprivate mutating func take(_ message: Identity.Profile, _ isWanted: (String) -> Bool) {
    if isWanted("user_name") { userName = message.userName.trimmed }
    if isWanted("first_name") { firstName = message.firstName.trimmed }
    if isWanted("last_name") { lastName = message.lastName.trimmed }
    if isWanted("email") { email = message.email.trimmed }
    if isWanted("phone") { phone = message.phone.trimmed }
    if isWanted("mobile") { mobile = message.mobile.trimmed }
    if isWanted("landing_page") { landingPage = message.landingPage }
    if isWanted("time_zone") { timeZone = message.timeZone }
  }
}
