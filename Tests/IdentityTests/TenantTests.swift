import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct TenantTests {
  @Test("S-026, S-008: a new tenant has a portal, a policy and an administrator with a link")
  func creates() async throws {
    try await Provider.run { provider in
      let portal = try await PortalsClient(provider.anonymous).getPortal(.init(tenant: "northwind"))
      #expect(portal.displayName == "Northwind IT")
      #expect(portal.active)
      #expect(portal.timeZone == "Europe/Berlin")
      let mail = try #require(try await provider.mails().first)
      #expect(mail.template == "identity.staff-welcome")
      #expect(mail.to.first?.email == "grace@northwind.test")
      #expect(mail.textBody.contains("https://northwind.portal.test/welcome?token="))
      #expect(mail.textBody.contains("within 24 hours"))
      try await provider.redeem(try await provider.token(mailedTo: "grace@northwind.test"))
      let session = try await provider.signIn("grace")
      #expect(session.profile?.roleDisplayName == "Administrator")
      #expect(session.profile?.permissions.contains("ROLES_WRITE") == true)
      #expect(try await provider.auditActions().first == "tenant.create")
      #expect(try await provider.eventTypes().first == "tenant.created")
    }
  }

  @Test("D-50: the operator's token names the tenant that it makes")
  func tokenOfAnother() async throws {
    try await Provider.run { provider in
      var creation = provider.creation
      creation.tenantID = "contoso"
      creation.requestID = "other"
      let request = creation
      let refused = try await status {
        try await TenantsClient(provider.asOperator).createTenant(request)
      }
      #expect(refused.code == .permissionDenied)
    }
  }

  @Test("A taken id is ALREADY_EXISTS, a repeated request the first answer")
  func taken() async throws {
    try await Provider.run { provider in
      let tenants = TenantsClient(provider.asOperator)
      #expect(try await tenants.createTenant(provider.creation).name == "tenants/northwind")
      #expect(try await provider.mails().count == 1)
      var again = provider.creation
      again.requestID = "again"
      let request = again
      let refused = try await status { try await tenants.createTenant(request) }
      #expect(refused.code == .alreadyExists)
    }
  }

  @Test("Wrong fields are named, all of them")
  func wrongFields() async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await TenantsClient(provider.asOperator).createTenant(
          .init(
            tenantID: "9x", tenant: .init(displayName: "a\r\nBcc: x", timeZone: "Mars/Olympus"),
            administrator: .init(userName: "", email: "nobody")))
      }
      #expect(refused.code == .invalidArgument)
      let fields = Set(refused.violations.map(\.field))
      #expect(
        fields == [
          "tenant_id", "tenant.display_name", "tenant.time_zone", "administrator.user_name",
          "administrator.email",
        ])
    }
  }

  @Test("People and other services cannot make tenants")
  func others() async throws {
    try await Provider.run { provider in
      for caller in [provider.asAdministrator, provider.asGateway] {
        let refused = try await status {
          try await TenantsClient(caller).createTenant(provider.creation)
        }
        #expect(refused.code == .permissionDenied)
      }
      let anonymous = try await status {
        try await TenantsClient(provider.anonymous).createTenant(provider.creation)
      }
      #expect(anonymous.code == .unauthenticated)
    }
  }
}
