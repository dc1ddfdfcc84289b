import Store
import Testing
import Values

private let acme = Fixture.acme

@Suite("The store contract: scope and pages")
struct ScopeAndPageTests {
  private static let scopes: [(Scope.Reach, Set<String>)] = [
    (.tenant, ["1", "2", "3", "4"]),
    (.within([]), []),
    (.within([.init(account: "a")]), ["1", "2", "3"]),
    (.within([.init(account: "a", sites: ["s1"])]), ["1"]),
    (.within([.init(account: "a", sites: [])]), []),
    (.within([.init(account: "a", contact: "c1")]), ["1", "3"]),
    (.within([.init(account: "a", sites: ["s1"], contact: "c2")]), []),
    (.within([.init(account: "a", sites: ["s2"]), .init(account: "b")]), ["2", "4"]),
    (.within([.init(account: "x")]), []),
  ]

  @Test("A scope lets exactly its rows through, in SQL as in memory", arguments: Backend.allCases)
  func scope(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      let tickets = [
        Ticket(id: "1", site: "s1", contact: "c1"), Ticket(id: "2", site: "s2", contact: "c2"),
        Ticket(id: "3", contact: "c1"), Ticket(id: "4", account: "b", site: "s1", contact: "c1"),
      ]
      try await fixture.addAccounts()
      try await fixture.store.write(as: acme) { db in
        try db.run("INSERT INTO accounts (tenant, id, name) VALUES (\(acme), \("b"), \("B"))")
        for ticket in tickets { try TicketStore(db).add(ticket) }
      }
      for (reach, expected) in Self.scopes {
        let scope = Scope(tenant: acme, reach: reach)
        let page = try PageRequest(size: 10, query: [])
        let found = try await fixture.store.read(as: acme) { db in
          try TicketStore(db).list(page, in: scope).items.map(\.id)
        }
        #expect(Set(found) == expected, "\(reach)")
        let allowed = tickets.filter {
          scope.allows(account: $0.account, site: $0.site, contact: $0.contact)
        }
        #expect(Set(allowed.map(\.id)) == expected, "\(reach)")
      }
      let narrow = Scope(
        tenant: acme, reach: .within([.init(account: "a", sites: ["s1"], contact: "c1")]))
      #expect(narrow.reaches(account: "a") && !narrow.reaches(account: "b"))
      let counts = try await fixture.store.read(as: acme) { db in
        (
          try db.all(
            "SELECT id FROM accounts WHERE tenant = \(acme) AND \(narrow.predicate(anywhereIn: "id"))"
          ).count,
          // A table that cannot tell sites apart shows nothing to one who may see only some.
          try db.all(
            "SELECT id FROM accounts WHERE tenant = \(acme) AND \(narrow.predicate(account: "id"))"
          ).count
        )
      }
      #expect(counts == (1, 0))
    }
  }

  @Test("D-60 Pages follow the declared order without gaps or repeats", arguments: Backend.allCases)
  func pages(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      // Two and two share a time, so that the second column of the key decides.
      let tickets = (0..<23).map {
        Ticket(id: "t\(100 + $0)", created: Fixture.start + .seconds($0 / 2))
      }
      try await fixture.store.write(as: acme) { db in
        for ticket in tickets { try TicketStore(db).add(ticket) }
      }
      let scope = Scope(tenant: acme, reach: .tenant)
      var seen: [String] = []
      var token = ""
      repeat {
        let request = try PageRequest(size: 5, token: token, query: ["tickets"])
        let added = "new-\(seen.count)"
        let page = try await fixture.store.write(as: acme) { db in
          // What is added meanwhile on an earlier page does not shift a later one.
          try TicketStore(db).add(
            Ticket(id: added, created: Fixture.start + .seconds(1000)))
          return try TicketStore(db).list(request, in: scope)
        }
        seen += page.items.map(\.id)
        token = page.nextToken
      } while !token.isEmpty
      #expect(seen.first == "new-0")
      #expect(Array(seen.dropFirst()) == tickets.map(\.id).reversed())
    }
  }

  @Test(
    "X-07 Signs of LIKE are only signs, with a joiner after them too", arguments: Backend.allCases)
  func searching(_ backend: Backend) async throws {
    try await Fixture.with(backend) { fixture in
      try await fixture.addAccounts()
      let titles = ["50% off", "50x off", "a_b", "axb", "wow!", "%\u{200D}", "back\\slash"]
      try await fixture.store.write(as: acme) { db in
        for (index, title) in titles.enumerated() {
          try TicketStore(db).add(Ticket(id: "\(index)", title: title))
        }
      }
      func found(_ text: String) async throws -> [String] {
        try await fixture.store.read(as: acme) { db in
          try db.all("SELECT title FROM tickets WHERE title \(containing: text) ORDER BY id")
            .map { try $0["title"] }
        }
      }
      #expect(try await found("0%") == ["50% off"])
      #expect(try await found("_") == ["a_b"])
      #expect(try await found("!") == ["wow!"])
      #expect(try await found("%\u{200D}") == ["%\u{200D}"])
      #expect(try await found("k\\s") == ["back\\slash"])
      #expect(try await found("OFF") == [])
      #expect(try await found("") == titles)
    }
  }

  @Test("D-60 A token serves only the query it was made for, unharmed")
  func tokens() throws {
    let request = try PageRequest(size: 1, query: ["tickets", "state=open"])
    let values: [SQLValue] = [
      .integer(.min), .text("ü\0"), .boolean(true), .bytes([0, 255]), .null,
    ]
    let token = request.page([1, 2]) { _ in values }.nextToken
    #expect(throws: Never.self) {
      try PageRequest(size: 9, token: token, query: ["tickets", "state=open"])
    }
    for other in [["tickets"], ["tickets", "state=closed"], ["ticketss", "tate=open"]] {
      #expect(throws: StoreError.invalidPageToken) {
        try PageRequest(size: 1, token: token, query: other)
      }
    }
    for index in token.indices {
      var damaged = token
      damaged.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
      // The last character may hold bits that no byte uses.
      if token.index(after: index) == token.endIndex { continue }
      #expect(throws: StoreError.invalidPageToken) {
        try PageRequest(size: 1, token: damaged, query: ["tickets", "state=open"])
      }
    }
    for junk in ["x", "====", "ü", String(repeating: "A", count: 5000)] {
      #expect(throws: StoreError.invalidPageToken) {
        try PageRequest(size: 1, token: junk, query: [])
      }
    }
    #expect(request.page([1]) { _ in values }.nextToken == "")
  }

  @Test("AIP-154 An etag reads back only as it was written")
  func etags() throws {
    #expect(Etag("v7") == Etag(version: 7))
    for junk in ["", "7", "v", "v07", "v-1", "V7", "v7 ", "v99999999999999999999"] {
      #expect(Etag(junk) == nil)
    }
    try Etag(version: 7).require("")
    try Etag(version: 7).require("v7")
    #expect(throws: StoreError.stale) { try Etag(version: 7).require("v8") }
  }
}
