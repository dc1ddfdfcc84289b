import Access
import PorticoAPI
import RPC
import TestSupport
import Values

/// How an object stands to the caller, who is ada of acme or one of the others there.
enum Relation: String, CaseIterable, Sendable {
  case own, sameAccount, otherAccount, otherTenant, neverExisted
}

/// Who calls.
enum Role: String, CaseIterable, Sendable {
  case anonymous, externalUser, externalManager, employee, administrator, nothing, platform, service

  /// Nil for nobody.
  var principal: Principal? {
    switch self {
    case .anonymous: return nil
    case .externalUser: return TestPrincipal.customer(contact: "ada")
    case .externalManager: return TestPrincipal.customer(contact: "ada", role: .externalManager)
    case .employee: return TestPrincipal.staff(.technician, user: "users/u-acmeada")
    case .administrator: return TestPrincipal.staff(.administrator, user: "users/grace-hopper")
    case .nothing:
      var principal = TestPrincipal.customer(contact: "ada")
      principal.memberships[0].grants = []
      return principal
    case .platform: return .service("operator", tenant: World.home)
    case .service: return .service("messaging", tenant: World.home)
    }
  }

  var isService: Bool { self == .platform || self == .service }
}

/// What has to happen, worked out from the rule, the grants of the role and the relation, without the code that decides.
enum Expectation: Sendable, Equatable {
  case unauthenticated
  case denied
  /// Within reach: nothing may say that it is not there or not theirs.
  case within
  /// Beyond reach: not to be told from what never existed.
  case beyond
  /// The service decides; it must not tell other tenants' things from what never existed.
  case open
}

struct Oracle {
  /// What belongs to one contact rather than to the account as a whole.
  private static let personal: Set<String> = ["tickets", "conversations", "contacts"]

  static func expectation(
    of method: RPC.Method, for principal: Principal?, named pattern: String?,
    _ relation: Relation
  ) -> Expectation {
    let access = method.access
    guard let principal else { return access.callers == .anyone ? .open : .unauthenticated }
    if case .service(let name) = principal.kind {
      guard access.callers == .anyone || access.services.contains(name) else { return .denied }
      return place(.tenant, pattern, relation)
    }
    switch access.callers {
    case .anyone, .signedIn: return .open
    case .servicesOnly: return .denied
    case .permission(let permission):
      let grants = principal.grants + principal.memberships.flatMap(\.grants)
      let reaches = grants.filter { $0.permission == permission }.map(\.reach.rawValue)
      guard let reach = reaches.max().flatMap(Reach.init(rawValue:)) else { return .denied }
      return place(principal.isStaff ? reach : min(reach, .account), pattern, relation)
    }
  }

  private static func place(
    _ reach: Reach, _ pattern: String?, _ relation: Relation
  ) -> Expectation {
    guard let pattern else { return .open }
    if relation == .otherTenant || relation == .neverExisted { return .beyond }
    if reach == .tenant { return .within }
    guard pattern.hasPrefix("accounts/") else { return .open }
    switch (reach, relation) {
    case (_, .otherAccount): return .beyond
    case (.account, _): return .within
    default:
      let parts = pattern.split(separator: "/").map(String.init)
      guard parts.count >= 4, personal.contains(parts[2]) else { return .open }
      return relation == .own ? .within : .beyond
    }
  }
}
