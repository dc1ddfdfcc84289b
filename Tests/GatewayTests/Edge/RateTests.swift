import Testing
import Values

@testable import Gateway

@Suite("X-26 rate limits", .timeLimit(.minutes(1)))
struct RateTests {
  private func address(_ text: String) throws -> RateLimiter.Subject {
    .address(try #require(IPAddress(text)))
  }

  private func table(_ rate: RateTable.Rate) -> RateTable {
    var table = RateTable.none
    table[.read, .address] = rate
    return table
  }

  @Test(
    "R-173 a bucket empties, answers 429 with Retry-After, and fills again; others have their own")
  func bucket() throws {
    let limiter = RateLimiter(table(.init(burst: 2, perSecond: 0.5)))
    let now = ContinuousClock.now
    let one = try address("192.0.2.1")
    try limiter.admit(.read, one, at: now)
    try limiter.admit(.read, one, at: now)
    #expect { try limiter.admit(.read, one, at: now) } throws: { error in
      let problem = error as? Problem
      return problem?.status == .tooManyRequests && problem?.retryAfter == 2
        && problem?.headers.contains(.init(name: "ratelimit-policy", value: "\"read\";q=2;w=4"))
          == true
    }
    try limiter.admit(.read, try address("192.0.2.2"), at: now)
    for _ in 0..<9 { try limiter.admit(.write, one, at: now) }
    #expect(throws: Problem.self) { try limiter.admit(.read, one, at: now + .seconds(1)) }
    try limiter.admit(.read, one, at: now + .seconds(2))
    // A clock that seems to go back gives nothing and takes nothing.
    #expect(throws: Problem.self) { try limiter.admit(.read, one, at: now) }
  }

  @Test(
    "R-173 a flood from many addresses costs no memory and does not forget who was refused just now"
  )
  func bounded() throws {
    let limiter = RateLimiter(table(.init(burst: 1, perSecond: 0.001)), capacity: 1000)
    let now = ContinuousClock.now
    let guilty = try address("192.0.2.1")
    try limiter.admit(.read, guilty, at: now)
    for index in 0..<5000 {
      try limiter.admit(.read, try address("10.1.\(index / 250).\(index % 250)"), at: now)
      if index % 500 == 0 {
        #expect(throws: Problem.self) { try limiter.admit(.read, guilty, at: now) }
      }
    }
    #expect(limiter.count == 1000)
    #expect(throws: Problem.self) { try limiter.admit(.read, guilty, at: now) }
  }

  @Test("X-26 every class has a rate for addresses, and all but assets one for users")
  func complete() {
    for kind in RouteClass.allCases {
      #expect(RateTable.standard[kind, .address] != nil)
      #expect((RateTable.standard[kind, .identity] == nil) == (kind == .asset))
    }
    #expect(RateTable.none[.login, .address] == nil)
  }

  @Test("An operator changes what differs; a slip of the pen is an error")
  func changes() throws {
    let table = try RateTable(changes: "read.identity=800/400.5, login.address=none")
    #expect(table[.read, .identity] == .init(burst: 800, perSecond: 400.5))
    #expect(table[.login, .address] == nil)
    #expect(table[.page, .address] == RateTable.standard[.page, .address])
    #expect(try RateTable(changes: "") == .standard)
    #expect(try RateTable(changes: "none") == .none)
    for text in [
      "read=1/1", "read.who=1/1", "x.address=1/1", "read.address=1", "read.address=0/1",
      "read.address=1/0", "read.address=1/nan", "read.address=1/-1", "read.address==1/1", "no",
    ] {
      #expect(throws: RateTable.Malformed.self, "\(text)") { try RateTable(changes: text) }
    }
  }

  @Test("The table keeps what was asked for last and drops one entry at a time")
  func recent() {
    var table = RecentTable<Int, String>(capacity: 3)
    for number in 1...3 { table[number] = "\(number)" }
    #expect(table[1] == "1")
    table[4] = "4"
    #expect(table.count == 3 && table[2] == nil && table[1] == "1")
    table[3] = nil
    table[5] = "5"
    #expect(table.count == 3 && table[4] == "4" && table[1] == "1")
    table.removeAll { key, _ in key == 4 || key == 1 }
    #expect(table.count == 1 && table[5] == "5")
    table[6] = "6"
    table[7] = "7"
    table[8] = "8"
    #expect(table.count == 3 && table[5] == nil && table[6] == "6")
  }

  @Test("X-26 one address beyond its rate gets 429 and Retry-After, in the shape of the surface")
  func overSockets() async throws {
    var rates = RateTable.none
    rates[.page, .address] = .init(burst: 3, perSecond: 0.001)
    rates[.read, .address] = .init(burst: 1, perSecond: 0.001)
    rates[.asset, .address] = .init(burst: 1, perSecond: 0.001)
    try await EdgeStage.run(rates: rates) { stage in
      for _ in 0..<3 { #expect(try await stage.send("GET", "/login").status == 200) }
      let page = try await stage.send("GET", "/login")
      #expect(page.status == 429 && page["content-type"]?.hasPrefix("text/html") == true)
      let wait = try #require(Int(page["retry-after"] ?? ""))
      #expect((800...1000).contains(wait))
      #expect(page["ratelimit"] == "\"page\";r=0;t=\(wait)")
      #expect(page["ratelimit-policy"] == "\"page\";q=3;w=3000")
      // Another class has its own bucket; health has none.
      #expect(try await stage.send("GET", "/v1/accounts").status == 401)
      let read = try await stage.send("GET", "/v1/accounts")
      #expect(read.status == 429 && read.body.contains("RESOURCE_EXHAUSTED"))
      for _ in 0..<5 { #expect(try await stage.send("GET", "/healthz").status == 200) }
      #expect(try await stage.send("GET", "/assets/x/favicon.svg").status == 200)
      #expect(try await stage.send("GET", "/assets/x/favicon.svg").status == 429)
    }
  }

  @Test(
    "X-26 behind a trusted proxy clients are counted apart, and a user is one from every address")
  func identities() async throws {
    var rates = RateTable.none
    rates[.page, .address] = .init(burst: 2, perSecond: 0.001)
    rates[.page, .identity] = .init(burst: 2, perSecond: 0.001)
    let proxies = [AddressRange("127.0.0.0/8")].compactMap { $0 }
    try await EdgeStage.run(rates: rates, proxies: proxies) { stage in
      func status(_ client: String) async throws -> Int {
        try await stage.send("GET", "/login", ["X-Forwarded-For": client]).status
      }
      #expect(try await status("2001:db8::1") == 200)
      #expect(try await status("2001:db8::ffff:2") == 200)
      #expect(try await status("2001:db8::3") == 429)
      #expect(try await status("2001:db8:0:1::1") == 200)
      let cookie = "portico=\(stage.identity.open())"
      for (index, client) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].enumerated() {
        let answer = try await stage.send(
          "GET", "/", ["X-Forwarded-For": client, "Cookie": cookie])
        #expect(answer.status == (index < 2 ? 200 : 429))
      }
    }
  }
}
