import Access
import Crypto
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct SignInTests {
  @Test("S-012, X-04: whatever the cause, one hash and one answer")
  func oneAnswer() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      try await provider.giveAccess(try await provider.contact("Bob", "Byte"), userName: "bob")
      _ = try await provider.contacts.updatePortalAccess(
        .init(name: (try await provider.customer("Cy", "Anders")).name, enabled: false))
      let hasher = try await provider.parts.passwords
      var answers: Set<Status> = []
      // Wrong password; nobody; no password yet; access taken away.
      for (name, password) in [
        ("ada", "wrong"), ("nobody", "wrong"), ("bob", Provider.password),
        ("cy", Provider.password),
      ] {
        let before = hasher.evaluations
        answers.insert(try await status { try await provider.signIn(name, password) })
        #expect(hasher.evaluations == before + 1, "\(name)")
      }
      #expect(answers.count == 1)
      #expect(answers.first?.code == .unauthenticated)
      let elsewhere = try await status {
        try await SessionsClient(provider.anonymous).createSession(
          .init(tenant: "contoso", userName: "ada", password: Provider.password))
      }
      #expect(elsewhere == answers.first)
    }
  }

  @Test(
    "V-18: in a storm of logins each is hashed or told to come back, none waits without bound, and others are answered"
  )
  func storm() async throws {
    try await Provider.run { provider in
      let hasher = try await provider.parts.passwords
      let portals = PortalsClient(provider.asGateway)
      var refused = 0
      var round = 0
      // As many as the queue holds may be hashed; how many come while it is full is up to the machine.
      while refused == 0 {
        round += 1
        let before = hasher.evaluations
        let number = round
        let codes = try await withThrowingTaskGroup(of: Status.self) { group in
          for index in 0..<200 {
            group.addTask {
              try await status {
                try await provider.signIn(
                  "storm-\(number)-\(index)", "wrong", from: "198.51.\(number % 250).\(index)")
              }
            }
          }
          let portal = try await portals.getPortal(
            .init(tenant: provider.tenant.rawValue))
          #expect(portal.displayName == "Northwind IT")
          return try await group.reduce(into: [Status]()) { $0.append($1) }
        }
        let hashed = codes.filter { $0.code == .unauthenticated }.count
        let told = codes.filter { $0.code == .unavailable }
        refused = told.count
        #expect(hashed + refused == 200)
        #expect(hasher.evaluations - before == hashed)
        #expect(told.allSatisfy { $0.details.contains { $0.typeName.hasSuffix("RetryInfo") } })
      }
    }
  }

  @Test(
    "X-01: from the fifth failure on a guess waits, twice as long each time; ten in 15 minutes are looked at"
  )
  func backOff() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let hasher = try await provider.parts.passwords
      let before = hasher.evaluations
      for name in ["ada", "nobody"] {
        var codes: [Status.Code] = []
        for _ in 0..<6 {
          codes.append(try await status { try await provider.signIn(name, "wrong") }.code)
        }
        #expect(codes == Array(repeating: .unauthenticated, count: 5) + [.resourceExhausted])
      }
      #expect(hasher.evaluations == before + 10)
      provider.stage.clock.advance(by: .seconds(1))
      #expect(
        try await status { try await provider.signIn("ada", "wrong") }.code == .unauthenticated)
      provider.stage.clock.advance(by: .seconds(1))
      let early = try await status { try await provider.signIn("ada") }
      #expect(early.code == .resourceExhausted)
      for _ in 0..<4 {
        provider.stage.clock.advance(by: .seconds(64))
        _ = try await status { try await provider.signIn("ada", "wrong") }
      }
      provider.stage.clock.advance(by: .minutes(2))
      let unknown = try await status { try await provider.signIn("ada") }
      #expect(unknown.code == .resourceExhausted)
      provider.stage.clock.advance(by: .minutes(15))
      _ = try await provider.signIn("ada")
      _ = try await provider.signIn("ada")
    }
  }

  @Test("X-02: of 200 guesses at once at most ten reach the hasher", arguments: TestStore.engines)
  func parallel(engine: Engine) async throws {
    try await Provider.run(on: engine) { provider in
      try await provider.account()
      _ = try await provider.customer()
      let hasher = try await provider.parts.passwords
      let before = hasher.evaluations
      let codes = await withTaskGroup(of: Status.Code?.self) { group in
        for number in 0..<200 {
          group.addTask {
            do {
              _ = try await provider.signIn("ada", "guess \(number)", from: "192.0.2.\(number)")
              return .ok
            } catch { return (error as? Status)?.code }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(hasher.evaluations - before <= 10)
      #expect(hasher.evaluations > before)
      #expect(codes.filter { $0 == .resourceExhausted }.count >= 190)
      #expect(!codes.contains(.ok))
    }
  }

  @Test("X-01: after a hundred failures in a row only a reset helps, and it does")
  func hardStop() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      try await provider.parts.store.write(as: provider.tenant) { db in
        try db.run(
          """
          INSERT INTO guesses (tenant, subject, recent, in_row, blocked_until, touched_at)
          VALUES (\(db.tenant), \("name/ada"), \(""), \(100), \(Instant?.none), \(db.now))
          """)
      }
      provider.stage.clock.advance(by: .days(2))
      #expect(try await status { try await provider.signIn("ada") }.code == .resourceExhausted)
      _ = try await SessionsClient(provider.anonymous).requestPasswordReset(
        .init(tenant: "northwind", login: "ada"))
      try await provider.runResetLetters()
      try await provider.redeem(
        try await provider.token(mailedTo: "ada@acme.test"), "another harbour at dusk")
      _ = try await provider.signIn("ada", "another harbour at dusk")
    }
  }

  @Test("X-03: one source that tries many names is stopped; another source is not")
  func stuffing() async throws {
    try await Provider.run { provider in
      var codes: [Status.Code] = []
      for number in 0..<63 {
        codes.append(
          try await status {
            try await provider.signIn("user\(number)", "x", from: "2001:db8:1:2::\(number + 1)")
          }
          .code)
      }
      #expect(codes.prefix(60).allSatisfy { $0 == .unauthenticated })
      #expect(codes.suffix(3).allSatisfy { $0 == .resourceExhausted })
      #expect(
        try await status { try await provider.signIn("user0", "x", from: "2001:db8:1:3::1") }.code
          == .unauthenticated)
    }
  }

  @Test("X-03: what counts as one source")
  func sources() {
    #expect(SignIn.network(of: "192.0.2.7") == "192.0.2.7")
    #expect(SignIn.network(of: "::ffff:192.0.2.7") == "192.0.2.7")
    #expect(SignIn.network(of: "2001:db8:1:2::9") == SignIn.network(of: "2001:db8:1:2:3:4:5:6"))
    for neighbour in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
      #expect(SignIn.network(of: neighbour) == nil)
    }
  }

  @Test("X-03: only the gateway is believed what address it saw")
  func believed() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let seen = try await provider.signIn("ada", from: "192.0.2.7")
      #expect(seen.session?.ipAddress == "192.0.2.7")
      let claimed = try await SessionsClient(provider.anonymous).createSession(
        .init(
          tenant: "northwind", userName: "ada", password: Provider.password,
          ipAddress: "192.0.2.8"))
      #expect(claimed.session?.ipAddress != "192.0.2.8")
      let request = Identity.CreateSessionRequest(
        tenant: "northwind", userName: "ada", password: Provider.password, ipAddress: "192.0.2.8")
      let beside = try CallOptions().client(address: "192.0.2.9")
      let told = try await provider.sessions.createSession(request, beside)
      #expect(told.session?.ipAddress == "192.0.2.9")
      let forged = try await SessionsClient(provider.anonymous).createSession(request, beside)
      #expect(!["192.0.2.8", "192.0.2.9"].contains(forged.session?.ipAddress))
    }
  }

  @Test(
    "X-06: a session is a 256-bit secret, kept hashed; it slides for an hour and ends after a day")
  func life() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let session = try await provider.signIn("ada")
      #expect(SecretToken(session.token) != nil)
      for _ in 0..<23 {
        provider.stage.clock.advance(by: .minutes(60) - .microseconds(1))
        _ = try await provider.refresh(session.token)
      }
      provider.stage.clock.advance(by: .minutes(59))
      _ = try await provider.refresh(session.token)
      provider.stage.clock.advance(by: .minutes(2))
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
      let idle = try await provider.signIn("ada")
      provider.stage.clock.advance(by: .hours(1))
      #expect(try await status { try await provider.refresh(idle.token) }.code == .unauthenticated)
    }
  }

  @Test("R-170: staff's sessions lie unused for up to an hour, as customers' do")
  func staffIdle() async throws {
    try await Provider.run { provider in
      try await provider.redeem(try await provider.token(mailedTo: "grace@northwind.test"))
      let session = try await provider.signIn("grace")
      provider.stage.clock.advance(by: .hours(1) - .microseconds(1))
      _ = try await provider.refresh(session.token)
      provider.stage.clock.advance(by: .hours(1))
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
    }
  }

  @Test("A refreshed principal is good for a minute at most, and carries role and account")
  func principal() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.customer(role: "roles/external-manager")
      let session = try await provider.signIn("ada")
      let refreshed = try await provider.refresh(session.token)
      let verifier = provider.stage.keys.verifier(for: "ticketing", clock: provider.stage.clock)
      let principal = try verifier.verify(refreshed.principalToken)
      #expect(principal.tenant == provider.tenant)
      #expect(principal.kind == .customer)
      #expect(principal.user == contact.portalAccess?.user)
      #expect(principal.memberships.map(\.account) == ["acme"])
      #expect(principal.memberships.first?.contact == "ada-lovelace")
      #expect(Set(principal.memberships[0].grants) == Set(BuiltInRole.externalManager.grants))
      #expect(principal.session == session.session?.name)
      #expect(refreshed.session?.current == true)
      provider.stage.clock.advance(by: .minutes(2))
      #expect(throws: TokenError.self) { try verifier.verify(refreshed.principalToken) }
    }
  }

  @Test("D-50: only the gateway refreshes, and only in the tenant of its own token")
  func gatewayOnly() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let session = try await provider.signIn("ada")
      let request = Identity.RefreshPrincipalRequest(tenant: "northwind", token: session.token)
      let other = try await provider.another("contoso")
      #expect(
        try await status { try await SessionsClient(other.asGateway).refreshPrincipal(request) }
          .code
          == .unauthenticated)
      #expect(try await status { try await other.refresh(session.token) }.code == .unauthenticated)
      for caller in [provider.asAdministrator, provider.asOperator] {
        #expect(
          try await status { try await SessionsClient(caller).refreshPrincipal(request) }.code
            == .permissionDenied)
      }
      #expect(
        try await status { try await SessionsClient(provider.anonymous).refreshPrincipal(request) }
          .code == .unauthenticated)
    }
  }

  @Test("S-014, X-06: users see their sessions and end them; nobody else's")
  func sessions() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      _ = try await provider.customer("Bob", "Byte")
      let first = try await provider.signIn("ada")
      provider.stage.clock.advance(by: .seconds(1))
      let second = try await provider.signIn("ada")
      let bob = SessionsClient(try await provider.caller(try await provider.signIn("bob")))
      let ada = SessionsClient(try await provider.caller(second))
      let listed = try await ada.listSessions(.init()).sessions
      #expect(listed.map(\.name) == [second.session?.name, first.session?.name])
      #expect(listed.map(\.current) == [true, false])
      let name = try #require(first.session?.name)
      #expect(try await status { try await bob.endSession(.init(name: name)) }.code == .notFound)
      _ = try await ada.endSession(.init(name: name))
      #expect(try await status { try await provider.refresh(first.token) }.code == .unauthenticated)
      _ = try await provider.sessions.deleteSession(
        .init(tenant: "northwind", token: second.token))
      #expect(
        try await status { try await provider.refresh(second.token) }.code == .unauthenticated)
      _ = try await provider.sessions.deleteSession(
        .init(tenant: "northwind", token: second.token))
    }
  }
}
