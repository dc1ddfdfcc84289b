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
      let change = UserChange(db: db, parts: parts, actor: actor)
      _ = try change.save(user, over: old, field: "profile.user_name")
      try change.tellContacts(of: user, over: old)
      return try Self.profile(of: id, parts, db)
    }
  }

  func changePassword(
    _ request: Identity.ChangePasswordRequest, _ call: Call
  ) async throws -> Identity.ChangePasswordResponse {
    let id = try call.signedInUser
    let principal = try call.owner
    let proof = try await PasswordProof(parts: parts, tenant: principal.tenant)
      .check(request.oldPassword, of: id, at: call.now)
    let (isRight, user) = (proof.isRight, proof.user)
    let (policy, owner) = try await call.read(in: parts.store) { db in
      (try PortalStore(db).policy(), try PasswordOwner(user, in: db))
    }
    let new = NewPassword(
      password: request.newPassword, confirmation: request.confirmNewPassword)
    var problems = isRight ? [] : [FieldProblem("old_password", "is not your password")]
    problems += new.problems(policy, of: owner, common: parts.common)
    if isRight, request.newPassword == request.oldPassword {
      problems.append(.init("new_password", "is the one you have now"))
    }
    try FieldProblems.check(problems)
    let hash = try await parts.hash(request.newPassword)
    let actor = try call.auditActor
    let kept = ResourceName(matching: principal.session, "sessions/*").map { $0["sessions"] }
    return try await call.write(in: parts.store) { [parts] db in
      // Another change came first: this one's proof was the old password, which is no longer.
      guard try UserStore(db).user(id, in: Self.whole(db)).passwordHash == user.passwordHash
      else { throw StoreError.stale }
      let ended = try PasswordChange(db: db, parts: parts, actor: actor)
        .set(hash, of: user, by: .oldPassword(session: kept ?? ""), letter: true)
      return .init(endedSessions: Int32(clamping: ended))
    }
  }

  func changeEmail(
    _ request: Identity.ChangeEmailRequest, _ call: Call
  ) async throws -> Identity.ChangeEmailResponse {
    let principal = try call.owner
    return try await EmailChange(parts: parts).begin(
      request.email, password: request.password, of: try call.signedInUser, in: principal.tenant,
      actor: principal.auditActor, at: call.now)
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
    var profile = Identity.Profile(entrant)
    profile.pendingEmail = try LinkStore(db).pendingEmail(of: id) ?? ""
    return profile
  }
}

extension Call {
  /// Whoever has the password: at a browser, and nobody who acts for them.
  fileprivate var owner: Principal {
    get throws {
      let principal = try interactivePrincipal
      guard principal.actor == nil else {
        throw Status(.permissionDenied, "only the owner may do this")
      }
      return principal
    }
  }

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
    "user_name", "first_name", "last_name", "phone", "mobile", "landing_page", "time_zone",
  ]

  fileprivate mutating func take(_ message: Identity.Profile, _ isWanted: (String) -> Bool) {
    if isWanted("user_name") { userName = message.userName.trimmed }
    if isWanted("first_name") { firstName = message.firstName.trimmed }
    if isWanted("last_name") { lastName = message.lastName.trimmed }
    if isWanted("phone") { phone = message.phone.trimmed }
    if isWanted("mobile") { mobile = message.mobile.trimmed }
    if isWanted("landing_page") { landingPage = message.landingPage }
    if isWanted("time_zone") { timeZone = message.timeZone }
  }
}
