import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// Security roles over the wire.
struct RoleHandlers: RolesService {
  let parts: IdentityParts

  func explainAccess(
    _ request: Identity.ExplainAccessRequest, _ call: Call
  ) async throws -> Identity.ExplainAccessResponse {
    try await ExplanationHandlers(parts: parts).explain(request, call)
  }

  func listRoles(
    _ request: Identity.ListRolesRequest, _ call: Call
  ) async throws -> Identity.ListRolesResponse {
    let scope = try call.scope
    let page = try request.page(["roles"], in: scope)
    let roles = try await call.read(in: parts.store) { [parts] db in
      try parts.roles(db).roles(page, in: scope)
    }
    return .init(roles: roles.items.map(Identity.Role.init), nextPageToken: roles.nextToken)
  }

  func getRole(_ request: Identity.GetRoleRequest, _ call: Call) async throws -> Identity.Role {
    let name = try ResourceName(request.name, "roles/*")
    let scope = try call.scope
    return try await call.read(in: parts.store) { [parts] db in
      try scope.requireWholeTenant()
      return .init(try parts.roles(db).role(name["roles"]))
    }
  }

  func createRole(
    _ request: Identity.CreateRoleRequest, _ call: Call
  ) async throws -> Identity.Role {
    let scope = try call.scope
    let principal = try call.principal
    let wanted = request.role ?? .init()
    var role = Role(id: "", displayName: "", grants: [])
    role.displayName = wanted.displayName.trimmed
    role.description = wanted.description.trimmed
    role.grants = wanted.grants.map(RoleGrant.init)
    role.isForCustomers = wanted.forCustomers
    role.quickTickets = wanted.quickTickets
    try FieldProblems.check(
      ResourceID.problems(request.roleID, "role_id") + role.problems(known: Role.knownPermissions))
    let draft = role
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      let roles = parts.roles(db)
      try principal.requireOwnGrants(for: draft, RoleError.beyondOwnGrants)
      guard try roles.count() < Role.most else { throw RoleError.tooMany }
      var role = draft
      role.id = try Self.id(request.roleID, for: draft, in: roles)
      let saved = try roles.insert(role, in: scope)
      try db.audit(
        "role.create", on: "roles/\(saved.id)", by: principal.auditActor, after: saved.audited)
      try db.emit(.roleCreated, on: "roles/\(saved.id)")
      return .init(saved)
    }
  }

  func updateRole(
    _ request: Identity.UpdateRoleRequest, _ call: Call
  ) async throws -> Identity.Role {
    let wanted = request.role ?? .init()
    let name = try ResourceName(wanted.name, "roles/*", field: "role.name")
    let mask = try UpdateMask(
      request.updateMask, of: wanted,
      allowing: ["display_name", "description", "grants", "quick_tickets"])
    let scope = try call.scope
    let principal = try call.principal
    return try await call.write(in: parts.store) { [parts] db in
      let roles = parts.roles(db)
      let old = try roles.role(name["roles"])
      guard !old.isBuiltIn else { throw RoleError.builtIn }
      try Etag(version: old.version).require(wanted.etag)
      var role = old
      if mask.contains("display_name") { role.displayName = wanted.displayName.trimmed }
      if mask.contains("description") { role.description = wanted.description.trimmed }
      if mask.contains("grants") { role.grants = wanted.grants.map(RoleGrant.init) }
      if mask.contains("quick_tickets") { role.quickTickets = wanted.quickTickets }
      try FieldProblems.check(role.problems(known: Role.knownPermissions))
      // Neither a role that gives more than the caller has, nor to make one of it.
      try principal.requireOwnGrants(for: old, RoleError.beyondOwnGrants)
      try principal.requireOwnGrants(for: role, RoleError.beyondOwnGrants)
      if old.givesRoles, !role.givesRoles {
        let others = try roles.thatGiveRoles().filter { $0 != role.id }
        guard try UserStore(db).holders(ofAny: others, besides: "") > 0 else {
          throw UserError.lastAdministrator
        }
      }
      let saved = try roles.save(role, in: scope)
      try db.audit(
        "role.update", on: "roles/\(saved.id)", by: principal.auditActor, before: old.audited,
        after: saved.audited)
      try db.emit(.roleUpdated, on: "roles/\(saved.id)")
      return .init(saved)
    }
  }

  func deleteRole(
    _ request: Identity.DeleteRoleRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let name = try ResourceName(request.name, "roles/*")
    let scope = try call.scope
    let principal = try call.principal
    return try await call.write(in: parts.store) { [parts] db in
      let roles = parts.roles(db)
      let role = try roles.role(name["roles"])
      guard !role.isBuiltIn else { throw RoleError.builtIn }
      try Etag(version: role.version).require(request.etag)
      let holders = try roles.holders(of: role.id)
      guard holders == 0 else { throw RoleError.held(by: holders) }
      try roles.delete(role, in: scope)
      try db.audit(
        "role.delete", on: "roles/\(role.id)", by: principal.auditActor, before: role.audited)
      try db.emit(.roleDeleted, on: "roles/\(role.id)")
      return .init()
    }
  }

  private static func id(_ chosen: String, for role: Role, in roles: RoleStore) throws -> String {
    if chosen.isEmpty {
      let base = ResourceID.made(from: role.displayName, fallback: "role")
      return try ResourceID.firstFree(base) { try roles.find($0) != nil }
    }
    guard try roles.find(chosen) == nil else { throw RoleError.idTaken }
    return chosen
  }
}

extension Identity.ListRolesRequest: PagedRequest {}

extension Principal {
  /// Throws `error` when a role gives more than this person has (nobody grants beyond their own).
  func requireOwnGrants(for role: Role, _ error: some StatusConvertible) throws {
    let own = grants.map { RoleGrant($0) }
    guard role.isForCustomers && isStaff || role.isWithin(own) else { throw error }
  }
}

extension Role {
  /// The roles that every tenant has and none can change, as the program defines them.
  static let builtIn = BuiltInRole.all.map { role in
    Role(
      id: role.id, displayName: role.displayName, description: role.description,
      grants: role.grants.map { RoleGrant($0) }, isBuiltIn: true,
      isForCustomers: role.isForCustomers, quickTickets: role.quickTickets)
  }

  static let knownPermissions = Set(
    PorticoAccess.Permission.allCases.filter { $0.rawValue != 0 }.compactMap(\.protoName))

  fileprivate var audited: [String: String] {
    [
      "display_name": displayName,
      "grants": grants.map { "\($0.permission) \($0.reach)" }.joined(separator: ", "),
      "quick_tickets": "\(quickTickets)",
    ]
  }
}

extension RoleGrant {
  init(_ grant: Grant) {
    self.init(permission: grant.permission.rawValue, reach: .init(grant.reach))
  }

  fileprivate init(_ grant: Identity.Grant) {
    // A reach that is left open is the narrowest.
    self.init(
      permission: grant.permission.protoName ?? "",
      reach: RoleReach(rawValue: Int(grant.reach.rawValue)) ?? .own)
  }
}

extension RoleReach {
  init(_ reach: Reach) {
    self =
      switch reach {
      case .own: .own
      case .site: .site
      case .account: .account
      case .tenant: .tenant
      }
  }

  var reach: Reach {
    switch self {
    case .own: .own
    case .site: .site
    case .account: .account
    case .tenant: .tenant
    }
  }
}

extension Identity.Role {
  fileprivate init(_ role: Role) {
    self.init(
      name: "roles/\(role.id)", displayName: role.displayName, description: role.description,
      grants: role.grants.map { grant in
        .init(
          permission: PorticoAccess.Permission(protoName: grant.permission) ?? .init(),
          reach: .init(rawValue: Int32(grant.reach.rawValue)))
      },
      builtIn: role.isBuiltIn, forCustomers: role.isForCustomers, quickTickets: role.quickTickets,
      etag: Etag(version: role.version).description)
  }
}

extension RoleError: StatusConvertible {
  var status: Status {
    switch self {
    case .idTaken: Status(.alreadyExists, "a role has this id already", reason: "ROLE_ID_TAKEN")
    case .builtIn:
      Status(
        .failedPrecondition, "a built-in role cannot be changed; make a copy of it",
        reason: "ROLE_BUILT_IN")
    case .held(let count):
      Status(
        .failedPrecondition, "\(count) still hold this role; give them another first",
        reason: "ROLE_HELD")
    case .tooMany:
      Status(
        .resourceExhausted, "there are \(Role.most) roles already", reason: "TOO_MANY_ROLES")
    case .beyondOwnGrants:
      Status(
        .permissionDenied, "a role cannot give more than your own", reason: "BEYOND_OWN_GRANTS")
    }
  }
}
