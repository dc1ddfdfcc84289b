import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct PortalAccessTests {
  @Test(
    "S-001 S-002 S-003 S-004 S-005 S-008 S-010 S-012 S-230: access, welcome mail, own password, login",
    arguments: TestStore.engines)
  func wholeWay(engine: Engine) async throws {
    try await Provider.run(on: engine) { provider in
      try await provider.account()
      let contact = try await provider.contact()
      #expect(contact.portalAccess == nil)
      let given = try await provider.contacts.updatePortalAccess(
        .init(
          name: contact.name, enabled: true, userName: "Ada", role: "roles/external-manager",
          etag: contact.etag, requestID: "give"))
      let access = try #require(given.portalAccess)
      #expect(access.enabled)
      #expect(access.userName == "Ada")
      #expect(access.role == "roles/external-manager")
      #expect(access.roleDisplayName == "External Manager")
      #expect(access.passwordState == .invited)
      #expect(given.etag != contact.etag)
      let mail = try #require(try await provider.mails().last)
      #expect(mail.template == "identity.welcome")
      #expect(mail.to.first?.email == contact.email)
      #expect(mail.fromDisplayName == "Northwind IT")
      #expect(mail.textBody.contains("Ada"))
      #expect(mail.htmlBody.contains("https://northwind.portal.test/welcome?token="))
      let token = try await provider.token(mailedTo: contact.email)
      let link = try await SessionsClient(provider.anonymous).checkLink(
        .init(tenant: "northwind", token: token))
      #expect(link.purpose == .invite)
      #expect(link.userName == "Ada")
      #expect(link.expireTime == access.linkExpireTime)
      try await provider.redeem(token)
      let session = try await provider.signIn("aDA")
      #expect(session.profile?.memberships.first?.contact == contact.name)
      let shown = try await provider.contacts.getContact(.init(name: contact.name))
      #expect(shown.portalAccess?.passwordState == .set)
      #expect(shown.portalAccess?.lastSignInTime != nil)
      #expect(try await provider.auditActions().contains("contact.portal_access.update"))
      #expect(try await provider.eventTypes().contains("contact.portal_access_changed"))
    }
  }

  @Test("S-013, S-244: without a user name it is the e-mail address")
  func defaultName() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let given = try await provider.giveAccess(try await provider.contact())
      #expect(given.portalAccess?.userName == "ada@acme.test")
    }
  }

  @Test("S-006: a stale form saves nothing")
  func stale() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.contact()
      _ = try await provider.contacts.updateContact(
        .init(contact: .init(name: contact.name, phone: "1")))
      let refused = try await status {
        try await provider.contacts.updatePortalAccess(
          .init(
            name: contact.name, enabled: true, role: "roles/external-user", etag: contact.etag))
      }
      #expect(refused.code == .aborted)
      #expect(
        try await provider.contacts.getContact(.init(name: contact.name)).portalAccess == nil)
      #expect(try await provider.mails().count == 1)
    }
  }

  @Test("D-46: a user name is taken in whatever case, and no suffix is invented")
  func clash() async throws {
    try await Provider.run { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact(), userName: "straße")
      let bob = try await provider.contact("Bob", "Byte")
      let refused = try await status {
        try await provider.giveAccess(bob, userName: "STRASSE")
      }
      #expect(refused.code == .alreadyExists)
      #expect(refused.violations.map(\.field) == ["user_name"])
      let staff = try await status { try await provider.giveAccess(bob, userName: "Grace") }
      #expect(staff.code == .alreadyExists)
    }
  }

  @Test(
    "S-005: only a role for customers can be given",
    arguments: ["", "roles/technician", "roles/none", "x"])
  func badRole(role: String) async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.contact()
      let refused = try await status { try await provider.giveAccess(contact, role: role) }
      #expect(refused.code == .invalidArgument)
      #expect(refused.violations.map(\.field) == ["role"])
    }
  }

  @Test("F-02: one person has one login for several accounts; another person's name is a clash")
  func severalAccounts() async throws {
    try await Provider.run { provider in
      try await provider.account("acme")
      try await provider.account("birch", name: "Birch")
      _ = try await provider.customer()
      let there = try await provider.contact("Ada", "L", email: "ADA@acme.test", account: "birch")
      let given = try await provider.giveAccess(
        there, userName: "ada", role: "roles/external-manager")
      #expect(given.portalAccess?.passwordState == .set)
      #expect(try await provider.mails().last?.template == "identity.another-account")
      let session = try await provider.signIn("ada")
      let memberships = try #require(session.profile?.memberships)
      #expect(memberships.map(\.account) == ["accounts/acme", "accounts/birch"])
      #expect(
        memberships.map(\.role) == ["roles/external-user", "roles/external-manager"])
      // Taking one away leaves the other; the sessions end all the same.
      _ = try await provider.contacts.updatePortalAccess(.init(name: there.name, enabled: false))
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
      #expect(
        try await provider.signIn("ada").profile?.memberships.map(\.account) == ["accounts/acme"])
      let stranger = try await provider.contact("Eve", "X", account: "birch")
      let refused = try await status { try await provider.giveAccess(stranger, userName: "ada") }
      #expect(refused.code == .alreadyExists)
    }
  }

  @Test("X-05, X-06, D-47, F-46: taking access away and changing a role end the sessions at once")
  func endsSessions() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.customer()
      let first = try await provider.signIn("ada")
      _ = try await provider.refresh(first.token)
      try await provider.giveAccess(contact, userName: "ada", role: "roles/external-manager")
      #expect(try await status { try await provider.refresh(first.token) }.code == .unauthenticated)
      let second = try await provider.signIn("ada")
      _ = try await provider.contacts.updatePortalAccess(.init(name: contact.name, enabled: false))
      #expect(
        try await status { try await provider.refresh(second.token) }.code == .unauthenticated)
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      let off = try await provider.contacts.getContact(.init(name: contact.name))
      #expect(off.portalAccess?.enabled == false)
      // Given again, it starts with a new link: the old password is void.
      try await provider.giveAccess(contact, userName: "ada")
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      try await provider.redeem(try await provider.token(mailedTo: contact.email))
      _ = try await provider.signIn("ada")
    }
  }

  @Test("S-243: access without a welcome mail sends nothing; a reset lets the contact in")
  func withoutMail() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.contact()
      let given = try await provider.contacts.updatePortalAccess(
        .init(
          name: contact.name, enabled: true, role: "roles/external-user", withoutWelcomeMail: true))
      #expect(given.portalAccess?.passwordState == .unspecified)
      #expect(try await provider.mails().count == 1)
      _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
        .init(tenant: "northwind", login: contact.email))
      try await provider.runResetLetters()
      try await provider.redeem(try await provider.token(mailedTo: contact.email))
      _ = try await provider.signIn(contact.email)
    }
  }

  @Test("S-232 S-233 S-234, D-45, F-46: Send Login voids password and sessions and mails a link")
  func sendLogin() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let bob = try await provider.contact("Bob", "Byte")
      let none = try await status { try await provider.contacts.sendLogin(.init(name: bob.name)) }
      #expect(none.code == .failedPrecondition)
      let ada = try await provider.customer()
      let session = try await provider.signIn("ada")
      let sent = try await provider.contacts.sendLogin(.init(name: ada.name, requestID: "s"))
      #expect(sent.portalAccess?.passwordState == .invited)
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      let mail = try #require(try await provider.mails().last)
      #expect(mail.template == "identity.login")
      #expect(mail.textBody.contains("user name is ada"))
      #expect(mail.textBody.contains("https://northwind.portal.test"))
      let count = try await provider.mails().count
      _ = try await provider.contacts.sendLogin(.init(name: ada.name, requestID: "s"))
      #expect(try await provider.mails().count == count)
      try await provider.redeem(try await provider.token(mailedTo: ada.email))
      _ = try await provider.signIn("ada")
    }
  }

  @Test(
    "X-08: a link dies when the address it was mailed to changes; the login follows the contact")
  func mailChanged() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.giveAccess(try await provider.contact())
      let token = try await provider.token(mailedTo: contact.email)
      _ = try await provider.contacts.updateContact(
        .init(contact: .init(name: contact.name, email: "countess@acme.test")))
      #expect(try await status { try await provider.redeem(token) }.code == .notFound)
      _ = try await provider.contacts.sendLogin(.init(name: contact.name))
      try await provider.redeem(try await provider.token(mailedTo: "countess@acme.test"))
    }
  }
}
