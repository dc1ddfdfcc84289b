import Store
import Values

/// Saves a changed user with all that follows from it, within one transaction.
struct UserChange {
  let db: Transaction
  let parts: IdentityParts
  let actor: Actor

  /// Ends the sessions when the role changed or the user was disabled, and the links when the address did.
  func save(_ user: User, over old: User, field: String = "user.user_name") throws -> User {
    if FoldedKey(user.userName) != FoldedKey(old.userName) {
      try UserStore(db).requireFree(user.userName, for: user.id, field: field)
    }
    try requireSomebodyLeft(user, over: old)
    let saved = try UserStore(db).save(user)
    if user.role != old.role || user.isDisabled != old.isDisabled {
      try Revocation(db).everything(of: user.id)
    }
    if user.isDisabled { try LinkStore(db).revokeAll(of: user.id) }
    if FoldedKey(user.email) != FoldedKey(old.email) { try tellOfNewAddress(user, over: old) }
    try db.audit(
      "user.update", on: user.name, by: actor, before: old.audited, after: user.audited)
    try db.emit(.userUpdated, on: user.name)
    return saved
  }

  /// A contact's address changed: the login that used it follows.
  func follow(address: String, instead left: String, of id: String) throws {
    let old = try UserStore(db).user(id, in: whole)
    guard FoldedKey(old.email) == FoldedKey(left) else { return }
    var user = old
    user.email = address
    _ = try save(user, over: old)
  }

  /// A customer is the contact that staff see: both say the same of name, address and phones.
  func tellContacts(of user: User, over old: User) throws {
    let contacts = ContactStore(db)
    for membership in try MembershipStore(db).all(of: user.id) {
      var contact = try contacts.contact(
        membership.contact, of: membership.account, in: whole)
      if user.firstName != old.firstName, !user.firstName.isEmpty {
        contact.firstName = user.firstName
      }
      if user.lastName != old.lastName { contact.lastName = user.lastName }
      if user.phone != old.phone { contact.phone = user.phone }
      if user.mobile != old.mobile { contact.mobile = user.mobile }
      if user.email != old.email, FoldedKey(contact.email) == FoldedKey(old.email) {
        contact.email = user.email
      }
      _ = try contacts.save(contact, in: whole)
      try db.emit(.contactUpdated, on: contact.name, at: contact.place)
    }
  }

  private var whole: Scope { Scope(tenant: db.tenant, reach: .tenant) }

  /// A link was mailed to an address; it is nobody's once the address is not theirs.
  private func tellOfNewAddress(_ user: User, over old: User) throws {
    try LinkStore(db).revokeAll(of: user.id)
    let postbox = try Postbox(db, origin: parts.origin)
    try postbox.send(
      postbox.letters(to: user).emailChanged(to: user.email), to: user, about: parts.newID(),
      at: old.email)
  }

  private func requireSomebodyLeft(_ user: User, over old: User) throws {
    let roles = try parts.roles(db).thatGiveRoles()
    func givesRoles(_ user: User) -> Bool {
      !user.isDisabled && user.role.map(roles.contains) == true
    }
    guard givesRoles(old), !givesRoles(user) else { return }
    guard try UserStore(db).holders(ofAny: roles, besides: user.id) > 0 else {
      throw UserError.lastAdministrator
    }
  }
}
