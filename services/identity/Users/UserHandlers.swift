import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// Those who can sign in, over the wire. Staff are made and changed here, customers through their contacts.
struct UserHandlers: UsersService {
  let parts: IdentityParts

  func listUsers(
    _ request: Identity.ListUsersRequest, _ call: Call
  ) async throws -> Identity.ListUsersResponse {
    let scope = try call.scope
    let kind: UserKind?
    switch request.kind {
    case .unspecified: kind = nil
    case .customer: kind = .customer
    case .staff: kind = .staff
    case .unrecognized: throw Status.invalid("kind", "is unknown")
    }
    let page = try request.page([kind?.rawValue ?? ""], in: scope)
    let users = try await call.read(in: parts.store) { db in
      try UserStore(db).users(page, kind: kind, in: scope)
    }
    return .init(users: users.items.map(Identity.User.init), nextPageToken: users.nextToken)
  }

  func getUser(_ request: Identity.GetUserRequest, _ call: Call) async throws -> Identity.User {
    let name = try ResourceName(request.name, "users/*")
    let scope = try call.scope
    return try await call.read(in: parts.store) { db in
      .init(try UserStore(db).user(name["users"], in: scope))
    }
  }

  func createUser(
    _ request: Identity.CreateUserRequest, _ call: Call
  ) async throws -> Identity.User {
    let wanted = request.user ?? .init()
    let draft = User(
      id: "", userName: wanted.userName.trimmed, kind: .staff,
      firstName: wanted.firstName.trimmed, lastName: wanted.lastName.trimmed,
      email: wanted.email.trimmed, phone: wanted.phone.trimmed, created: call.now)
    try FieldProblems.check(
      ResourceID.problems(request.userID, "user_id") + draft.problems("user"))
    let scope = try call.scope
    let principal = try call.principal
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      try scope.requireWholeTenant()
      let users = UserStore(db)
      var user = draft
      user.role = try parts.staffRole(wanted.role, givenBy: principal, in: db).id
      try users.requireFree(user.userName, for: "", field: "user.user_name")
      user.id = try Self.id(request.userID, for: draft, in: users)
      user = try users.insert(user)
      try LinkEffects(db: db, parts: parts).mail(.invite, to: user) { $0.staffWelcome(link: $1) }
      try db.audit(
        "user.create", on: user.name, by: principal.auditActor, after: user.audited)
      try db.emit(.userCreated, on: user.name)
      return .init(user)
    }
  }

  func updateUser(
    _ request: Identity.UpdateUserRequest, _ call: Call
  ) async throws -> Identity.User {
    let wanted = request.user ?? .init()
    let name = try ResourceName(wanted.name, "users/*", field: "user.name")
    let mask = try UpdateMask(
      request.updateMask, of: wanted,
      allowing: ["user_name", "first_name", "last_name", "email", "phone", "role", "disabled"])
    let scope = try call.scope
    let principal = try call.principal
    return try await call.write(in: parts.store) { [parts] db in
      try scope.requireWholeTenant()
      let old = try UserStore(db).user(name["users"], in: scope)
      guard old.kind == .staff else { throw UserError.notStaff }
      try Etag(version: old.version).require(wanted.etag)
      // Whoever could change a stronger user's address could become them.
      if let role = try old.role.flatMap({ try parts.roles(db).find($0) }) {
        try principal.requireOwnGrants(for: role, UserError.beyondOwnGrants)
      }
      var user = old
      user.take(wanted) { mask.contains($0) }
      if mask.contains("role") {
        user.role = try parts.staffRole(wanted.role, givenBy: principal, in: db).id
      }
      try FieldProblems.check(user.problems("user"))
      let change = UserChange(db: db, parts: parts, actor: principal.auditActor)
      return .init(try change.save(user, over: old))
    }
  }

  private static func id(_ chosen: String, for user: User, in users: UserStore) throws -> String {
    if chosen.isEmpty {
      let base = ResourceID.made(from: user.displayName, fallback: "user")
      return try ResourceID.firstFree(base, isTaken: users.exists)
    }
    guard try !users.exists(chosen) else { throw UserError.idTaken }
    return chosen
  }
}

extension Identity.ListUsersRequest: PagedRequest {}

extension IdentityParts {
  /// The staff role of that name, which must not give more than the caller has.
  fileprivate func staffRole(
    _ name: String, givenBy principal: Principal, in db: Transaction
  ) throws -> Role {
    guard !name.isEmpty else { throw Status.invalid("user.role", "is required") }
    let id = try ResourceName(name, "roles/*", field: "user.role")["roles"]
    guard let role = try roles(db).find(id), !role.isForCustomers else {
      throw Status.invalid("user.role", "must be a role for staff")
    }
    try principal.requireOwnGrants(for: role, UserError.beyondOwnGrants)
    return role
  }
}

extension User {
  var name: String { "users/\(id)" }

  fileprivate mutating func take(_ message: Identity.User, _ isWanted: (String) -> Bool) {
    if isWanted("user_name") { userName = message.userName.trimmed }
    if isWanted("first_name") { firstName = message.firstName.trimmed }
    if isWanted("last_name") { lastName = message.lastName.trimmed }
    if isWanted("email") { email = message.email.trimmed }
    if isWanted("phone") { phone = message.phone.trimmed }
    if isWanted("disabled") { isDisabled = message.disabled }
  }

  var audited: [String: String] {
    [
      "user_name": userName, "first_name": firstName, "last_name": lastName, "email": email,
      "phone": phone, "mobile": mobile, "role": role.map { "roles/\($0)" } ?? "",
      "disabled": "\(isDisabled)",
    ]
  }
}

extension Identity.User {
  fileprivate init(_ user: User) {
    self.init(
      name: user.name, userName: user.userName, kind: .init(user.kind), firstName: user.firstName,
      lastName: user.lastName, displayName: user.displayName, email: user.email,
      phone: user.phone, role: user.role.map { "roles/\($0)" } ?? "", disabled: user.isDisabled,
      createTime: .init(user.created), etag: Etag(version: user.version).description)
  }
}

extension Identity.UserKind {
  init(_ kind: UserKind) { self = kind == .staff ? .staff : .customer }
}

extension UserError: StatusConvertible {
  var status: Status {
    switch self {
    case .userNameTaken(let field):
      // The field violation lets a page show it where the name was typed.
      Status(
        .alreadyExists, "somebody else has this user name",
        details: [.reason("USER_NAME_TAKEN", domain: errorDomain, metadata: ["field": field])]
          + Status.invalid(field, "is taken by somebody else").details)
    case .idTaken: Status(.alreadyExists, "a user has this id already", reason: "USER_ID_TAKEN")
    case .lastAdministrator:
      Status(
        .failedPrecondition, "nobody would be left who can give roles",
        reason: "LAST_ADMINISTRATOR")
    case .beyondOwnGrants:
      Status(
        .permissionDenied, "this role gives more than your own", reason: "BEYOND_OWN_GRANTS")
    case .notStaff:
      Status(
        .failedPrecondition, "customers are changed through their contacts", reason: "NOT_STAFF")
    }
  }
}
