import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// People of accounts, and their access to the portal, over the wire.
struct ContactHandlers: ContactsService {
  let parts: IdentityParts

  func listContacts(
    _ request: Identity.ListContactsRequest, _ call: Call
  ) async throws -> Identity.ListContactsResponse {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let scope = try call.scope
    let query = ContactStore.Query(
      account: parent.id("accounts"), words: request.query,
      access: try .init(request.portalAccess))
    let page = try request.page([parent.text, query.words, query.access.rawValue], in: scope)
    return try await call.read(in: parts.store) { [parts] db in
      if let account = query.account { _ = try AccountStore(db).account(account, in: scope) }
      let contacts = ContactStore(db)
      let found = try contacts.contacts(query, page, in: scope)
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return .init(
        contacts: try found.items.map { try view.message($0) }, nextPageToken: found.nextToken,
        totalSize: Int32(clamping: try contacts.total(query, in: scope)))
    }
  }

  func getContact(
    _ request: Identity.GetContactRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let name = try ResourceName(request.name, "accounts/*/contacts/*")
    let scope = try call.scope
    return try await call.read(in: parts.store) { [parts] db in
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return try view.message(
        try ContactStore(db).contact(name["contacts"], of: name["accounts"], in: scope))
    }
  }

  func createContact(
    _ request: Identity.CreateContactRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    let wanted = request.contact ?? .init()
    var contact = Contact(
      account: parent["accounts"], id: "", firstName: "", email: "", created: call.now)
    contact.take(wanted) { _ in true }
    let site = try Self.site(wanted.site, of: contact.account)
    contact.site = site
    try FieldProblems.check(
      ResourceID.problems(request.contactID, "contact_id") + contact.problems)
    let draft = contact
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      _ = try AccountStore(db).account(draft.account, in: scope)
      let contacts = ContactStore(db)
      var contact = draft
      try Self.requireSite(of: contact, in: db)
      contact.id = try Self.id(request.contactID, for: draft, in: contacts)
      let saved = try contacts.insert(contact, in: scope)
      try db.audit("contact.create", on: saved.name, by: actor, after: saved.audited)
      try db.emit(.contactCreated, on: saved.name, at: saved.place)
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return try view.message(saved)
    }
  }

  func updateContact(
    _ request: Identity.UpdateContactRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let wanted = request.contact ?? .init()
    let name = try ResourceName(wanted.name, "accounts/*/contacts/*", field: "contact.name")
    let mask = try UpdateMask(request.updateMask, of: wanted, allowing: Contact.editable)
    let site = try Self.site(wanted.site, of: name["accounts"])
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { [parts] db in
      let contacts = ContactStore(db)
      let old = try contacts.contact(name["contacts"], of: name["accounts"], in: scope)
      try Etag(version: old.version).require(wanted.etag)
      var contact = old
      contact.take(wanted) { mask.contains($0) }
      if mask.contains("site") { contact.site = site }
      try FieldProblems.check(contact.problems)
      try Self.requireSite(of: contact, in: db)
      if let access = old.access, FoldedKey(old.email) != FoldedKey(contact.email) {
        try UserChange(db: db, parts: parts, actor: actor)
          .follow(address: contact.email, instead: old.email, of: access.user)
      }
      let saved = try contacts.save(contact, in: scope)
      try db.audit(
        "contact.update", on: saved.name, by: actor, before: old.audited, after: saved.audited)
      try db.emit(.contactUpdated, on: saved.name, at: saved.place)
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return try view.message(saved)
    }
  }

  func updatePortalAccess(
    _ request: Identity.UpdatePortalAccessRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let name = try ResourceName(request.name, "accounts/*/contacts/*")
    let scope = try call.scope
    let principal = try call.principal
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      let contacts = ContactStore(db)
      let contact = try contacts.contact(name["contacts"], of: name["accounts"], in: scope)
      try Etag(version: contact.version).require(request.etag)
      let change = PortalAccessChange(db: db, parts: parts, by: principal)
      let changed =
        request.enabled
        ? try change.give(
          to: contact, userName: request.userName.trimmed, role: request.role,
          withMail: !request.withoutWelcomeMail)
        : try change.take(from: contact)
      let saved = changed ? try contacts.save(contact, in: scope) : contact
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return try view.message(saved)
    }
  }

  func sendLogin(
    _ request: Identity.SendLoginRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let name = try ResourceName(request.name, "accounts/*/contacts/*")
    let scope = try call.scope
    let principal = try call.principal
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      let contacts = ContactStore(db)
      let contact = try contacts.contact(name["contacts"], of: name["accounts"], in: scope)
      try PortalAccessChange(db: db, parts: parts, by: principal).sendLogin(to: contact)
      var view = ContactView(roles: parts.roles(db), now: db.now)
      return try view.message(
        try contacts.contact(contact.id, of: contact.account, in: scope))
    }
  }

  /// The id of a site's name, which must be of the same account; nil for none.
  private static func site(_ text: String, of account: String) throws -> String? {
    guard !text.isEmpty else { return nil }
    let name = try ResourceName(text, "accounts/*/sites/*", field: "contact.site")
    guard name["accounts"] == account else {
      throw Status.invalid("contact.site", "must be a site of the same account")
    }
    return name["sites"]
  }

  private static func requireSite(of contact: Contact, in db: Transaction) throws {
    guard let site = contact.site else { return }
    guard try SiteStore(db).exists(site, of: contact.account) else {
      throw Status.invalid("contact.site", "does not exist")
    }
  }

  private static func id(
    _ chosen: String, for contact: Contact, in contacts: ContactStore
  ) throws -> String {
    if chosen.isEmpty {
      let base = ResourceID.made(from: contact.displayName, fallback: "contact")
      return try ResourceID.firstFree(base) { try contacts.exists($0, of: contact.account) }
    }
    guard try !contacts.exists(chosen, of: contact.account) else { throw ContactError.idTaken }
    return chosen
  }
}

extension Identity.ListContactsRequest: PagedRequest {}

extension ContactStore.AccessFilter {
  fileprivate init(_ filter: Identity.PortalAccessFilter) throws {
    switch filter {
    case .unspecified: self = .any
    case .yes: self = .yes
    case .no: self = .no
    case .unrecognized: throw Status.invalid("portal_access", "is unknown")
    }
  }
}

extension Contact {
  fileprivate static let editable = [
    "first_name", "last_name", "email", "phone", "mobile", "job_title", "site",
  ]

  var name: String { "accounts/\(account)/contacts/\(id)" }

  /// Takes over the fields that `isWanted` names, but for the site.
  fileprivate mutating func take(_ message: Identity.Contact, _ isWanted: (String) -> Bool) {
    if isWanted("first_name") { firstName = message.firstName.trimmed }
    if isWanted("last_name") { lastName = message.lastName.trimmed }
    if isWanted("email") { email = message.email.trimmed }
    if isWanted("phone") { phone = message.phone.trimmed }
    if isWanted("mobile") { mobile = message.mobile.trimmed }
    if isWanted("job_title") { jobTitle = message.jobTitle.trimmed }
  }

  fileprivate var audited: [String: String] {
    [
      "first_name": firstName, "last_name": lastName, "email": email, "phone": phone,
      "mobile": mobile, "job_title": jobTitle, "site": site ?? "",
    ]
  }
}

/// Contacts as messages; a role's display name is looked up once.
struct ContactView {
  let roles: RoleStore
  let now: Instant
  private var names: [String: String] = [:]

  init(roles: RoleStore, now: Instant) {
    self.roles = roles
    self.now = now
  }

  mutating func message(_ contact: Contact) throws -> Identity.Contact {
    .init(
      name: contact.name, firstName: contact.firstName, lastName: contact.lastName,
      displayName: contact.displayName, email: contact.email, phone: contact.phone,
      mobile: contact.mobile, jobTitle: contact.jobTitle,
      site: contact.site.map { "accounts/\(contact.account)/sites/\($0)" } ?? "",
      portalAccess: try contact.access.map { try message($0) },
      accountDisplayName: contact.accountDisplayName, archived: contact.isArchived,
      createTime: .init(contact.created), etag: Etag(version: contact.version).description)
  }

  private mutating func message(_ access: PortalAccess) throws -> Identity.PortalAccess {
    let state = access.passwordState(at: now)
    return .init(
      enabled: access.isEnabled, userName: access.userName, role: "roles/\(access.role)",
      user: "users/\(access.user)", passwordState: .init(state),
      lastSignInTime: access.lastSignIn.map { .init($0) },
      linkExpireTime: state == .set ? nil : access.linkExpires.map { .init($0) },
      roleDisplayName: try roleName(access.role))
  }

  private mutating func roleName(_ id: String) throws -> String {
    if let known = names[id] { return known }
    let name = try roles.find(id)?.displayName ?? id
    names[id] = name
    return name
  }
}

extension Identity.PasswordState {
  fileprivate init(_ state: PortalAccess.PasswordState) {
    self =
      switch state {
      case .none: .unspecified
      case .invited: .invited
      case .set: .set
      case .expired: .expired
      }
  }
}

extension ContactError: StatusConvertible {
  var status: Status {
    switch self {
    case .idTaken:
      Status(.alreadyExists, "a contact has this id already", reason: "CONTACT_ID_TAKEN")
    case .noPortalAccess:
      Status(
        .failedPrecondition, "this contact has no portal access", reason: "NO_PORTAL_ACCESS")
    case .archived:
      Status(.failedPrecondition, "this contact is archived", reason: "CONTACT_ARCHIVED")
    }
  }
}
