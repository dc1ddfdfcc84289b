import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite("S-016 a new address of one's own") struct EmailChangeTests {
  private func run(
    _ body: (Provider, ProfilesClient) async throws -> Void
  ) async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      try await body(
        provider, ProfilesClient(try await provider.caller(try await provider.signIn("ada"))))
    }
  }

  private func confirm(
    _ provider: Provider, _ token: String
  ) async throws -> Identity.ConfirmEmailResponse {
    try await SessionsClient(provider.anonymous).confirmEmail(
      .init(tenant: "northwind", token: token))
  }

  private func link(_ provider: Provider, to email: String) async throws -> String {
    let mail = try #require(
      try await provider.mails().last {
        $0.template == "identity.confirm-email" && $0.to.first?.email == email
      })
    let found = try #require(mail.textBody.firstMatch(of: #/confirm-email\?token=([\w-]+)/#))
    return String(found.1)
  }

  @Test(
    "S-016: password, link, then the address is new, staff see it and the old one is told; once")
  func change() async throws {
    try await run { provider, profiles in
      let answer = try await profiles.changeEmail(
        .init(email: "king@acme.test", password: Provider.password))
      #expect(answer.pendingEmail == "king@acme.test")
      let waiting = try await profiles.getProfile(.init())
      #expect(waiting.email == "ada@acme.test" && waiting.pendingEmail == "king@acme.test")
      let token = try await link(provider, to: "king@acme.test")
      #expect(try await confirm(provider, token).email == "king@acme.test")
      let done = try await profiles.getProfile(.init())
      #expect(done.email == "king@acme.test" && done.pendingEmail.isEmpty)
      let shown = try await provider.contacts.getContact(
        .init(name: "accounts/acme/contacts/ada-lovelace"))
      #expect(shown.email == "king@acme.test")
      let told = try await provider.mails().filter { $0.template == "identity.email-changed" }
      #expect(told.map { $0.to.first?.email } == ["ada@acme.test"])
      #expect(try await status { try await confirm(provider, token) }.code == .notFound)
    }
  }

  @Test(
    "S-016: without the password nothing is mailed; the same address and no address are refused")
  func refused() async throws {
    try await run { provider, profiles in
      for (email, password, field) in [
        ("king@acme.test", "guess", "password"), ("ada@acme.test", Provider.password, "email"),
        ("nowhere", Provider.password, "email"),
      ] {
        let refused = try await status {
          try await profiles.changeEmail(.init(email: email, password: password))
        }
        #expect(refused.violations.map(\.field) == [field], "\(email)")
      }
      #expect(
        try await provider.mails().allSatisfy { $0.template != "identity.confirm-email" })
      let masked = try await status {
        try await profiles.updateProfile(
          .init(profile: .init(email: "king@acme.test"), updateMask: .init(paths: ["email"])))
      }
      #expect(masked.code == .invalidArgument)
    }
  }

  @Test("X-08: the link is no password link, ends after an hour, and gives way to a newer one")
  func links() async throws {
    try await run { provider, profiles in
      func ask(_ email: String) async throws -> String {
        _ = try await profiles.changeEmail(.init(email: email, password: Provider.password))
        return try await link(provider, to: email)
      }
      let first = try await ask("one@acme.test")
      #expect(try await status { try await provider.redeem(first) }.code == .notFound)
      let second = try await ask("two@acme.test")
      #expect(try await status { try await confirm(provider, first) }.code == .notFound)
      provider.stage.clock.advance(by: .hours(1))
      #expect(try await status { try await confirm(provider, second) }.code == .notFound)
    }
  }
}
