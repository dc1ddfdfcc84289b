import Crypto
import NIOHTTP1
import Testing
import Values

@testable import Gateway

@Suite("Small parts of the edge")
struct EdgeValueTests {
  @Test(
    "X-22 only paths of this origin",
    arguments: [
      ("/", true), ("/tickets?state=open", true), ("/accounts/acme/tickets/7", true), ("", false),
      ("tickets", false),
      ("//evil.example", false), ("/\\evil.example", false), ("\\\\evil.example", false),
      ("https://evil.example", false),
      ("/%2F/evil.example", false), ("/%2f%2fevil", false), ("/%5Cevil", false),
      ("/%255Cevil", false), ("/a\r\nSet-Cookie: x", false),
      ("/%0d%0aX: y", false), ("/%", false), ("/ü", false), ("javascript:alert(1)", false),
      ("/\t/evil", false), ("/%2F%EF%B8%8Fevil.example", false), ("/%5C%CC%81evil", false),
    ])
  func localPaths(text: String, isLocal: Bool) {
    #expect((LocalPath(text) != nil) == isLocal)
  }

  @Test("X-17 a media type is read by bytes: what only looks like a separator is none")
  func mediaTypes() {
    let plain = MediaType("Text/HTML ; Charset=\"utf-8\"; q=\"a\\\"b;c\"; x=1; X=2")
    #expect(plain.essence == "text/html")
    #expect(plain.parameters == ["charset": "utf-8", "q": "a\"b;c", "x": "1"])
    // A Greek question mark equals `;` for Unicode, a Kelvin sign is the upper case of `k`.
    #expect(MediaType("multipart/form-data\u{37E} boundary=b").parameters.isEmpty)
    #expect(MediaType("a/b; toKen=1").parameters["token"] == "1")
    #expect(MediaType("a/b; to\u{212A}en=1").parameters["token"] == nil)
    // Marks that follow a separator belong to what comes after it.
    #expect(MediaType("a/b;\u{301}c=1; d=\u{301}").parameters["d"] == "\u{301}")
    #expect(MediaType("a/b; c=\"\u{301}x\"").parameters["c"] == "\u{301}x")
  }

  @Test("X-17 each byte of a header's value that is not ASCII is a character of its own")
  func receivedHeaders() {
    #expect(HeaderText.received("a; b") == "a; b")
    let hostile = "chun\u{212A}ed\u{37E} \u{1FEF}=\u{338}"
    let received = HeaderText.received(hostile)
    #expect(received.unicodeScalars.map(\.value) == hostile.utf8.map { UInt32($0) })
    #expect(
      received.lowercased() != "chunked" && !received.contains(";") && !received.contains("`"))
    #expect(received.contains("="))
  }

  @Test(
    "X-16 X-19 file names reach the header without controls, quotes, paths or direction overrides")
  func fileNames() {
    #expect(FileName.clean("../../etc/passwd") == "passwd")
    #expect(FileName.clean("C:\\x\\a.pdf") == "a.pdf")
    #expect(FileName.clean("a\r\nb\u{0}.txt") == "ab.txt")
    #expect(FileName.clean("invoice\u{202E}fdp.exe") == "invoicefdp.exe")
    #expect(FileName.clean("...") == "file")
    #expect(FileName.clean(String(repeating: "é", count: 400)).utf8.count <= 255)
    #expect(
      ContentDisposition.attachment("ré\"s.pdf")
        == "attachment; filename=\"r__s.pdf\"; filename*=UTF-8''r%C3%A9%22s.pdf")
  }

  @Test("X-07 CSRF tokens belong to one secret and one key")
  func csrf() {
    let csrf = CSRF(secret: Array(repeating: 1, count: 32))
    let token = csrf.token(for: "session-a")
    #expect(csrf.isValid(token, for: "session-a"))
    #expect(!csrf.isValid(token, for: "session-b"))
    #expect(!csrf.isValid(token, for: nil))
    #expect(!csrf.isValid("", for: "session-a"))
    let next = csrf.token(for: "session-a")
    #expect(next != token && csrf.isValid(next, for: "session-a"), "R-178 masked anew")
    #expect(!csrf.isValid(String(token.dropLast(8)), for: "session-a"))
    #expect(!csrf.isValid(token + token, for: "session-a"))
    #expect(!CSRF(secret: Array(repeating: 2, count: 32)).isValid(token, for: "session-a"))
  }

  private static let provenances: [(HTTPHeaders, CSRF.Provenance)] = [
    ([:], CSRF.Provenance.unknown), (["sec-fetch-site": "same-origin"], .own),
    (["sec-fetch-site": "none"], .own),
    (["sec-fetch-site": "cross-site"], .foreign), (["sec-fetch-site": "same-site"], .foreign),
    (["origin": "https://acme.example"], .own), (["origin": "http://acme.example"], .foreign),
    (["origin": "https://evil.example"], .foreign), (["origin": "null"], .foreign),
    (["origin": "https://acme.example:8443"], .foreign),
    (["sec-fetch-site": "same-origin", "origin": "https://evil.example"], .foreign),
  ]

  @Test("X-07 what Sec-Fetch-Site and Origin tell", arguments: provenances)
  func provenance(headers: HTTPHeaders, expected: CSRF.Provenance) {
    #expect(CSRF.provenance(headers, scheme: "https", host: "acme.example") == expected)
  }

  @Test("Flash messages survive one trip, and neither forgery nor time")
  func flash() {
    let cookie = FlashCookie(secret: Array(repeating: 1, count: 32))
    let now = Instant(seconds: 1_800_000_000)
    let flashes = [Flash.success("Saved é & = ;"), .failure("No")]
    let value = cookie.encode(flashes, at: now)
    #expect(cookie.decode(value, at: now) == flashes)
    #expect(cookie.decode(value, at: now + .seconds(61)).isEmpty)
    #expect(cookie.decode("x" + value, at: now).isEmpty)
    #expect(FlashCookie(secret: Array(repeating: 2, count: 32)).decode(value, at: now).isEmpty)
    #expect(
      cookie.encode([.success(String(repeating: "é", count: 5000))], at: now).utf8.count < 4000)
  }

  @Test("X-06 cookie attributes")
  func cookies() {
    #expect(
      CookieNames(isSecure: true).session("t").header
        == "__Host-portico=t; Path=/; SameSite=Lax; HttpOnly; Secure")
    #expect(
      CookieNames(isSecure: false).session("t").header
        == "portico=t; Path=/; SameSite=Lax; HttpOnly")
    let cookies = Cookies(["a=1; portico=x; b", "portico=y; =z; c=d=e"])
    #expect(cookies["portico"] == "x")
    #expect(cookies["c"] == "d=e")
    #expect(cookies["b"] == nil)
  }

  @Test(
    "The tenant comes from the first label under the base domain",
    arguments: [
      ("acme.localhost", "acme"), ("localhost", "main"), ("127.0.0.1", "main"), ("[::1]", "main"),
      ("a.b.localhost", nil),
      ("evil.example", nil), ("xlocalhost", nil), (".localhost", nil), ("ac_me.localhost", nil),
    ])
  func tenants(host: String, tenant: String?) {
    let configuration = GatewayConfiguration(
      defaultTenant: TenantID("main"), publicPort: 8080, secret: Secret([]))
    #expect(configuration.tenant(host: host)?.rawValue == tenant)
    #expect(configuration.origin(of: TenantID("acme")) == "http://acme.localhost:8080")
  }

  @Test("Languages, best first")
  func languages() {
    #expect(
      LanguagePreference.parse(["de-CH", "en;q=0.5", "fr;q=0.8", "x;q=0", "<script>"]) == [
        "de-CH", "fr", "en",
      ])
  }

  @Test("A header value with a line break never reaches the wire (X-16)")
  func headerInjection() {
    #expect(!HeaderText.isSafe("a\r\nSet-Cookie: b"))
    #expect(!HeaderText.isSafe("a\u{0}"))
    #expect(HeaderText.isSafe("é; q=1"))
  }
}
