import Access
import Handling
import RPC
import Store
import Values

/// What the Client Portal Access tab does when it is saved (S-002..S-006), within one transaction.
struct PortalAccessChange {
  let db: Transaction
  let parts: IdentityParts
  private let principal: Principal
  private let users: UserStore
  private let memberships: MembershipStore
  private var whole: Scope { Scope(tenant: db.tenant, reach: .tenant) }

  init(db: Transaction, parts: IdentityParts, by principal: Principal) {
    self.db = db
    self.parts = parts
    self.principal = principal
    users = UserStore(db)
    memberships = MembershipStore(db)
  }

  /// Gives access, or changes what was given. Tells whether anything changed.
  ///
  /// - Parameter userName: empty keeps the name, or makes it the contact's e-mail address (S-244).
  func give(to contact: Contact, userName: String, role: String, withMail: Bool) throws -> Bool {
    guard !contact.isArchived else { throw ContactError.archived }
    let role = try customerRole(role)
    let name = userName.isEmpty ? contact.access?.userName ?? contact.email : userName
    try FieldProblems.check(TextRules.userName(name, "user_name"))
    guard
      let old = try memberships.membership(ofContact: contact.id, in: contact.account)
    else {
      try begin(contact, userName: name, role: role, withMail: withMail)
      return true
    }
    var user = try users.user(old.user, in: whole)
    let isSame = old.isEnabled && old.role == role.id && user.userName == name
    guard !isSame else { return false }
    if user.userName != name {
      try users.requireFree(name, for: user.id, field: "user_name")
      user.userName = name
      user = try users.save(user)
    }
    var membership = old
    membership.role = role.id
    membership.isEnabled = true
    try memberships.save(membership)
    if old.role != role.id || !old.isEnabled { try Revocation(db).everything(of: user.id) }
    if !old.isEnabled { try invite(user, for: contact, withMail: withMail) }
    try record(
      contact, before: audited(old, contact.access?.userName), after: audited(membership, name))
    return true
  }

  /// Takes access away and ends the sessions at once (X-06, D-47). Tells whether there was any.
  func take(from contact: Contact) throws -> Bool {
    guard let old = try memberships.membership(ofContact: contact.id, in: contact.account),
      old.isEnabled
    else { return false }
    var membership = old
    membership.isEnabled = false
    try memberships.save(membership)
    try Revocation(db).everything(of: old.user)
    if try memberships.live(of: old.user).isEmpty { try LinkStore(db).revokeAll(of: old.user) }
    let name = contact.access?.userName
    try record(contact, before: audited(old, name), after: audited(membership, name))
    return true
  }

  /// Voids the password and the sessions, and mails a new link (S-232..S-234, D-45).
  func sendLogin(to contact: Contact) throws {
    guard let access = contact.access, access.isEnabled, !contact.isArchived else {
      throw ContactError.noPortalAccess
    }
    let user = try users.user(access.user, in: whole)
    try users.setPassword(nil, of: user.id)
    try Revocation(db).everything(of: user.id)
    try LinkEffects(db: db, parts: parts).mail(.invite, to: user) { $0.login(link: $1) }
    try db.audit(
      "contact.send_login", on: contact.name, by: principal.auditActor,
      after: ["user": "users/\(user.id)"])
    try db.emit(.contactLoginSent, on: contact.name, at: contact.place)
  }

  /// First access of this contact: of a new user, or of one who is the same person in another account.
  private func begin(
    _ contact: Contact, userName: String, role: Role, withMail: Bool
  ) throws {
    let user: User
    if let existing = try users.user(named: userName) {
      let isSamePerson =
        try existing.kind == .customer && !existing.isDisabled
        && FoldedKey(existing.email) == FoldedKey(contact.email)
        && memberships.membership(ofUser: existing.id, in: contact.account) == nil
      guard isSamePerson else { throw UserError.userNameTaken(field: "user_name") }
      user = existing
    } else {
      let base = ResourceID.made(from: contact.displayName, fallback: "user")
      user = try users.insert(
        User(
          id: try ResourceID.firstFree(base, isTaken: users.exists), userName: userName,
          kind: .customer, firstName: contact.firstName, lastName: contact.lastName,
          email: contact.email, phone: contact.phone, mobile: contact.mobile, created: db.now))
    }
    let membership = AccountMembership(
      user: user.id, account: contact.account, contact: contact.id, role: role.id)
    try memberships.save(membership)
    try Revocation(db).everything(of: user.id)
    try invite(user, for: contact, withMail: withMail)
    try record(contact, before: [:], after: audited(membership, userName))
  }

  /// Somebody who signs in already keeps the password; everybody else starts with a link.
  private func invite(_ user: User, for contact: Contact, withMail: Bool) throws {
    let others = try memberships.live(of: user.id).filter { $0.account != contact.account }
    if user.passwordHash != nil, !others.isEmpty {
      guard withMail else { return }
      let postbox = try Postbox(db, origin: parts.origin)
      try postbox.send(
        postbox.letters(to: user).anotherAccount(contact.accountDisplayName), to: user,
        about: parts.newID())
      return
    }
    if user.passwordHash != nil { try users.setPassword(nil, of: user.id) }
    if withMail {
      try LinkEffects(db: db, parts: parts).mail(.invite, to: user) { $0.welcome(link: $1) }
    } else {
      try LinkStore(db).revokeAll(of: user.id)
    }
  }

  private func customerRole(_ name: String) throws -> Role {
    guard !name.isEmpty else { throw Status.invalid("role", "is required") }
    let id = try ResourceName(name, "roles/*", field: "role")["roles"]
    guard let role = try parts.roles(db).find(id), role.isForCustomers else {
      throw Status.invalid("role", "must be a role for customers")
    }
    try principal.requireOwnGrants(for: role, UserError.beyondOwnGrants)
    return role
  }

  private func audited(_ membership: AccountMembership, _ userName: String?) -> [String: String] {
    [
      "enabled": "\(membership.isEnabled)", "role": "roles/\(membership.role)",
      "user": "users/\(membership.user)", "user_name": userName ?? "",
    ]
  }

  private func record(
    _ contact: Contact, before: [String: String], after: [String: String]
  ) throws {
    try db.audit(
      "contact.portal_access.update", on: contact.name, by: principal.auditActor, before: before,
      after: after)
    try db.emit(.contactPortalAccessChanged, on: contact.name, at: contact.place)
  }
}
