import Logging
import PorticoAPI
import Store
import StorePostgres
import TestSupport
import Testing
import Values

@testable import Bootstrap
@testable import TicketingService

@Suite("Searching tickets", .timeLimit(.minutes(3)))
struct SearchTests {
  @Test(
    "F-41 a search finds what looking into every ticket of one's own would find, in the list's order, on both engines",
    arguments: TestStore.engines)
  func likeLooking(engine: Engine) async throws {
    let words = [
      "Drucker", "größer", "Ñandú", "e-mail", "50%", "C:\\temp", "東京駅", "naïve", "toner",
    ]
    try await Desk.run(on: engine) { desk in
      var titles: [String] = []
      for number in 0..<27 {
        let title = "\(words[number % 9]) \(words[number / 3 % 9])"
        titles.append(title)
        let ticket = try await desk.raise(title) { $0.details = "-" }
        #expect(ticket.displayID == "TKT-\(1001 + number)")
      }
      _ = try await desk.raise("Drucker toner", as: desk.birch)
      _ = try await desk.raise("Drucker toner", as: desk.stranger)
      for query in words + [
        "druck", "RUCKER", "GROSSER", "grosser", "nandu drucker", "京駅", "東京", "mail e-", "\\temp",
        "0%", "tkt-100",
        "1011", "toner naive", "toner toner", "temp%", "_", "xyz", "'; --", "\"drucker\"", "---",
      ] {
        let sought = SearchText.words(query)
        let expected = titles.indices.filter { index in
          let text = SearchText.folded("TKT-\(1001 + index) \(titles[index]) -")
          return sought.allSatisfy { text.contains($0) }
        }.map { "TKT-\(1001 + $0)" }
        let newest = try await Self.found(query, .unspecified, desk)
        #expect(newest == Array(expected.reversed()), "\(query)")
        #expect(try await Self.found(query, .createdFirst, desk) == expected, "\(query)")
      }
    }
  }

  /// In pages of four.
  private static func found(
    _ query: String, _ order: Ticketing.TicketOrder, _ desk: Desk
  ) async throws -> [String] {
    var (found, token): ([String], String) = ([], "")
    repeat {
      let page = try await desk.tickets(desk.mia).listTickets(
        .init(
          parent: "accounts/acme", pageSize: 4, pageToken: token, orderBy: order, query: query))
      found += page.tickets.map(\.displayID)
      token = page.nextPageToken
    } while !token.isEmpty
    return found
  }
}

/// 12,000 tickets of one tenant and some of another, on PostgreSQL; their numbers are in nineteen spans.
@Suite("Searching many tickets on PostgreSQL", .timeLimit(.minutes(3)))
struct ManyTicketsTests {
  private static let acme = TenantID("acme")
  private static let everything = Scope(tenant: acme, reach: .tenant)
  private static let needles: [Int64] = [1_200_000, 900_000, 600_000, 300_000]

  @Test(
    "a rare word is found by the index, a common one page by page; a tenant finds its own alone")
  func rareAndCommon() async throws {
    try await Self.run { store, database in
      try await PostgresServer.shared.run(Self.provesTheIndex, in: database)
      #expect(try await Self.search("needle", store) == [Self.needles])
      #expect(try await Self.search("needle 900000", store) == [[900_000]])
      #expect(try await Self.search("edle ommo", store) == [Self.needles])
      #expect(try await Self.search("absent", store) == [[]])
      // Every ticket has it.
      let common = try await Self.search("common", store, pages: 3)
      #expect(common == Self.newest(75, isIn: { _ in true }, by: 25))
      #expect(try await Self.count("common", store) == 1000)
      #expect(try await Self.count("needle", store) == 4)
      let own = try await store.read(as: TenantID("nobody")) { db in
        try db.all("SELECT * FROM newest_tickets_with(\("common"), NULL, \(Int64.max), \(10))")
          .count
      }
      #expect(own == 0)
      // What replicas of the version before ask.
      let before = try await store.read(as: Self.acme) { db in
        try db.all("SELECT number FROM tickets_with(\("needle"), \(10)) AS found (number)")
          .map { try $0["number"] as Int64 }
      }
      #expect(before == Self.needles)
    }
  }

  @Test("what else narrows the list narrows what words find, and other orders hold")
  func narrowed() async throws {
    try await Self.run { store, _ in
      func search(_ query: String, _ change: (inout TicketStore.Filter) -> Void) async throws
        -> [Int64]
      {
        var filter = TicketStore.Filter(query: query)
        change(&filter)
        return try await Self.search(filter, store, pages: 2).flatMap(\.self)
      }
      // Every seventh is closed, every fifth is Uma's, and the priority goes against the numbers.
      let closed = Self.newest(50, isIn: { $0 % 7 == 0 }, by: 50)[0]
      #expect(try await search("common") { $0.view = .closed } == closed)
      let umas = Self.newest(50, isIn: { $0 % 5 == 0 }, by: 50)[0]
      #expect(try await search("common") { $0.folder = .mine("uma") } == umas)
      #expect(try await search("needle") { $0.folder = .mine("uma") } == Self.needles)
      #expect(try await search("needle") { $0.view = .closed } == [])
      #expect(try await search("common") { $0.order = .oldest } == (1...50).map { $0 * 100 })
      #expect(try await search("needle") { $0.order = .oldest } == Self.needles.reversed())
      #expect(try await search("needle") { $0.order = .priority } == Self.needles)
      // By what has no index, the newest 5,000 are put in order.
      let urgent = try await search("common") { $0.order = .priority }
      #expect(urgent == Self.newest(50, isIn: { _ in true }, by: 50)[0])
      let due = try await search("common") { $0.order = .due }
      #expect(due == (7001...7050).map { $0 * 100 })
    }
  }

  private static func run(
    _ body: (any Store, PostgresServer.Database) async throws -> Void
  ) async throws {
    let database = try await PostgresServer.shared.database()
    let place = StoreLocation.postgres(Secret(database.app), owner: Secret(database.owner))
    let store = try await place.open(
      migrations: TicketingService.migrations, clock: SystemClock(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for tenant in [acme, TenantID("rival")] { try await fill(store, tenant) }
    try await PostgresServer.shared.run("ANALYZE", in: database)
    try await body(store, database)
    await store.close()
  }

  /// Fails unless the owner's plan for a rare word is the index of words: the policy for callers stands in its way.
  private static let provesTheIndex = """
    DO $$
    DECLARE plan JSON;
    BEGIN
      SET ROLE owner;
      EXECUTE 'EXPLAIN (FORMAT JSON) SELECT number FROM tickets WHERE tenant = ''acme'' AND number / 65536 = 18::BIGINT'
        || ' AND search_text LIKE ''%needle%'' ORDER BY number DESC LIMIT 1000' INTO plan;
      IF plan::TEXT NOT LIKE '%tickets_by_word%' THEN RAISE EXCEPTION 'not by the index: %', plan; END IF;
    END $$
    """

  private static func fill(_ store: any Store, _ tenant: TenantID) async throws {
    try await store.write(as: tenant) { db in
      try db.run(
        """
        INSERT INTO tickets (tenant, number, account, account_display_name, site_display_name, contact,
          contact_display_name, contact_email, title, details, search_text, state, is_open, source,
          priority_rank, assignee, assignee_display_name, due, due_order, created, updated_public, updated,
          public_note_count, internal_note_count, version, public_version)
        SELECT \(tenant), number * 100, 'a1', 'A', '', 'c1', 'C', '', 'T', 'D',
          'tkt-' || number * 100 || ' common ' || md5(CAST(number AS TEXT))
            || CASE WHEN number % 3000 = 0 THEN ' needle' ELSE '' END,
          'new', number % 7 <> 0, 'portal', 12000 - number,
          CASE WHEN number % 5 = 0 THEN 'uma' END, '', number, number, number, number, number, 0, 0, 1, 1
        FROM generate_series(1, 12000) AS numbers (number)
        """)
    }
  }

  /// So many numbers, the highest first, in pages.
  private static func newest(
    _ count: Int, isIn: (Int64) -> Bool, by page: Int
  ) -> [[Int64]] {
    let numbers = Array((1...12_000).reversed().lazy.filter(isIn).map { $0 * 100 }.prefix(count))
    return stride(from: 0, to: count, by: page).map { Array(numbers[$0..<($0 + page)]) }
  }

  private static func search(
    _ query: String, _ store: any Store, pages: Int = 1
  ) async throws -> [[Int64]] {
    try await search(TicketStore.Filter(query: query), store, pages: pages)
  }

  /// At most so many pages of 25, each an array of numbers.
  private static func search(
    _ filter: TicketStore.Filter, _ store: any Store, pages: Int
  ) async throws -> [[Int64]] {
    try await store.read(as: acme) { db in
      var (found, token): ([[Int64]], String) = ([], "")
      repeat {
        let request = try PageRequest(size: 25, token: token, query: [filter.query])
        let page = try TicketStore(db).tickets(
          filter, found: try Self.found(filter, request, db), page: request, in: everything)
        found.append(page.items.map(\.number))
        token = page.nextToken
      } while !token.isEmpty && found.count < pages
      return found
    }
  }

  private static func count(_ query: String, _ store: any Store) async throws -> Int64 {
    try await store.read(as: acme) { db in
      let filter = TicketStore.Filter(query: query)
      let found = try Self.found(filter, PageRequest(size: 25, query: [query]), db)
      return try TicketStore(db).count(filter, found: found, upTo: 1000, in: everything)
    }
  }

  private static func found(
    _ filter: TicketStore.Filter, _ page: PageRequest, _ db: Transaction
  ) throws -> TicketSearchStore.Found {
    try TicketSearchStore(db).found(filter, page: page, counted: 1000, in: everything)
  }
}
