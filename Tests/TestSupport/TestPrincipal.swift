import Access
import Values

/// People to call as.
public enum TestPrincipal {
  public static let tenant = TenantID("northwind")

  /// A contact of one account, with what a role grants there.
  public static func customer(
    tenant: TenantID = tenant, account: String = "acme", contact: String = "ada",
    role: BuiltInRole = .externalUser, sites: [String] = [], user: String? = nil,
    displayName: String? = nil
  ) -> Principal {
    Principal(
      tenant: tenant, user: user ?? "users/\(account)-\(contact)",
      displayName: displayName ?? contact.capitalized, kind: .customer,
      memberships: [
        Membership(account: account, contact: contact, sites: sites, grants: role.grants)
      ], session: "sessions/\(account)-\(contact)")
  }

  /// A member of the provider's staff.
  public static func staff(
    _ role: BuiltInRole = .technician, tenant: TenantID = tenant, user: String? = nil,
    displayName: String? = nil
  ) -> Principal {
    Principal(
      tenant: tenant, user: user ?? "users/\(role.id)",
      displayName: displayName ?? role.displayName,
      kind: .staff, grants: role.grants, session: "sessions/\(role.id)")
  }
}

extension Principal {
  /// As somebody who has just proved who they are, unless the test says when that was or it is an API token's.
  func freshlyAuthenticated(at now: Instant) -> Principal {
    guard isStaff || isCustomer, authenticated == nil, tokenScopes == nil else { return self }
    var copy = self
    copy.authenticated = now
    return copy
  }
}
