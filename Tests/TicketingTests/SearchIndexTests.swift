import Store
import TestSupport
import Testing
import Values

@testable import Bootstrap
@testable import TicketingService

/// 1,000 tickets of one tenant and some of another on SQLite: some in the index, the newest not yet.
@Suite("The search index of SQLite", .timeLimit(.minutes(3)))
struct SearchIndexTests {
  private static let acme = TenantID("acme")
  private static let everything = Scope(tenant: acme, reach: .tenant)
  private static let tickets: Int64 = 1000

  @Test("tickets are found in the index and behind it, page by page, in each order, and counted")
  func bothParts() async throws {
    try await Self.filled { store in
      let last = try await Self.lastIndexed(store)
      #expect(last == 768)
      let all: [Int64] = (1...Self.tickets).reversed()
      let expected: [(query: String, order: TicketStore.Filter.Order, numbers: [Int64])] = [
        ("common", .newest, all), ("common", .oldest, all.reversed()),
        ("needle", .newest, all.filter { $0 % 250 == 0 }), ("NEEDLE tkt-250", .newest, [250]),
        ("needle", .oldest, [250, 500, 750, 1000]), ("elsewhere", .newest, []),
        ("nowhere", .newest, []),
      ]
      for (query, order, numbers) in expected {
        let found = try await Self.found(query, by: order, in: store)
        #expect(found == numbers, "\(query)")
        let count = try await Self.count(query, store)
        #expect(count == Int64(numbers.count), "\(query)")
      }
    }
  }

  @Test("a change is found at once, in the index and behind it; what was there before is not")
  func changes() async throws {
    try await Self.filled { store in
      for number in [5, Self.tickets] {
        try await store.write(as: Self.acme) { db in
          try db.run(
            """
            UPDATE tickets SET search_text = \("renamed \(number)")
            WHERE tenant = \(db.tenant) AND number = \(number)
            """)
        }
      }
      let renamed = try await Self.found("renamed", in: store)
      #expect(renamed == [Self.tickets, 5])
      let before = try await Self.found("common", in: store)
      #expect(before == (6..<Self.tickets).reversed() + [4, 3, 2, 1])
      try await store.write(as: Self.acme) { db in
        try db.run(
          "DELETE FROM tickets WHERE tenant = \(db.tenant) AND number IN \([5, Self.tickets])")
      }
      let deleted = try await Self.found("renamed", in: store)
      #expect(deleted == [])
    }
  }

  @Test("after the newest are gone, those that come are indexed again, and each is found once")
  func reused() async throws {
    try await Self.filled { store in
      try await store.write(as: Self.acme) { db in
        try db.run("DELETE FROM tickets WHERE tenant = \(db.tenant) AND number > \(Int64(300))")
      }
      let lastLeft = try await Self.lastIndexed(store)
      #expect(lastLeft == 303)
      try await Self.fill(store, Self.acme, 301...900)
      let last = try await Self.lastIndexed(store)
      #expect(last == 815)
      let found = try await Self.found("common", in: store)
      #expect(found == (1...900).reversed())
      try await store.writeAcrossTenants { db in
        try db.run("INSERT INTO tickets_search (tickets_search) VALUES ('integrity-check')")
      }
    }
  }

  private static func filled(_ body: (any Store) async throws -> Void) async throws {
    try await TestStore.run(
      on: .sqlite, migrations: TicketingService.migrations, clock: SystemClock()
    ) { store in
      try await fill(store, TenantID("birch"), 1...3, "elsewhere common")
      try await fill(store, acme, 1...tickets)
      try await body(store)
    }
  }

  private static func fill(
    _ store: any Store, _ tenant: TenantID, _ numbers: ClosedRange<Int64>, _ word: String = "common"
  ) async throws {
    for number in numbers {
      let text = "tkt-\(number) \(word)\(number % 250 == 0 ? " needle" : "")"
      try await store.write(as: tenant) { db in
        try db.run(
          """
          INSERT INTO tickets (tenant, number, account, account_display_name, site_display_name,
            contact, contact_display_name, contact_email, title, details, search_text, state,
            is_open, source, priority_rank, assignee_display_name, due_order, created,
            updated_public, updated, public_note_count, internal_note_count, version,
            public_version)
          VALUES (\(tenant), \(number), 'a1', 'A', '', 'c1', 'C', '', 'T', 'D', \(text), 'new', TRUE,
            'portal', 1, '', 0, \(number), \(number), \(number), 0, 0, 1, 1)
          """)
      }
    }
  }

  private static func lastIndexed(_ store: any Store) async throws -> Int64 {
    try await store.read(as: acme) { db in
      try db.first("SELECT MAX(id) AS last FROM tickets_search_docsize", else: .notFound)["last"]
    }
  }

  /// All pages of 300.
  private static func found(
    _ query: String, by order: TicketStore.Filter.Order = .newest, in store: any Store
  ) async throws -> [Int64] {
    var (found, token): ([Int64], String) = ([], "")
    repeat {
      let page = try PageRequest(size: 300, token: token, query: [query])
      let tickets = try await store.read(as: acme) { db in
        let filter = TicketStore.Filter(order: order, query: query)
        return try TicketStore(db).tickets(
          filter,
          found: TicketSearchStore(db).found(filter, page: page, counted: 5000, in: everything),
          page: page,
          in: everything)
      }
      found += tickets.items.map(\.number)
      token = tickets.nextToken
    } while !token.isEmpty
    return found
  }

  private static func count(_ query: String, _ store: any Store) async throws -> Int64 {
    try await store.read(as: acme) { db in
      let filter = TicketStore.Filter(query: query)
      return try TicketStore(db).count(
        filter,
        found: TicketSearchStore(db).found(
          filter, page: PageRequest(size: 25, query: []), counted: 5000, in: everything),
        upTo: 5000,
        in: everything)
    }
  }
}
