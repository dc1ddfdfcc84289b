import Access
import NIOHTTP1
import PorticoAPI
import RPC
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// X-07 over everything that there is: each form target of the portal, each call of the API that is not a GET.
@Suite("X-07 what another site could send", .timeLimit(.minutes(5)))
struct ProvenanceTests {
  private struct Target: Sendable, CustomStringConvertible {
    let method: String
    let path: String
    var isPage = false
    var description: String { "\(method) \(path)" }
  }

  /// A path that a pattern matches.
  private static func path(_ pattern: String) -> String {
    pattern.replacing(#/\{[^}=]*=([^}]*)\}/#) { $0.1 }.replacing(#/\{[^}]*\}/#, with: "1")
      .replacing("**", with: "1").replacing("*", with: "1")
  }

  private static let pages = PageTable.portal.routes.filter { $0.method != .GET }.map {
    Target(method: $0.method.rawValue, path: path($0.pattern), isPage: true)
  }
  /// Of the services that the gateway has, not of those that only tests serve.
  private static let calls = Methods.all.filter { $0.owner != "testing" }.flatMap { $0.http }
    .filter { $0.verb.uppercased() != "GET" }
    .map { Target(method: $0.verb.uppercased(), path: path($0.template)) }

  @Test(
    "X-07 every form and every call that is not a GET: cross-site, foreign, without, old and another's token are 403"
  )
  func all() async throws {
    #expect(Self.pages.count > 40 && Self.calls.count > 40)
    try await EdgeStage.run(pages: .portal, rates: .none) { stage in
      let (mine, other, old) = (
        try await login(stage), try await login(stage), try await login(stage)
      )
      _ = try await stage.send(
        "POST", "/logout", form(old.cookie), body: "_csrf=\(old.token)")
      for target in Self.pages + Self.calls {
        let attacks: [(String, [String: String], String)] = [
          ("cross-site", ["Sec-Fetch-Site": "cross-site"], mine.token),
          ("same-site", ["Sec-Fetch-Site": "same-site"], mine.token),
          ("foreign origin", ["Origin": "http://evil.example"], mine.token),
          ("opaque origin", ["Origin": "null"], mine.token), ("no token", [:], ""),
          ("another's token", [:], other.token), ("old token", [:], old.token),
        ]
        for (name, headers, token) in attacks {
          let status = try await send(target, stage, mine.cookie, headers, token)
          #expect(status == 403, "\(target): \(name)")
        }
      }
    }
  }

  @Test("X-07 GET writes nothing: no page and no GET of the API calls a method with side effects")
  func getIsSafe() async throws {
    for method in Methods.all where method.http.contains(where: { $0.verb.uppercased() == "GET" }) {
      #expect(method.idempotency == .noSideEffects, "\(method.path)")
    }
    let written = Written()
    try await EdgeStage.run(pages: .portal, rates: .none, watching: [written]) { stage in
      let session = try await login(stage)
      written.clear()
      for route in PageTable.portal.routes where route.method == .GET {
        _ = try await stage.send(
          "GET", Self.path(route.pattern), ["Cookie": "portico=\(session.cookie)"])
      }
      // It only looks, and is a POST so that what links carry stays out of addresses and logs.
      let looks = Methods.Sessions.checkLink.path
      #expect(written.methods.allSatisfy { $0 == looks })
    }
  }

  // MARK: A browser

  private func form(_ cookie: String) -> [String: String] {
    ["Cookie": "portico=\(cookie)", "Content-Type": "application/x-www-form-urlencoded"]
  }

  private func send(
    _ target: Target, _ stage: EdgeStage, _ cookie: String, _ headers: [String: String],
    _ token: String
  ) async throws -> Int {
    let base =
      target.isPage
      ? form(cookie)
      : [
        "Cookie": "portico=\(cookie)", "Content-Type": "application/json", "x-portico-csrf": token,
      ]
    return try await stage.send(
      target.method, target.path, base.merging(headers) { $1 },
      body: target.isPage ? "_csrf=\(token)" : "{}"
    ).status
  }

  private func login(_ stage: EdgeStage) async throws -> (cookie: String, token: String) {
    let page = try await stage.send("GET", "/login")
    let answer = try await stage.send(
      "POST", "/login",
      [
        "Cookie": "portico-visit=\(page.cookie("portico-visit") ?? "")",
        "Content-Type": "application/x-www-form-urlencoded",
      ], body: "_csrf=\(PagesStage.token(page))&username=tomas&password=right")
    let cookie = try #require(answer.cookie("portico"))
    let settings = try await stage.send(
      "GET", "/settings/sessions", ["Cookie": "portico=\(cookie)"])
    return (cookie, PagesStage.token(settings))
  }
}

/// The methods with side effects that the gateway called.
private final class Written: ClientInterceptor {
  private let called = Mutex<Set<String>>([])
  var methods: Set<String> { called.withLock { $0 } }
  func clear() { called.withLock { $0 = [] } }

  func intercept<Result>(
    _ method: RPC.Method, _ options: CallOptions, _ next: (CallOptions) async throws -> Result
  ) async throws -> Result {
    // Who a session is has to be asked: that it was used is noted by identity, not by a page.
    if method.idempotency != .noSideEffects, method.path != Methods.Sessions.refreshPrincipal.path {
      called.withLock { _ = $0.insert(method.path) }
    }
    return try await next(options)
  }
}
