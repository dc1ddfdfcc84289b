import TestSupport
import Testing

@testable import Gateway

@Suite("R-170 sessions, CSRF and flash", .timeLimit(.minutes(2)))
struct SessionTests {
  private static let form = "application/x-www-form-urlencoded"

  /// The token that a page showed and the cookies to send with it.
  private func login(_ stage: EdgeStage, next: String = "") async throws -> (
    cookie: String, token: String
  ) {
    let page = try await stage.send("GET", "/login")
    let visit = try #require(page.cookie("portico-visit"))
    let answer = try await stage.send(
      "POST", "/login", ["Cookie": "portico-visit=\(visit)", "Content-Type": Self.form],
      body: "_csrf=\(token(page))&username=ada&password=right&next=\(next)")
    #expect(answer.status == 303)
    let session = try #require(answer.cookie("portico"))
    let home = try await stage.send("GET", "/", ["Cookie": "portico=\(session)"])
    return (session, home.body.split(separator: "|").dropFirst().first.map(String.init) ?? "")
  }

  private func token(_ page: Answer) -> String {
    String(page.body.split(separator: ">")[1].prefix { $0 != "|" })
  }

  @Test(
    "X-05 X-06 login sets an HttpOnly, SameSite cookie of 256 bits and drops the one of the visit")
  func loginCookie() async throws {
    try await EdgeStage.run { stage in
      let page = try await stage.send("GET", "/login")
      let visit = try #require(page.cookie("portico-visit"))
      let answer = try await stage.send(
        "POST", "/login",
        ["Cookie": "portico-visit=\(visit); portico=planted", "Content-Type": Self.form],
        body: "_csrf=\(token(page))&password=right&next=%2Faccounts%2Facme%2Ftickets%2F7")
      #expect(answer["location"] == "/accounts/acme/tickets/7")
      let header = answer.headers.first {
        $0.name == "set-cookie" && $0.value.hasPrefix("portico=")
      }?.value
      #expect(header?.hasSuffix("; Path=/; SameSite=Lax; HttpOnly") == true)
      let session = try #require(answer.cookie("portico"))
      #expect(session != "planted" && session.utf8.count == 43)
      #expect(answer.cookie("portico-visit") == "")
    }
  }

  @Test(
    "X-22 next leads nowhere but into the portal",
    arguments: ["//evil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil", "%2F%2Fevil"])
  func openRedirect(next: String) async throws {
    try await EdgeStage.run { stage in
      let page = try await stage.send("GET", "/login")
      let answer = try await stage.send(
        "POST", "/login",
        [
          "Cookie": "portico-visit=\(page.cookie("portico-visit") ?? "")",
          "Content-Type": Self.form,
        ],
        body: "_csrf=\(token(page))&password=right&next=\(next)")
      #expect(answer["location"] == "/")
    }
  }

  @Test("A page without session leads to the login page and back")
  func deepLink() async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.send(
        "GET", "/accounts/acme/tickets/7?tab=notes", ["Cookie": "portico=stale"])
      #expect(answer.status == 303)
      #expect(answer["location"] == "/login?next=%2Faccounts%2Facme%2Ftickets%2F7%3Ftab%3Dnotes")
      #expect(answer.cookie("portico") == "")
      let session = try await login(stage).cookie
      let page = try await stage.send(
        "GET", "/accounts/acme/tickets/7", ["Cookie": "portico=\(session)"])
      #expect(page.body == "<p>accounts/acme/tickets/7</p>")
    }
  }

  @Test("X-07 a form needs its session's token and our own origin")
  func csrf() async throws {
    try await EdgeStage.run { stage in
      let (session, token) = try await login(stage)
      let other = try await login(stage)
      let cookie = ["Cookie": "portico=\(session)", "Content-Type": Self.form]
      func post(_ headers: [String: String], _ token: String) async throws -> Int {
        try await stage.send(
          "POST", "/save", cookie.merging(headers) { $1 }, body: "_csrf=\(token)&x=1"
        ).status
      }
      #expect(try await post([:], token) == 303)
      #expect(
        try await post(
          ["Sec-Fetch-Site": "same-origin", "Origin": "http://northwind.localhost"], token) == 303)
      #expect(try await post([:], "") == 403)
      #expect(try await post([:], other.token) == 403)
      #expect(try await post(["Sec-Fetch-Site": "cross-site"], token) == 403)
      #expect(try await post(["Sec-Fetch-Site": "same-site"], token) == 403)
      #expect(try await post(["Origin": "http://evil.example"], token) == 403)
      #expect(try await post(["Origin": "null"], token) == 403)
      #expect(try await stage.send("GET", "/save?_csrf=\(token)", cookie).status == 405)
    }
  }

  @Test("X-07 login CSRF: without the visit's cookie and token there is no login")
  func loginCSRF() async throws {
    try await EdgeStage.run { stage in
      let body = "username=ada&password=right"
      let bare = try await stage.send("POST", "/login", ["Content-Type": Self.form], body: body)
      #expect(bare.status == 403 && bare.cookie("portico") == nil)
      let page = try await stage.send("GET", "/login")
      let foreign = try await stage.send(
        "POST", "/login", ["Content-Type": Self.form], body: "_csrf=\(token(page))&\(body)")
      #expect(foreign.status == 403)
    }
  }

  @Test(
    "X-07 the API with a cookie needs the browser's word or the token; without a cookie neither")
  func apiCSRF() async throws {
    try await EdgeStage.run { stage in
      let (session, token) = try await login(stage)
      func end(_ headers: [String: String]) async throws -> Int {
        try await stage.send("DELETE", "/v1/sessions/1", headers).status
      }
      let cookie = ["Cookie": "portico=\(session)"]
      #expect(try await end(cookie) == 403)
      #expect(try await end(cookie.merging(["x-portico-csrf": "wrong"]) { $1 }) == 403)
      #expect(try await end(cookie.merging(["x-portico-csrf": token]) { $1 }) == 200)
      #expect(try await end(cookie.merging(["Sec-Fetch-Site": "same-origin"]) { $1 }) == 200)
      #expect(
        try await end(
          cookie.merging(["Sec-Fetch-Site": "cross-site", "x-portico-csrf": token]) { $1 }) == 403)
      #expect(try await end([:]) == 401)
    }
  }

  @Test(
    "X-06 logout kills the session at once; identity is asked every 5 seconds, not once a request")
  func logout() async throws {
    try await EdgeStage.run { stage in
      let (session, token) = try await login(stage)
      let cookie = ["Cookie": "portico=\(session)"]
      let asked = stage.identity.refreshes
      for _ in 0..<5 { #expect(try await stage.send("GET", "/", cookie).body.hasPrefix("<p>Ada|")) }
      #expect(stage.identity.refreshes == asked)
      stage.clock.advance(by: .seconds(5))
      #expect(try await stage.send("GET", "/", cookie).status == 200)
      #expect(stage.identity.refreshes == asked + 1)
      let out = try await stage.send(
        "POST", "/logout", cookie.merging(["Content-Type": Self.form]) { $1 },
        body: "_csrf=\(token)")
      #expect(out["location"] == "/login" && out.cookie("portico") == "")
      #expect(try await stage.send("GET", "/", cookie).status == 303)
    }
  }

  @Test("X-06 a change at identity takes effect with the next request, not when a token runs out")
  func changeOfRights() async throws {
    try await EdgeStage.run { stage in
      let mine = try await login(stage)
      let other = ["Cookie": "portico=\(try await login(stage).cookie)"]
      #expect(try await stage.send("GET", "/", other).status == 200)
      let asked = stage.identity.refreshes
      let cookie = ["Cookie": "portico=\(mine.cookie)", "x-portico-csrf": mine.token]
      #expect(try await stage.send("GET", "/v1/sessions", cookie).status == 200)
      #expect(try await stage.send("GET", "/", other).status == 200)
      #expect(stage.identity.refreshes == asked)
      #expect(try await stage.send("DELETE", "/v1/sessions/1", cookie).status == 200)
      #expect(try await stage.send("GET", "/", other).status == 200)
      #expect(stage.identity.refreshes == asked + 1)
    }
  }

  @Test("X-03 a login is told to identity with the browser's address, whatever its sender claims")
  func loginAddress() async throws {
    try await EdgeStage.run { stage in
      let session = try await login(stage).cookie
      let body = #"{"tenant":"northwind","password":"right","ipAddress":"203.0.113.9"}"#
      for cookie in [[:], ["Cookie": "portico=\(session)", "Sec-Fetch-Site": "same-origin"]] {
        let answer = try await stage.send(
          "POST", "/v1/sessions", cookie.merging(["Content-Type": "application/json"]) { $1 },
          body: body)
        #expect(answer.status == 200)
      }
      #expect(stage.identity.loginAddresses == ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
    }
  }

  @Test("A flash message is shown once")
  func flash() async throws {
    try await EdgeStage.run { stage in
      let (session, token) = try await login(stage)
      let saved = try await stage.send(
        "POST", "/save", ["Cookie": "portico=\(session)", "Content-Type": Self.form],
        body: "_csrf=\(token)&x=%3Cb%3E")
      let flash = try #require(saved.cookie("portico-flash"))
      let home = try await stage.send(
        "GET", "/", ["Cookie": "portico=\(session); portico-flash=\(flash)"])
      #expect(home.body.hasSuffix("|Saved &lt;b&gt;</p>"))
      #expect(home.cookie("portico-flash") == "")
    }
  }

  @Test("X-19 an upload: its token is checked, its limit holds, its name is clean")
  func upload() async throws {
    try await EdgeStage.run { stage in
      let (session, token) = try await login(stage)
      func upload(_ token: String, _ size: Int) async throws -> Answer {
        let body =
          "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n\(token)\r\n"
          + "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../x.pdf\"\r\n\r\n"
          + String(repeating: "x", count: size) + "\r\n--b--\r\n"
        return try await stage.send(
          "POST", "/upload",
          ["Cookie": "portico=\(session)", "Content-Type": "multipart/form-data; boundary=b"],
          body: body)
      }
      #expect(try await upload(token, 9000).body == "<p>x.pdf 9000</p>")
      #expect(try await upload("", 10).status == 403)
      #expect(try await upload(token, 10_001).status == 413)
    }
  }

  @Test("R-180 a service that is down costs its page a 503 at once, not the portal")
  func serviceDown() async throws {
    try await EdgeStage.run { stage in
      let session = try await login(stage).cookie
      let down = try await stage.send("GET", "/down", ["Cookie": "portico=\(session)"])
      #expect(down.status == 503 && down["retry-after"] == "1")
      #expect(try await stage.send("GET", "/", ["Cookie": "portico=\(session)"]).status == 200)
    }
  }

  @Test("An error inside a page says nothing of what happened, and names the request")
  func internalError() async throws {
    try await EdgeStage.run { stage in
      let answer = try await stage.send("GET", "/broken")
      #expect(answer.status == 500)
      #expect(answer.body.contains("internal error") && !answer.body.contains("POSIX"))
      #expect(answer.body.contains(answer["x-request-id"] ?? "none"))
    }
  }
}
