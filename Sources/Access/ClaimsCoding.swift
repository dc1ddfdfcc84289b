import Foundation
import RPC
import Values

extension Claims {
  func encoded() throws(TokenError) -> [UInt8] {
    do { return Array(try JSONEncoder().encode(Form(self))) } catch { throw .malformed("\(error)") }
  }

  init(encoded bytes: [UInt8]) throws(TokenError) {
    do { self = try JSONDecoder().decode(Form.self, from: Data(bytes)).claims() } catch {
      throw .malformed("\(error)")
    }
  }
}

private struct Form: Codable {
  struct GrantForm: Codable {
    let permission: String
    let reach: Int
  }
  struct MembershipForm: Codable {
    let account, contact: String
    let sites: [String]
    let grants: [GrantForm]
  }
  let issuer, audience, tenant, user, displayName, kind, service, session: String
  let issued, expires: Int64
  let memberships: [MembershipForm]
  let grants: [GrantForm]
  let actor: String?

  init(_ claims: Claims) {
    let form = { (grant: Grant) in
      GrantForm(permission: grant.permission.rawValue, reach: grant.reach.rawValue)
    }
    let principal = claims.principal
    issuer = claims.issuer
    audience = claims.audience
    tenant = principal.tenant.rawValue
    user = principal.user
    displayName = principal.displayName
    (kind, service) =
      switch principal.kind {
      case .customer: ("customer", "")
      case .staff: ("staff", "")
      case .service(let name): ("service", name)
      }
    session = principal.session
    issued = claims.issued.microseconds
    expires = claims.expires.microseconds
    memberships = principal.memberships.map {
      MembershipForm(
        account: $0.account, contact: $0.contact, sites: $0.sites, grants: $0.grants.map(form))
    }
    grants = principal.grants.map(form)
    actor = principal.actor
  }

  func claims() throws(TokenError) -> Claims {
    let kind: Principal.Kind
    switch self.kind {
    case "customer": kind = .customer
    case "staff": kind = .staff
    case "service": kind = .service(service)
    default: throw .malformed("kind")
    }
    let principal = Principal(
      tenant: TenantID(tenant), user: user, displayName: displayName, kind: kind,
      memberships: try memberships.map { form throws(TokenError) in
        Membership(
          account: form.account, contact: form.contact, sites: form.sites,
          grants: try form.grants.map(Self.grant))
      }, grants: try grants.map(Self.grant), session: session, actor: actor)
    return Claims(
      principal: principal, issuer: issuer, audience: audience,
      issued: Instant(microseconds: issued), expires: Instant(microseconds: expires))
  }

  static func grant(_ form: GrantForm) throws(TokenError) -> Grant {
    guard let reach = Reach(rawValue: form.reach) else { throw .malformed("reach") }
    return Grant(Permission(form.permission), reach)
  }
}
