import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// The providers on this installation. Called by the operator, whose token names the tenant to be made.
struct TenantHandlers: TenantsService {
  let parts: IdentityParts

  func createTenant(
    _ request: Identity.CreateTenantRequest, _ call: Call
  ) async throws -> Identity.Tenant {
    let wanted = request.tenant ?? .init()
    let tenant = Tenant(
      id: TenantID(request.tenantID), displayName: wanted.displayName.trimmed,
      timeZone: wanted.timeZone.isEmpty ? "UTC" : wanted.timeZone,
      currency: wanted.currency.isEmpty ? "EUR" : wanted.currency, created: call.now)
    let person = request.administrator ?? .init()
    let administrator = User(
      id: "", userName: person.userName.trimmed, kind: .staff, firstName: person.firstName.trimmed,
      lastName: person.lastName.trimmed, email: person.email.trimmed,
      role: BuiltInRole.administrator.id, created: call.now)
    try FieldProblems.check(
      Tenant.idProblems(request.tenantID) + tenant.problems
        + administrator.problems("administrator"))
    guard try call.principal.tenant == tenant.id else { throw TenantError.tokenForAnother }
    let actor = try call.auditActor
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      [parts] db in
      try TenantStore(db).insert(tenant)
      try PortalStore(db).insert(PortalSettings(contactEmail: administrator.email))
      try PortalStore(db).insert(PasswordPolicy())
      var first = administrator
      first.id = ResourceID.made(from: first.displayName, fallback: "administrator")
      first = try UserStore(db).insert(first)
      try LinkEffects(db: db, parts: parts).mail(.invite, to: first) { $0.staffWelcome(link: $1) }
      let name = "tenants/\(tenant.id)"
      try db.audit(
        "tenant.create", on: name, by: actor,
        after: ["display_name": tenant.displayName, "administrator": "users/\(first.id)"])
      try db.emit(.tenantCreated, on: name)
      return .init(tenant)
    }
  }
}

extension Identity.Tenant {
  fileprivate init(_ tenant: Tenant) {
    self.init(
      name: "tenants/\(tenant.id)", displayName: tenant.displayName,
      createTime: .init(tenant.created), timeZone: tenant.timeZone, currency: tenant.currency)
  }
}

extension TenantError: StatusConvertible {
  var status: Status {
    switch self {
    case .idTaken:
      Status(.alreadyExists, "there is a portal of this name already", reason: "TENANT_ID_TAKEN")
    case .tokenForAnother:
      Status(
        .permissionDenied, "the operator's token names another tenant",
        reason: "TOKEN_FOR_ANOTHER_TENANT")
    }
  }
}
