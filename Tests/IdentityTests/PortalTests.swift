import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct PortalTests {
  @Test("S-026 S-042, D-47: switched off, the portal lets no customer in, and staff stay")
  func off() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let invited = try await provider.giveAccess(try await provider.contact("Bob", "Byte"))
      let invitation = try await provider.token(mailedTo: invited.email)
      try await provider.redeem(try await provider.token(mailedTo: "grace@northwind.test"))
      let customer = try await provider.signIn("ada")
      let staff = try await provider.signIn("grace")

      var settings = try await provider.portals.getPortalSettings(.init())
      settings.active = false
      let off = settings
      settings = try await provider.portals.updatePortalSettings(.init(portalSettings: off))
      #expect(!settings.active)

      let portal = try await PortalsClient(provider.anonymous).getPortal(.init(tenant: "northwind"))
      #expect(!portal.active)
      #expect(
        try await status { try await provider.refresh(customer.token) }.code == .unauthenticated)
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      #expect(
        try await status {
          try await SessionsClient(provider.anonymous).checkLink(
            .init(tenant: "northwind", token: invitation))
        }.code == .notFound)
      #expect(try await status { try await provider.redeem(invitation) }.code == .notFound)
      _ = try await provider.refresh(staff.token)
      _ = try await provider.signIn("grace")

      settings.active = true
      let on = settings
      _ = try await provider.portals.updatePortalSettings(.init(portalSettings: on))
      // The session ended for good; signing in works again.
      #expect(
        try await status { try await provider.refresh(customer.token) }.code == .unauthenticated)
      _ = try await provider.signIn("ada")
    }
  }

  @Test("R-156: an update with a mask leaves the rest alone: a new name does not close the portal")
  func masked() async throws {
    try await Provider.run { provider in
      let old = try await provider.portals.getPortalSettings(.init())
      #expect(old.active)
      let renamed = try await provider.portals.updatePortalSettings(
        .init(
          portalSettings: .init(portalName: "Northwind Service", etag: old.etag),
          updateMask: .init(paths: ["portal_name"])))
      #expect(renamed.active && renamed.portalName == "Northwind Service")
      let untouched = try await provider.portals.updatePortalSettings(
        .init(portalSettings: .init(etag: renamed.etag), updateMask: .init()))
      #expect(untouched.active && untouched.portalName == "Northwind Service")
      let policy = try await provider.portals.updatePasswordPolicy(
        .init(
          passwordPolicy: .init(requireDigit: true),
          updateMask: .init(paths: ["require_digit"])))
      #expect(policy.requireDigit && policy.minLength == 10)
    }
  }

  @Test(
    "S-045 S-046 S-062 S-068 S-084 name, mail, phone, links are what everybody sees; the etag guards"
  )
  func settings() async throws {
    try await Provider.run { provider in
      let old = try await provider.portals.getPortalSettings(.init())
      #expect(old.portalURL == "https://northwind.portal.test")
      var wanted = old
      wanted.portalName = "Northwind Service"
      wanted.contactEmail = "help@northwind.test"
      wanted.contactPhone = "+49 30 5550"
      wanted.socialLinks = [.init(network: "linkedin", url: "https://linkedin.com/company/nw")]
      let request = wanted
      let saved = try await provider.portals.updatePortalSettings(.init(portalSettings: request))
      #expect(saved.etag != old.etag)
      let portal = try await PortalsClient(provider.anonymous).getPortal(.init(tenant: "northwind"))
      #expect(portal.displayName == "Northwind Service")
      #expect(portal.contactEmail == "help@northwind.test")
      #expect(portal.contactPhone == "+49 30 5550")
      #expect(portal.socialLinks.map(\.network) == ["linkedin"])
      let stale = try await status {
        try await provider.portals.updatePortalSettings(.init(portalSettings: request))
      }
      #expect(stale.code == .aborted)
    }
  }

  @Test("A link that could run a script is refused by its field")
  func badLinks() async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await provider.portals.updatePortalSettings(
          .init(
            portalSettings: .init(
              active: true, contactEmail: "x", brandColor: "red",
              socialLinks: [.init(network: "linkedin", url: "javascript:alert(1)")])))
      }
      #expect(
        refused.violations.map(\.field) == [
          "portal_settings.contact_email", "portal_settings.brand_color",
          "portal_settings.social_links[0].url",
        ])
    }
  }

  @Test(
    "S-011, D-44: no tenant goes below the floor of the password policy", arguments: [7, 0, 65])
  func floor(length: Int32) async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await provider.portals.updatePasswordPolicy(
          .init(passwordPolicy: .init(minLength: length)))
      }
      #expect(refused.violations.map(\.field) == ["password_policy.min_length"])
    }
  }

  @Test("S-011: the policy describes itself; customers read it and cannot change it")
  func policy() async throws {
    try await Provider.run { provider in
      let saved = try await provider.portals.updatePasswordPolicy(
        .init(passwordPolicy: .init(minLength: 14, requireDigit: true)))
      #expect(saved.descriptions.first?.contains("14 characters") == true)
      #expect(saved.descriptions.contains("At least one digit."))
      let customer = PortalsClient(
        provider.stage.caller("identity", as: TestPrincipal.customer(role: .externalManager)))
      #expect(try await customer.getPasswordPolicy(.init()).minLength == 14)
      let refused = try await status {
        try await customer.updatePasswordPolicy(.init(passwordPolicy: .init(minLength: 8)))
      }
      #expect(refused.code == .permissionDenied)
    }
  }

  @Test("There is no portal of that name: NOT_FOUND", arguments: ["contoso", "a", "../x"])
  func absent(tenant: String) async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await PortalsClient(provider.anonymous).getPortal(.init(tenant: tenant))
      }
      #expect(refused.code == .notFound)
    }
  }
}
