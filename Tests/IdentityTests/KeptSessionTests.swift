import Access
import Crypto
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite("R-170 sessions that are kept, stepped up and ended") struct KeptSessionTests {
  private func ada(
    _ body: (Provider, _ signIn: (Bool) async throws -> Identity.CreateSessionResponse) async throws
      -> Void
  ) async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      try await body(provider) { isKept in
        try await provider.sessions.createSession(
          .init(
            tenant: "northwind", userName: "ada", password: Provider.password,
            keepSignedIn: isKept))
      }
    }
  }

  @Test(
    "R-170: a kept session lasts 30 days, looks only after an hour unused, and a step-up lifts that"
  )
  func kept() async throws {
    try await ada { provider, signIn in
      let session = try await signIn(true)
      #expect(session.session?.kind == .kept)
      provider.stage.clock.advance(by: .minutes(61))
      #expect(try await provider.refresh(session.token).session?.readOnly == true)
      // Looking does not bring it back to life.
      #expect(try await provider.refresh(session.token).session?.readOnly == true)
      let renewed = try await stepUp(provider, session.token)
      #expect(try await provider.refresh(renewed.token).session?.readOnly == false)
      for _ in 0..<24 {
        provider.stage.clock.advance(by: .minutes(59))
        _ = try await provider.refresh(renewed.token)
      }
      provider.stage.clock.advance(by: .minutes(25))
      #expect(try await provider.refresh(renewed.token).session?.readOnly == true)
      provider.stage.clock.advance(by: .days(28))
      _ = try await provider.refresh(renewed.token)
      provider.stage.clock.advance(by: .days(1))
      #expect(
        try await status { try await provider.refresh(renewed.token) }.code == .unauthenticated)
    }
  }

  @Test(
    "X-05: a step-up gives the session another secret; the old one is worthless, also for two at once"
  )
  func rotation() async throws {
    try await ada { provider, signIn in
      let session = try await signIn(false)
      provider.stage.clock.advance(by: .minutes(20))
      let wrong = try await status { try await stepUp(provider, session.token, "guess") }
      #expect(wrong.code == .invalidArgument && wrong.violations.map(\.field) == ["password"])
      let renewed = await withTaskGroup(of: Identity.StepUpResponse?.self) { group in
        for _ in 0..<4 {
          group.addTask {
            do { return try await stepUp(provider, session.token) } catch { return nil }
          }
        }
        return await group.reduce(into: [Identity.StepUpResponse]()) { all, answer in
          if let answer { all.append(answer) }
        }
      }
      #expect(renewed.count == 1)
      let answer = try #require(renewed.first)
      #expect(answer.token != session.token && answer.session?.name == session.session?.name)
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
      let fresh = try await provider.refresh(answer.token).session
      #expect(fresh?.authenticateTime == .init(seconds: provider.stage.clock.now.seconds))
      #expect(try await provider.eventTypes().contains("session.rotated"))
    }
  }

  @Test("X-02: step-ups are guesses too; at most ten of fifty at once reach the hasher")
  func throttled() async throws {
    try await ada { provider, signIn in
      let session = try await signIn(false)
      let hasher = try await provider.parts.passwords
      let before = hasher.evaluations
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<50 {
          group.addTask {
            do { _ = try await stepUp(provider, session.token, "guess \(number)") } catch {}
          }
        }
      }
      #expect(hasher.evaluations - before <= 10)
      let refused = try await status { try await stepUp(provider, session.token) }
      #expect(refused.code == .resourceExhausted)
    }
  }

  @Test("X-06: a page that lies open does not keep its session from idling out")
  func background() async throws {
    try await ada { provider, signIn in
      let session = try await signIn(false)
      for _ in 0..<3 {
        provider.stage.clock.advance(by: .minutes(19))
        _ = try await provider.sessions.refreshPrincipal(
          .init(tenant: "northwind", token: session.token, background: true))
      }
      provider.stage.clock.advance(by: .minutes(4))
      #expect(
        try await status { try await provider.refresh(session.token) }.code == .unauthenticated)
    }
  }

  @Test(
    "X-06: one's other sessions end together; an administrator ends all of somebody's, tokens as well"
  )
  func ending() async throws {
    try await ada { provider, signIn in
      let (first, second, mine) = (
        try await signIn(false), try await signIn(true), try await signIn(false)
      )
      let ada = SessionsClient(try await provider.caller(mine))
      #expect(try await ada.endOtherSessions(.init()).endedSessions == 2)
      for gone in [first, second] {
        #expect(
          try await status { try await provider.refresh(gone.token) }.code == .unauthenticated)
      }
      let user = try #require(mine.session?.user)
      let administrator = SessionsClient(provider.asAdministrator)
      let listed = try await administrator.listUserSessions(.init(parent: user)).sessions
      #expect(listed.map(\.name) == [mine.session?.name] && listed.map(\.current) == [false])
      #expect(
        try await status { try await ada.endUserSessions(.init(parent: user)) }.code
          == .permissionDenied)
      #expect(try await administrator.endUserSessions(.init(parent: user)).endedSessions == 1)
      #expect(try await status { try await provider.refresh(mine.token) }.code == .unauthenticated)
      #expect(
        try await status { try await administrator.endUserSessions(.init(parent: "users/nobody")) }
          .code == .notFound)
    }
  }

  @Test(
    "X-01: whoever guesses elsewhere does not keep the owner's known device out, and it is no way around"
  )
  func knownDevice() async throws {
    try await ada { provider, signIn in
      let device = try await signIn(false).deviceToken
      #expect(SecretToken(device) != nil)
      for number in 0..<12 {
        _ = try await status {
          try await provider.signIn("ada", "guess", from: "192.0.2.\(number)")
        }
      }
      #expect(try await status { try await provider.signIn("ada") }.code == .resourceExhausted)
      func from(_ device: String, _ password: String) async throws
        -> Identity.CreateSessionResponse
      {
        try await provider.sessions.createSession(
          .init(
            tenant: "northwind", userName: "ada", password: password, deviceToken: device))
      }
      #expect(try await from(device, Provider.password).deviceToken.isEmpty)
      #expect(
        try await status { try await from(SecretToken().reveal(), Provider.password) }.code
          == .resourceExhausted)
      var codes: [Status.Code] = []
      for _ in 0..<6 { codes.append(try await status { try await from(device, "guess") }.code) }
      #expect(codes.last == .resourceExhausted)
    }
  }

  private func stepUp(
    _ provider: Provider, _ token: String, _ password: String = Provider.password
  ) async throws -> Identity.StepUpResponse {
    try await provider.sessions.stepUp(
      .init(tenant: "northwind", token: token, password: password))
  }
}

extension Instant {
  fileprivate var seconds: Int64 { microseconds / 1_000_000 }
}
