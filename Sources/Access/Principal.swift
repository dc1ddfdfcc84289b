import RPC
import Values

/// On whose behalf a call is made, as its signed token says.
public struct Principal: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A contact of one or more accounts.
    case customer
    /// Somebody who works for the provider.
    case staff
    /// One of our own processes (`ticketing`), as itself.
    case service(String)
  }

  public var tenant: TenantID
  /// `users/ada`, or `services/ticketing`.
  public var user: String
  public var displayName: String
  public var kind: Kind
  /// The accounts a customer acts under, each with the grants of the role held there; empty for staff.
  public var memberships: [Membership]
  /// Grants that belong to the person wherever they act: staff's. For a customer they hold in every membership.
  public var grants: [Grant]
  /// `sessions/…`, or empty when there is none: a service, an API token.
  public var session: String
  /// Who really acts, when that is not `user`: a member of staff who views as the customer, or the person a
  /// service acts for. Goes into every audit row beside `user` (D-55).
  public var actor: String?
  /// When the person last proved who they are; nil for a service, and for an API token.
  public var authenticated: Instant?
  /// What an API token is limited to, besides the person's own grants; nil where nothing is.
  public var tokenScopes: Set<Permission>?
  /// Only methods that change nothing may be called: a session that is kept for weeks until its step-up, and whoever
  /// views as somebody else.
  public var isReadOnly: Bool

  public init(
    tenant: TenantID, user: String, displayName: String = "", kind: Kind,
    memberships: [Membership] = [], grants: [Grant] = [], session: String = "",
    actor: String? = nil, authenticated: Instant? = nil, tokenScopes: Set<Permission>? = nil,
    isReadOnly: Bool = false
  ) {
    self.tenant = tenant
    self.user = user
    self.displayName = displayName
    self.kind = kind
    self.memberships = memberships
    self.grants = grants
    self.session = session
    self.actor = actor
    self.authenticated = authenticated
    self.tokenScopes = tokenScopes
    self.isReadOnly = isReadOnly
  }

  /// A service as itself.
  /// - Parameter actor: the user it acts for, if there is one.
  public static func service(
    _ name: String, tenant: TenantID, actor: String? = nil
  ) -> Principal {
    Principal(
      tenant: tenant, user: "services/\(name)", displayName: name, kind: .service(name),
      actor: actor)
  }

  public var isStaff: Bool { kind == .staff }
  public var isCustomer: Bool { kind == .customer }
  var isService: Bool { if case .service = kind { true } else { false } }

  /// Every permission that some grant gives, however far it reaches: for menus, never for decisions.
  public var permissions: Set<Permission> {
    Set((grants + memberships.flatMap(\.grants)).map(\.permission))
  }
}

/// One account under which a customer acts. Ids, not names: `acme`, not `accounts/acme`.
public struct Membership: Sendable, Hashable {
  public var account: String
  /// The person's own contact in that account.
  public var contact: String
  /// The sites that `Reach.site` means.
  public var sites: [String]
  /// What the role held in this account grants.
  public var grants: [Grant]

  public init(account: String, contact: String, sites: [String] = [], grants: [Grant] = []) {
    self.account = account
    self.contact = contact
    self.sites = sites
    self.grants = grants
  }
}

/// One permission, and how far it reaches.
public struct Grant: Sendable, Hashable {
  public var permission: Permission
  public var reach: Reach

  public init(_ permission: Permission, _ reach: Reach) {
    self.permission = permission
    self.reach = reach
  }
}

/// How far a permission reaches; each contains the ones before it.
public enum Reach: Int, Sendable, Hashable, Comparable, CaseIterable {
  /// What belongs to the contact.
  case own = 1
  /// What belongs to the contact's sites.
  case site
  /// What belongs to the account.
  case account
  /// Everything in the tenant: staff.
  case tenant

  public static func < (a: Reach, b: Reach) -> Bool { a.rawValue < b.rawValue }
}
