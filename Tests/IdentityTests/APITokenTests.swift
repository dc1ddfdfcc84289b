import Access
import Crypto
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@testable import IdentityService

@Suite("F-34 API tokens") struct APITokenTests {
  private struct Owner {
    let provider: Provider
    let session: Identity.CreateSessionResponse
    let tokens: ApiTokensClient

    func create(
      _ scopes: [PorticoAccess.Permission] = [.ticketsRead],
      expires: GoogleProtobuf.Timestamp? = nil, name: String = "Monitoring"
    ) async throws -> Identity.CreateApiTokenResponse {
      try await tokens.createApiToken(
        .init(apiToken: .init(displayName: name, scopes: scopes, expireTime: expires)))
    }

    func principal(_ secret: String) async throws -> Principal {
      let answer = try await provider.sessions.refreshPrincipal(
        .init(tenant: "northwind", apiToken: secret))
      return try provider.stage.keys.verifier(for: "ticketing", clock: provider.stage.clock)
        .verify(answer.principalToken)
    }
  }

  private func run(_ body: (Owner) async throws -> Void) async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer(role: "roles/external-manager")
      let session = try await provider.signIn("ada")
      try await body(
        Owner(
          provider: provider, session: session,
          tokens: ApiTokensClient(try await provider.caller(session))))
    }
  }

  @Test("F-34: a token has its scopes of its owner's permissions, and is listed without its secret")
  func scopes() async throws {
    try await run { owner in
      let created = try await owner.create([.ticketsRead, .invoicesRead])
      #expect(created.secret.hasPrefix("ptk_") && created.secret.utf8.count == 53)
      let principal = try await owner.principal(created.secret)
      #expect(principal.user == owner.session.session?.user)
      #expect(principal.permissions.map(\.rawValue).sorted() == ["INVOICES_READ", "TICKETS_READ"])
      #expect(principal.session == created.apiToken?.name)
      let listed = try await owner.tokens.listApiTokens(.init()).apiTokens
      #expect(listed.map(\.displayName) == ["Monitoring"])
      #expect(listed.first?.lastUsedTime != nil)
      #expect(listed.first?.hint == String(created.secret.suffix(4)))
      let stored = try await owner.provider.parts.store.read(as: owner.provider.tenant) { db in
        try db.all("SELECT token_hash FROM api_tokens WHERE tenant = \(db.tenant)")
          .map { try $0["token_hash"] as [UInt8] }
      }
      #expect(stored == [APITokenSecret(created.secret)?.hash])
    }
  }

  @Test("ASVS 8.3.2 looking whether a token is still good is no use of it")
  func background() async throws {
    try await run { owner in
      let created = try await owner.create([.ticketsRead])
      func refresh(background: Bool) async throws -> GoogleProtobuf.Timestamp? {
        _ = try await owner.provider.sessions.refreshPrincipal(
          .init(tenant: "northwind", apiToken: created.secret, background: background))
        return try await owner.tokens.listApiTokens(.init()).apiTokens.first?.lastUsedTime
      }
      #expect(try await refresh(background: true) == nil)
      #expect(try await refresh(background: false) != nil)
    }
  }

  @Test("F-34: nobody gives a token more than they have; what is wrong is named")
  func refused() async throws {
    try await run { owner in
      let beyond = try await status { try await owner.create([.ticketsRead, .rolesWrite]) }
      #expect(beyond.violations.map(\.field) == ["api_token.scopes[1]"])
      let none = try await status { try await owner.create([], name: " ") }
      #expect(none.violations.map(\.field) == ["api_token.display_name", "api_token.scopes"])
      let now = owner.provider.stage.clock.now.microseconds / 1_000_000
      for seconds in [now - 1, now + 367 * 86400] {
        let refused = try await status { try await owner.create(expires: .init(seconds: seconds)) }
        #expect(refused.violations.map(\.field) == ["api_token.expire_time"])
      }
    }
  }

  @Test(
    "F-34: revoked at once, run out, mistyped or another tenant's: one refusal; nobody else revokes it"
  )
  func ending() async throws {
    try await run { owner in
      let (kept, revoked) = (try await owner.create(), try await owner.create())
      _ = try await owner.provider.customer("Bob", "Byte")
      let bob = ApiTokensClient(
        try await owner.provider.caller(try await owner.provider.signIn("bob")))
      let name = try #require(revoked.apiToken?.name)
      #expect(
        try await status { try await bob.deleteApiToken(.init(name: name)) }.code == .notFound)
      #expect(try await bob.listApiTokens(.init()).apiTokens.isEmpty)
      _ = try await owner.tokens.deleteApiToken(.init(name: name))
      var refusals: Set<Status> = []
      for secret in [revoked.secret, String(kept.secret.dropLast()) + "!", "ptk_", "", "x"] {
        refusals.insert(try await status { try await owner.principal(secret) })
      }
      let other = try await owner.provider.another("contoso")
      refusals.insert(
        try await status {
          try await other.sessions.refreshPrincipal(.init(tenant: "contoso", apiToken: kept.secret))
        })
      _ = try await owner.principal(kept.secret)
      owner.provider.stage.clock.advance(by: .days(90))
      refusals.insert(try await status { try await owner.principal(kept.secret) })
      #expect(refusals.count == 1 && refusals.first?.code == .unauthenticated)
      #expect(try await owner.provider.eventTypes().contains("api_token.deleted"))
    }
  }

  @Test("F-34: a token looks after no sessions, tokens and passwords")
  func notInteractive() async throws {
    try await run { owner in
      let secret = try await owner.create([.ticketsRead, .profileWrite]).secret
      let answer = try await owner.provider.sessions.refreshPrincipal(
        .init(tenant: "northwind", apiToken: secret))
      let caller = InterceptedCaller(
        owner.provider.anonymous, [Bearing(token: answer.principalToken)])
      let attempts: [() async throws -> Void] = [
        { _ = try await ApiTokensClient(caller).listApiTokens(.init()) },
        {
          _ = try await ApiTokensClient(caller).createApiToken(
            .init(apiToken: .init(displayName: "Child", scopes: [.ticketsRead])))
        },
        { _ = try await SessionsClient(caller).listSessions(.init()) },
        { _ = try await SessionsClient(caller).endOtherSessions(.init()) },
        {
          _ = try await ProfilesClient(caller).changePassword(
            .init(oldPassword: Provider.password, newPassword: "x", confirmNewPassword: "x"))
        },
        {
          _ = try await ProfilesClient(caller).changeEmail(
            .init(email: "a@b.test", password: Provider.password))
        },
      ]
      for attempt in attempts {
        #expect(try await status { try await attempt() }.code == .permissionDenied)
      }
      _ = try await ProfilesClient(caller).getProfile(.init())
    }
  }

  @Test("D-47: tokens die with access, a new role and a reset; a changed password leaves them")
  func revocation() async throws {
    try await run { owner in
      let provider = owner.provider
      let secret = try await owner.create().secret
      _ = try await ProfilesClient(try await provider.caller(owner.session)).changePassword(
        .init(
          oldPassword: Provider.password, newPassword: "a quiet harbour at noon",
          confirmNewPassword: "a quiet harbour at noon"))
      _ = try await owner.principal(secret)
      _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
        .init(tenant: "northwind", login: "ada"))
      try await provider.runResetLetters()
      try await provider.redeem(
        try await provider.token(mailedTo: "ada@acme.test"), "another harbour at dusk")
      #expect(try await status { try await owner.principal(secret) }.code == .unauthenticated)
    }
  }
}
