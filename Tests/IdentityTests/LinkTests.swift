import Crypto
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct LinkTests {
  @Test("D-42, S-009: a link is good for 24 hours exactly, by the server's clock")
  func life() async throws {
    try await Provider.run { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact())
      let token = try await provider.token(mailedTo: "ada@acme.test")
      let links = SessionsClient(provider.anonymous)
      let request = Identity.CheckLinkRequest(tenant: "northwind", token: token)
      provider.stage.clock.advance(by: .hours(24) - .microseconds(1))
      _ = try await links.checkLink(request)
      provider.stage.clock.advance(by: .microseconds(1))
      #expect(try await status { try await links.checkLink(request) }.code == .notFound)
      #expect(try await status { try await provider.redeem(token) }.code == .notFound)
      let shown = try await provider.contacts.getContact(
        .init(name: "accounts/acme/contacts/ada-lovelace"))
      #expect(shown.portalAccess?.passwordState == .expired)
    }
  }

  @Test("X-08: of fifty uses at once exactly one succeeds", arguments: TestStore.engines)
  func fifty(engine: Engine) async throws {
    try await Provider.run(on: engine) { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact(), userName: "ada")
      let token = try await provider.token(mailedTo: "ada@acme.test")
      let outcomes = await withTaskGroup(of: Result<Void, any Error>.self) { group in
        for number in 0..<50 {
          group.addTask {
            do {
              return .success(try await provider.redeem(token, "a quiet harbour \(number)"))
            } catch { return .failure(error) }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let failures = outcomes.compactMap { outcome -> Status? in
        if case .failure(let error) = outcome { return error as? Status }
        return nil
      }
      #expect(failures.count == 49)
      #expect(failures.allSatisfy { $0.code == .notFound })
      #expect(try await provider.auditActions().filter { $0 == "user.password.set" }.count == 1)
    }
  }

  @Test("X-08, D-43: used, replaced, invented, of another tenant: one answer")
  func refusals() async throws {
    try await Provider.run { provider in
      let other = try await provider.another("contoso")
      try await provider.account()
      let contact = try await provider.giveAccess(try await provider.contact())
      let replaced = try await provider.token(mailedTo: contact.email)
      _ = try await provider.contacts.sendLogin(.init(name: contact.name))
      let used = try await provider.token(mailedTo: contact.email)
      #expect(used != replaced)
      #expect(try await status { try await other.redeem(used) }.code == .notFound)
      try await provider.redeem(used)
      let invented = try await status { try await provider.redeem(SecretToken().reveal()) }
      #expect(invented.code == .notFound)
      for token in [used, replaced, "", "x", String(repeating: "A", count: 44)] {
        #expect(try await status { try await provider.redeem(token) } == invented)
      }
    }
  }

  @Test(
    "S-010, S-011, S-015: every rule that a password misses is named by its field; the link stays good"
  )
  func policy() async throws {
    try await Provider.run { provider in
      _ = try await provider.portals.updatePasswordPolicy(
        .init(
          passwordPolicy: .init(
            minLength: 12, requireUpperAndLowerCase: true, requireDigit: true, requireSymbol: true))
      )
      try await provider.account()
      try await provider.giveAccess(try await provider.contact())
      let token = try await provider.token(mailedTo: "ada@acme.test")
      let refused = try await status {
        try await SessionsClient(provider.anonymous).redeemLink(
          .init(
            tenant: "northwind", token: token, newPassword: "password", confirmNewPassword: "other")
        )
      }
      #expect(refused.code == .invalidArgument)
      #expect(refused.violations.filter { $0.field == "new_password" }.count == 5)
      #expect(refused.violations.filter { $0.field == "confirm_new_password" }.count == 1)
      try await provider.redeem(token, "A quiet harbour, 1852")
    }
  }

  @Test("X-08: a reset link is good for ten minutes, ends the sessions and tells the owner")
  func reset() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let session = try await provider.signIn("ada")
      let links = SessionsClient(provider.anonymous)
      func ask(_ login: String) async throws -> Identity.RequestPasswordResetResponse {
        try await links.requestPasswordReset(.init(tenant: "northwind", login: login))
      }
      let count = try await provider.mails().count
      #expect(try await ask("nobody") == (try await ask("ADA@acme.test")))
      try await provider.runResetLetters()
      let mails = try await provider.mails()
      #expect(mails.count == count + 1)
      #expect(mails.last?.template == "identity.reset")
      #expect(mails.last?.textBody.contains("within 10 minutes") == true)
      let late = try await provider.token(mailedTo: "ada@acme.test")
      provider.stage.clock.advance(by: .minutes(10))
      #expect(try await status { try await provider.redeem(late) }.code == .notFound)
      _ = try await ask("ada")
      try await provider.runResetLetters()
      let token = try await provider.token(mailedTo: "ada@acme.test")
      try await provider.redeem(token, "another harbour at dusk")
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      _ = try await provider.signIn("ada", "another harbour at dusk")
      #expect(
        try await provider.mails().contains { $0.template == "identity.password-changed" })
    }
  }

  @Test("Asking again and again mails three links, and the last of them stays good")
  func resetIsNoWeapon() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      for _ in 0..<6 {
        _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
          .init(tenant: "northwind", login: "ada"))
        try await provider.runResetLetters()
      }
      let resets = try await provider.mails().filter { $0.template == "identity.reset" }
      #expect(resets.count == 3)
      try await provider.redeem(try await provider.token(mailedTo: "ada@acme.test"))
    }
  }

  @Test(
    "X-01: a reset that a stranger asks for does not end an invitation; using one ends the other")
  func resetBesideInvitation() async throws {
    try await Provider.run { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact(), userName: "ada")
      let invitation = try await provider.token(mailedTo: "ada@acme.test")
      _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
        .init(tenant: "northwind", login: "ada"))
      try await provider.runResetLetters()
      let reset = try await provider.token(mailedTo: "ada@acme.test")
      #expect(reset != invitation)
      try await provider.redeem(invitation)
      #expect(try await status { try await provider.redeem(reset) }.code == .notFound)
    }
  }

  @Test("X-01: a user name that is another's address does not take over that one's reset mails")
  func nameLikeAddress() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      try await provider.giveAccess(
        try await provider.contact("Eve", "Black"), userName: "ada@acme.test")
      _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
        .init(tenant: "northwind", login: "ada@acme.test"))
      try await provider.runResetLetters()
      let resets = try await provider.mails().filter { $0.template == "identity.reset" }
      #expect(Set(resets.compactMap { $0.to.first?.email }) == ["ada@acme.test", "eve@acme.test"])
    }
  }

  @Test("D-43: the store holds no token, only its hash")
  func hashed() async throws {
    try await Provider.run { provider in
      try await provider.account()
      try await provider.giveAccess(try await provider.contact())
      let text = try await provider.token(mailedTo: "ada@acme.test")
      let token = try #require(SecretToken(text))
      let link = try await provider.parts.store.read(as: provider.tenant) { db in
        try LinkStore(db).link(tokenHash: token.hash)
      }
      #expect(link?.email == "ada@acme.test")
      #expect(token.hash == SHA256.hash(try #require(Base64URL.decode(text))))
    }
  }
}
