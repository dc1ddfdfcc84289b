import Access
import Crypto
import NIOHTTP1
import RPC
import TestSupport
import Testing
import Values

@testable import Gateway

@Suite("F-34 R-170 who asks at the door", .timeLimit(.minutes(2)))
struct CredentialTests {
  private let secret = APITokenSecret()
  private var bearer: [String: String] { ["Authorization": "Bearer \(secret.reveal())"] }

  private func run(_ body: (EdgeStage) async throws -> Void) async throws {
    try await EdgeStage.run { stage in
      stage.identity.open(apiToken: secret.reveal())
      try await body(stage)
    }
  }

  @Test(
    "F-34 a token calls the API without cookie and without CSRF token, from any site; no cookie is set"
  )
  func token() async throws {
    try await run { stage in
      let listed = try await stage.send("GET", "/v1/sessions", bearer)
      #expect(listed.status == 200 && listed["set-cookie"] == nil)
      #expect(try await stage.send("DELETE", "/v1/sessions/1", bearer).status == 200)
      let called = try await stage.send(
        "POST", "/portico.identity.v1.Sessions/ListSessions",
        bearer.merging(["Content-Type": "application/json"]) { $1 }, body: "{}")
      #expect(called.status == 200)
    }
  }

  @Test("F-34 what is no good token is one 401 with one challenge, whatever is wrong with it")
  func refused() async throws {
    try await run { stage in
      let other = APITokenSecret().reveal()
      let session = SecretToken().reveal()
      var answers: Set<String> = []
      for value in [
        "Bearer \(other)", "Bearer \(secret.reveal())x", "Bearer ptk_", "Bearer",
        "Bearer \(session)",
        "Basic YTpi", "bearer  x", "\(secret.reveal())",
      ] {
        let answer = try await stage.send("GET", "/v1/sessions", ["Authorization": value])
        #expect(answer.status == 401, "\(value.prefix(9))")
        #expect(
          answer["www-authenticate"] == "Bearer realm=\"portico\", error=\"invalid_token\"")
        #expect(!answer.body.contains("ptk_"))
        answers.insert(answer.body.replacing(try #require(answer["x-request-id"]), with: ""))
      }
      #expect(answers.count == 1)
      let bare = try await stage.send("GET", "/v1/sessions")
      #expect(bare.status == 401 && bare["www-authenticate"] == "Bearer realm=\"portico\"")
    }
  }

  @Test("F-34 cookie and token together are refused; two tokens too; a page knows no token")
  func ambiguous() async throws {
    try await run { stage in
      let session = stage.identity.open()
      let both = bearer.merging(["Cookie": "portico=\(session)"]) { $1 }
      #expect(try await stage.send("GET", "/v1/sessions", both).status == 400)
      let twice = try await stage.raw(
        "GET /v1/sessions HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nConnection: close\r\n"
          + "Authorization: Bearer \(secret.reveal())\r\nAuthorization: Bearer \(secret.reveal())\r\n\r\n"
      )
      #expect(Answer(twice).status == 400)
      let page = try await stage.send("GET", "/", bearer)
      #expect(page.status == 303 && page["location"] == "/login")
      // A token in the cookie is no session.
      let planted = try await stage.send(
        "GET", "/v1/sessions", ["Cookie": "portico=\(secret.reveal())"])
      #expect(planted.status == 401)
    }
  }

  @Test(
    "X-05 a form that needs a proof comes back with the password: it goes on, the secret changes, the form's token stays"
  )
  func stepUp() async throws {
    try await EdgeStage.run { stage in
      let session = stage.identity.open()
      let cookie = [
        "Cookie": "portico=\(session)", "Content-Type": "application/x-www-form-urlencoded",
      ]
      let home = try await stage.send("GET", "/", cookie)
      let token = home.body.split(separator: "|").dropFirst().first.map(String.init) ?? ""
      stage.clock.advance(by: .minutes(16))
      let held = try await stage.send(
        "POST", "/sensitive", cookie, body: "_csrf=\(token)&x=a+b&x=%26")
      #expect(
        held.status == 403 && held.body.contains("/sensitive|") && held.body.contains("x=a b,x=&"))
      let wrong = try await stage.send(
        "POST", "/sensitive", cookie, body: "_csrf=\(token)&x=1&_password=guess")
      #expect(wrong.status == 422 && wrong.body.contains("Is not your password"))
      #expect(wrong.cookie("portico") == nil)
      let done = try await stage.send(
        "POST", "/sensitive", cookie, body: "_csrf=\(token)&x=1&_password=right")
      #expect(done.status == 303 && done["location"] == "/")
      let renewed = try #require(done.cookie("portico"))
      #expect(renewed != session)
      #expect(try await stage.send("GET", "/", cookie).status == 303)
      let fresh = [
        "Cookie": "portico=\(renewed)", "Content-Type": "application/x-www-form-urlencoded",
      ]
      #expect(
        try await stage.send("POST", "/save", fresh, body: "_csrf=\(token)&x=1").status == 303)
    }
  }

  @Test("Many requests at once ask identity once; what a revocation overtakes is asked anew")
  func singleFlight() async throws {
    try await EdgeStage.run { stage in
      let cookie = ["Cookie": "portico=\(stage.identity.open())"]
      let before = stage.identity.refreshes
      let codes = await withTaskGroup(of: Int?.self) { group in
        for _ in 0..<40 {
          group.addTask {
            do { return try await stage.send("GET", "/", cookie).status } catch { return nil }
          }
        }
        return await group.reduce(into: [Int?]()) { $0.append($1) }
      }
      // A busy machine may tell some to come back later.
      #expect(codes.contains(200) && codes.allSatisfy { $0 == 200 || $0 == 503 })
      #expect(stage.identity.refreshes == before + 1)
    }
  }

  @Test(
    "V-05 while identity does not answer, its last answer counts as long as its token; a revocation that is heard ends it"
  )
  func silence() async throws {
    try await Stage.run { stage in
      let identity = TestIdentity(keys: stage.keys, clock: stage.clock)
      try await stage.serve("identity", [identity])
      let directory = try Self.directory(stage)
      let token = try #require(SecretToken(identity.open(name: "sessions/a")))
      func ask() async throws -> Session? {
        try await directory.session(
          .session(token), of: TestIdentity.tenant, requestID: "0123456789abcdef")
      }
      let known = try #require(try await ask())
      identity.fall(silent: true)
      stage.clock.advance(by: .seconds(6))
      for _ in 0..<3 { #expect(try await ask()?.principal == known.principal) }
      #expect(identity.refreshes > 1)
      stage.clock.advance(by: .seconds(43))
      #expect(try await ask() != nil)
      stage.clock.advance(by: .seconds(2))
      await #expect(throws: Status.self) { try await ask() }

      identity.fall(silent: false)
      #expect(try await ask() != nil)
      identity.fall(silent: true)
      directory.heard("session.ended", on: "sessions/a", of: TestIdentity.tenant)
      await #expect(throws: Status.self) { try await ask() }
    }
  }

  private static func directory(_ stage: Stage) throws -> SessionDirectory {
    SessionDirectory(
      InterceptedCaller(
        stage.caller("identity"),
        [IdentityPropagation(try stage.keys.serviceIdentity("gateway", clock: stage.clock))]),
      stage.keys.verifier(for: "gateway", clock: stage.clock), clock: stage.clock)
  }

  @Test(
    "X-06 an event of identity is forgotten by session, by user or by tenant; others change nothing",
    arguments: [
      ("session.ended", "sessions/a", true), ("session.rotated", "sessions/a", true),
      ("session.ended", "sessions/b", false), ("user.sessions_ended", "users/acme-ada", true),
      ("user.updated", "users/somebody", false), ("role.updated", "roles/x", true),
      ("contact.portal_access_changed", "accounts/x/contacts/y", true),
      ("site.created", "accounts/acme/sites/x", false),
    ])
  func heard(type: String, resource: String, isForgotten: Bool) async throws {
    try await Stage.run { stage in
      let identity = TestIdentity(keys: stage.keys, clock: stage.clock)
      try await stage.serve("identity", [identity])
      let directory = try Self.directory(stage)
      let token = try #require(SecretToken(identity.open(name: "sessions/a")))
      func ask() async throws {
        _ = try await directory.session(
          .session(token), of: TestIdentity.tenant, requestID: "0123456789abcdef")
      }
      try await ask()
      directory.heard(type, on: resource, of: TestIdentity.tenant)
      directory.heard(type, on: resource, of: TenantID("contoso"))
      try await ask()
      #expect(identity.refreshes == (isForgotten ? 2 : 1))
    }
  }
}
