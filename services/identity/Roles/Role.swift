import Values

/// How far a permission reaches; each contains the ones before it.
enum RoleReach: Int, Hashable, Sendable, Comparable {
  case own = 1
  case site, account, tenant

  static func < (a: RoleReach, b: RoleReach) -> Bool { a.rawValue < b.rawValue }
}

struct RoleGrant: Hashable, Sendable {
  /// As `portico.access.v1.Permission` spells it: `TICKETS_READ`.
  var permission: String
  var reach: RoleReach
}

/// A named set of grants: data, so that a provider makes its own.
struct Role: Hashable, Sendable {
  var id: String
  var displayName: String
  var description = ""
  var grants: [RoleGrant]
  var isBuiltIn = false
  /// For contacts of accounts rather than staff.
  var isForCustomers = false
  /// Simplified layout of the new-ticket page (S-036).
  var quickTickets = false
  var version: Int64 = 1

  /// How many a tenant may make.
  static let most = 200

  /// What no customer may hold, however narrow the reach: these change or show the provider's side.
  static let staffOnly: Set<String> = [
    "TICKETS_WORK", "TICKET_SETTINGS_WRITE", "BILLING_WRITE", "CONTENT_WRITE", "ACCOUNTS_WRITE",
    "CONTACTS_WRITE", "ROLES_READ", "ROLES_WRITE", "SETTINGS_READ", "SETTINGS_WRITE", "MAIL_READ",
    "AUDIT_READ", "USERS_READ", "ASSETS_WRITE", "OPERATION_READ",
  ]

  /// - Parameter known: every permission there is.
  func problems(known: Set<String>) -> [FieldProblem] {
    var problems =
      TextRules.line(displayName, "role.display_name", limit: 100, required: true)
      + TextRules.line(description, "role.description", limit: 500)
    if grants.count > 100 { problems.append(.init("role.grants", "has more than 100 grants")) }
    for (index, grant) in grants.prefix(100).enumerated() {
      let field = "role.grants[\(index)]"
      if !known.contains(grant.permission) {
        problems.append(.init("\(field).permission", "is unknown"))
      } else if isForCustomers, Self.staffOnly.contains(grant.permission) {
        problems.append(.init("\(field).permission", "is for staff only"))
      }
      if isForCustomers, grant.reach == .tenant {
        problems.append(.init("\(field).reach", "cannot go beyond the account for customers"))
      }
    }
    if Set(grants.map(\.permission)).count < grants.count {
      problems.append(.init("role.grants", "names a permission twice"))
    }
    return problems
  }

  /// Whether somebody holding `own` has all that this role gives: nobody grants more than they have.
  func isWithin(_ own: [RoleGrant]) -> Bool {
    grants.allSatisfy { grant in
      own.contains { $0.permission == grant.permission && $0.reach >= grant.reach }
    }
  }

  /// Whether its holders can give roles: a tenant needs at least one of them.
  var givesRoles: Bool {
    grants.contains { $0.permission == "ROLES_WRITE" && $0.reach == .tenant }
  }
}

enum RoleError: Error, Hashable {
  case idTaken
  case builtIn
  /// Somebody holds it.
  case held(by: Int)
  case tooMany
  /// It gives, or would give, more than the caller has.
  case beyondOwnGrants
}
