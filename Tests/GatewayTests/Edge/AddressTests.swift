import NIOHTTP1
import Testing

@testable import Gateway

@Suite("R-172 addresses and trusted proxies")
struct AddressTests {
  @Test(
    "An address is printed as it is counted; IPv4 inside IPv6 is IPv4",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "::1"),
      ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"),
    ])
  func parsed(text: String, printed: String) {
    #expect(IPAddress(text)?.description == printed)
  }

  @Test(
    "What is no address is none",
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "010.0.0.1", "0x7f.0.0.1", "1.2.3.4 ", "localhost",
      "fe80::1%eth0", "::g", "1.2.3.4\u{0}", "[::1]", "1.2.3.4:80",
    ])
  func refused(text: String) { #expect(IPAddress(text) == nil) }

  @Test("R-173 an IPv6 host is its /64, an IPv4 host is itself")
  func site() {
    #expect(IPAddress("2001:db8:1:2:3:4:5:6")?.site == IPAddress("2001:db8:1:2::"))
    #expect(IPAddress("2001:db8:1:2::9")?.site == IPAddress("2001:db8:1:2:ffff::")?.site)
    #expect(IPAddress("192.0.2.77")?.site == IPAddress("192.0.2.77"))
  }

  @Test(
    "A range holds what begins like it, of its own family",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("192.0.2.1", "192.0.2.1", true),
      ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true),
      ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("::/0", "10.0.0.1", false),
      ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("::1/128", "::1", true),
      ("2001:db8::/33", "2001:db8:8000::", false), ("192.0.2.128/25", "192.0.2.127", false),
    ])
  func ranges(range: String, address: String, isInside: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(address))) == isInside)
  }

  @Test(
    "A range with a slip of the pen is none",
    arguments: [
      "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "::1/64", "a/8", "10.0.0.0/+8",
    ])
  func wrongRanges(text: String) { #expect(AddressRange(text) == nil) }

  private func source(
    _ headers: HTTPHeaders, from peer: String, trusting: [String] = ["10.0.0.0/8", "fd00::/8"],
    host: String = "acme.localhost"
  ) throws -> TrustedProxies.Source {
    let proxies = TrustedProxies(trusting.compactMap { AddressRange($0) })
    return try proxies.source(
      of: IncomingRequest(
        method: .GET, target: "/", host: host, headers: headers, body: RequestBody(),
        origin: ConnectionOrigin(address: IPAddress(peer), isTLS: false)))
  }

  @Test("X-03 who is no trusted proxy is not believed anything")
  func strangers() throws {
    let headers: HTTPHeaders = [
      "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
    ]
    let source = try source(headers, from: "203.0.113.5")
    #expect(source.remote.description == "203.0.113.5")
    #expect(!source.isSecure)
    #expect(source.authority == "acme.localhost")
  }

  @Test(
    "R-172 the client is the first from the right that is no proxy of ours",
    arguments: [
      ("192.0.2.7", "192.0.2.7"),
      ("1.1.1.1, 192.0.2.7", "192.0.2.7"),
      ("1.1.1.1, 192.0.2.7, 10.0.0.3", "192.0.2.7"),
      ("1.1.1.1,192.0.2.7 ,\tfd00::4", "192.0.2.7"),
      ("192.0.2.7:4711", "192.0.2.7"), ("[2001:db8::1]:99", "2001:db8::1"),
      // Only proxies: the leftmost is the best that is known.
      ("10.0.0.9, 10.0.0.3", "10.0.0.9"),
      // What is no address was not written by a proxy of ours that works: it and what is left of it is not looked at.
      ("192.0.2.7, unknown, 10.0.0.3", "10.0.0.3"), ("<script>", "10.0.0.1"), ("", "10.0.0.1"),
      ("192.0.2.7, 10.0.0.3:x", "10.0.0.1"),
    ])
  func walk(forwarded: String, client: String) throws {
    let source = try source(["x-forwarded-for": forwarded], from: "10.0.0.1")
    #expect(source.remote.description == client)
  }

  @Test("Several X-Forwarded-For lines are one list")
  func lines() throws {
    let headers = HTTPHeaders([
      ("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "192.0.2.7, 10.0.0.3"),
    ])
    #expect(try source(headers, from: "fd00::1").remote.description == "192.0.2.7")
  }

  @Test("R-172 scheme and host of a trusted proxy are taken when they are ones, and 400 when not")
  func schemeAndHost() throws {
    let told = try source(
      ["x-forwarded-proto": "http, HTTPS", "x-forwarded-host": "Portal.Example:8443"],
      from: "10.0.0.1")
    #expect(told.isSecure && told.authority == "portal.example:8443")
    #expect(try source([:], from: "10.0.0.1").authority == "acme.localhost")
    for headers: HTTPHeaders in [
      ["x-forwarded-proto": "gopher"], ["x-forwarded-host": "a/b"], ["x-forwarded-host": "a b"],
      ["x-forwarded-host": "user@a"],
    ] {
      #expect(throws: Problem.self, "\(headers)") { try source(headers, from: "10.0.0.1") }
    }
  }
}
