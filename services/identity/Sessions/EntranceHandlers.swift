import Access
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// A user who may come in now, with what they may do.
struct Entrant: Sendable {
  var user: User
  /// Staff's.
  var role: Role?
  /// A customer's: where access is on, with the role held there.
  var memberships: [(membership: AccountMembership, role: Role)]
}

/// Who may come in: looked up at sign-in, at each refresh of a principal and before a link is honoured.
struct Entrance {
  let db: Transaction
  let parts: IdentityParts

  /// Nil for whoever is disabled or without a role, and for customers without live access or while the portal is
  /// off (S-026, D-47, D-48).
  func entrant(_ user: User) throws -> Entrant? {
    guard !user.isDisabled else { return nil }
    let roles = parts.roles(db)
    switch user.kind {
    case .staff:
      guard let role = try user.role.flatMap({ try roles.find($0) }), !role.isForCustomers else {
        return nil
      }
      return Entrant(user: user, role: role, memberships: [])
    case .customer:
      guard try PortalStore(db).settings().isActive else { return nil }
      let held = try MembershipStore(db).live(of: user.id).compactMap { membership in
        try roles.find(membership.role).map { (membership: membership, role: $0) }
      }
      return held.isEmpty ? nil : Entrant(user: user, role: nil, memberships: held)
    }
  }
}

extension Principal {
  init(_ entrant: Entrant, session: Session, tenant: TenantID, isReadOnly: Bool) {
    self.init(entrant, tenant: tenant, session: session.name)
    authenticated = session.authenticated
    self.isReadOnly = isReadOnly
  }

  /// With no more of its owner's permissions than the token's scopes, whoever decides about them later.
  init(_ entrant: Entrant, token: APIToken, tenant: TenantID) {
    self.init(entrant, tenant: tenant, session: token.name) {
      token.scopes.contains($0.permission.rawValue)
    }
    tokenScopes = Set(token.scopes.map { Permission($0) })
  }

  /// - Parameter session: empty for somebody who is only asked about.
  init(
    _ entrant: Entrant, tenant: TenantID, session: String = "",
    keeping isKept: (Grant) -> Bool = { _ in true }
  ) {
    self.init(
      tenant: tenant, user: entrant.user.name, displayName: entrant.user.displayName,
      kind: entrant.user.kind == .staff ? .staff : .customer,
      memberships: entrant.memberships.map { held in
        Membership(
          account: held.membership.account, contact: held.membership.contact,
          sites: held.membership.site.map { [$0] } ?? [],
          grants: held.role.accessGrants.filter(isKept))
      },
      grants: (entrant.role?.accessGrants ?? []).filter(isKept), session: session)
  }
}

extension Role {
  fileprivate var accessGrants: [Grant] {
    grants.map { Grant(Permission($0.permission), $0.reach.reach) }
  }
}

extension Session {
  var name: String { "sessions/\(id)" }
}

extension Identity.Session {
  init(_ session: Session, current: String, at now: Instant, _ limits: SessionLimits) {
    self.init(
      name: session.name, user: "users/\(session.user)", createTime: .init(session.created),
      lastUsedTime: .init(session.lastUsed), expireTime: .init(session.expires),
      userAgent: session.userAgent, ipAddress: session.address, current: session.name == current,
      idleExpireTime: .init(session.kind == .kept ? session.expires : session.activeUntil),
      authenticateTime: .init(session.authenticated),
      kind: session.kind == .kept ? .kept : .visit,
      readOnly: session.isReadOnly(at: now, limits),
      stepUpExpireTime: .init(session.authenticated + Decision.stepUpLasts))
  }
}

extension Identity.Profile {
  init(_ entrant: Entrant) {
    let user = entrant.user
    let roles = entrant.role.map { [$0] } ?? entrant.memberships.map(\.role)
    self.init(
      name: "profile", user: user.name, kind: .init(user.kind), userName: user.userName,
      firstName: user.firstName, lastName: user.lastName, displayName: user.displayName,
      email: user.email, phone: user.phone, mobile: user.mobile,
      memberships: entrant.memberships.map { held in
        let account = held.membership.account
        return .init(
          account: "accounts/\(account)", accountDisplayName: held.membership.accountDisplayName,
          contact: "accounts/\(account)/contacts/\(held.membership.contact)",
          role: "roles/\(held.role.id)", roleDisplayName: held.role.displayName)
      },
      roleDisplayName: entrant.role?.displayName ?? "", landingPage: user.landingPage,
      timeZone: user.timeZone, etag: Etag(version: user.version).description,
      permissions: Set(roles.flatMap(\.grants).map(\.permission)).sorted(),
      quickTickets: user.kind == .customer && roles.allSatisfy(\.quickTickets))
  }
}
