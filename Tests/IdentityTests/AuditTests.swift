import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct AuditTests {
  @Test("D-55, F-35: who did what, the latest first, a page at a time, of one resource")
  func lists() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.giveAccess(try await provider.contact(), userName: "ada")
      let log = AuditLogClient(provider.asAdministrator)
      let first = try await log.listAuditEntries(.init(pageSize: 2))
      #expect(
        first.auditEntries.map(\.action) == ["contact.portal_access.update", "contact.create"])
      #expect(first.auditEntries.first?.actor == "users/grace-hopper")
      #expect(first.auditEntries.first?.actorDisplayName == "Grace Hopper")
      #expect(first.auditEntries.first?.after.contains("\"user_name\":\"ada\"") == true)
      let rest = try await log.listAuditEntries(
        .init(pageSize: 2, pageToken: first.nextPageToken))
      #expect(rest.auditEntries.map(\.action) == ["account.create", "tenant.create"])
      #expect(rest.nextPageToken.isEmpty)
      let about = try await log.listAuditEntries(.init(resource: contact.name))
      #expect(about.auditEntries.count == 2)
      let customer = AuditLogClient(
        provider.stage.caller("identity", as: TestPrincipal.customer(role: .externalManager)))
      #expect(
        try await status { try await customer.listAuditEntries(.init()) }.code == .permissionDenied)
    }
  }

  @Test("Nothing secret is audited")
  func noSecrets() async throws {
    try await Provider.run { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact(), userName: "ada")
      let token = try await provider.token(mailedTo: "ada@acme.test")
      try await provider.redeem(token)
      let session = try await provider.signIn("ada")
      let entries = try await AuditLogClient(provider.asAdministrator).listAuditEntries(
        .init(pageSize: 200))
      for entry in entries.auditEntries {
        for secret in [token, session.token, Provider.password, "argon2"] {
          #expect(!entry.before.contains(secret) && !entry.after.contains(secret))
        }
      }
    }
  }
}
