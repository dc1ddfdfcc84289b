import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("Lists of tickets")
struct ListTests {
  @Test(
    "D-60 every order in pages of every size is the whole list, once, in its order",
    arguments: TestStore.engines)
  func orders(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      try await desk.priorities()
      for index in 1...9 {
        let ticket = try await desk.raise("T\(index)", as: desk.mia) {
          // Ties everywhere: of priority, of deadline, of the moment.
          $0.priority = .init(name: "catalogEntries/\(["high", "low"][index % 2])")
        }
        if index % 3 != 0 {
          _ = try await desk.tickets(desk.tim).assignTicket(
            .init(
              name: ticket.name, assignee: "users/tim",
              dueTime: .init(seconds: 2_000_000_000 - Int64(index % 3))))
        }
        if index % 2 == 0 { desk.stage.clock.advance(by: .minutes(1)) }
      }
      try await desk.note("Bump", on: .init(name: "accounts/acme/tickets/1002"), as: desk.mia)
      let expected: [(Ticketing.TicketOrder, [Int])] = [
        (.unspecified, [9, 8, 7, 6, 5, 4, 3, 2, 1]), (.createdFirst, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (.updatedLast, [9, 2, 8, 7, 6, 5, 4, 3, 1]), (.priority, [2, 4, 6, 8, 1, 3, 5, 7, 9]),
        (.due, [2, 5, 8, 1, 4, 7, 3, 6, 9]),
      ]
      for (order, numbers) in expected {
        for (person, size) in [(desk.mia, Int32(2)), (desk.mia, 4), (desk.tim, 9), (desk.tim, 1)] {
          let pages = try await desk.pages(
            person, .init(parent: "accounts/-", pageSize: size, orderBy: order))
          #expect(pages.joined().map(\.title) == numbers.map { "T\($0)" }, "\(order) by \(size)")
          #expect(pages.allSatisfy { $0.count <= Int(size) })
        }
      }
      let first = try await desk.tickets(desk.mia).listTickets(
        .init(parent: "accounts/-", pageSize: 2))
      #expect(first.totalSize == 9)
      let token = first.nextPageToken
      for request in [
        Ticketing.ListTicketsRequest(parent: "accounts/acme", pageToken: token),
        .init(parent: "accounts/-", pageToken: token, orderBy: .priority),
        .init(parent: "accounts/-", pageToken: token, view: .open),
        .init(parent: "accounts/-", pageToken: token, query: "T"),
        .init(parent: "accounts/-", pageToken: token, priorities: ["catalogEntries/low"]),
        .init(parent: "accounts/-", pageToken: "junk"),
      ] {
        let refused = try await status { try await desk.tickets(desk.mia).listTickets(request) }
        #expect(refused.violations.map(\.field) == ["page_token"])
      }
      let other = try await status {
        try await desk.tickets(desk.tim).listTickets(.init(parent: "accounts/-", pageToken: token))
      }
      #expect(other.violations.map(\.field) == ["page_token"])
      let negative = try await status {
        try await desk.tickets(desk.tim).listTickets(.init(parent: "accounts/-", pageSize: -1))
      }
      #expect(negative.violations.map(\.field) == ["page_size"])
    }
  }

  @Test(
    "S-111 S-112 S-122 S-130 open and closed halves; folders of the staff, which customers do not have"
  )
  func halves() async throws {
    try await Desk.run { desk in
      let names = ["New", "Mine", "Hers", "Resolved", "Closed"]
      var tickets: [String: Ticketing.Ticket] = [:]
      for name in names { tickets[name] = try await desk.raise(name) }
      let staff = desk.tickets(desk.tim)
      func name(_ title: String) throws -> String { try #require(tickets[title]).name }
      _ = try await staff.assignTicket(.init(name: try name("Mine"), assignee: "users/tim"))
      _ = try await staff.assignTicket(.init(name: try name("Hers"), assignee: "users/tess"))
      for title in ["Resolved", "Closed"] {
        _ = try await staff.resolveTicket(.init(name: try name(title)))
      }
      _ = try await staff.closeTicket(.init(name: try name("Closed")))
      func titles(
        _ person: Principal, _ view: Ticketing.TicketView = .open,
        _ folder: Ticketing.TicketFolder = .unspecified
      ) async throws -> [String] {
        let list = try await desk.tickets(person).listTickets(
          .init(parent: "accounts/-", view: view, folder: folder, orderBy: .createdFirst))
        #expect(Int(list.totalSize) == list.tickets.count)
        return list.tickets.map(\.title)
      }
      #expect(try await titles(desk.ada) == ["New", "Mine", "Hers"])
      #expect(try await titles(desk.ada, .closed) == ["Resolved", "Closed"])
      #expect(try await titles(desk.ada, .all) == names)
      #expect(try await titles(desk.ada, .unspecified) == names)
      #expect(try await titles(desk.tim, .open, .unassigned) == ["New"])
      #expect(try await titles(desk.tim, .open, .mine) == ["Mine"])
      #expect(try await titles(desk.tess, .open, .mine) == ["Hers"])
      #expect(try await titles(desk.tim, .all, .assigned) == ["Mine", "Hers"])
      #expect(try await titles(desk.ada, .open, .unassigned) == ["New", "Mine", "Hers"])
    }
  }

  @Test(
    "Searching finds words in id, title and details; signs of LIKE are only signs",
    arguments: TestStore.engines)
  func search(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      _ = try await desk.raise("Drucker Müller streikt") { $0.details = "Raum 7" }
      _ = try await desk.raise("100% full") { $0.details = "disk_c and so on!" }
      _ = try await desk.raise("1000 files") { $0.details = "diskxc" }
      _ = try await desk.raise("Müller of birch", as: desk.birch)
      func found(_ query: String) async throws -> [String] {
        try await desk.tickets(desk.ada).listTickets(
          .init(parent: "accounts/-", orderBy: .createdFirst, query: query)
        ).tickets.map(\.displayID)
      }
      #expect(try await found("muller") == ["TKT-1001"])
      #expect(try await found("RAUM drucker") == ["TKT-1001"])
      #expect(try await found("raum files") == [])
      #expect(try await found("tkt-1003") == ["TKT-1003"])
      #expect(try await found("100%") == ["TKT-1002"])
      #expect(try await found("disk_c") == ["TKT-1002"])
      #expect(try await found("on!") == ["TKT-1002"])
      #expect(try await found("%") == ["TKT-1002"])
      #expect(try await found("%\u{200D}") == [])
      #expect(try await found("' OR 1=1 --") == [])
      #expect(try await found("") == ["TKT-1001", "TKT-1002", "TKT-1003"])
      let long = try await status { try await found(String(repeating: "x", count: 401)) }
      #expect(long.violations.map(\.field) == ["query"])
    }
  }
}

extension Desk {
  func entry(
    _ id: String, _ kind: Ticketing.CatalogKind,
    _ change: (inout Ticketing.CatalogEntry) -> Void = { _ in }
  ) async throws {
    var entry = Ticketing.CatalogEntry(kind: kind, displayName: id)
    change(&entry)
    _ = try await catalog().createCatalogEntry(.init(catalogEntryID: id, catalogEntry: entry))
  }

  /// `high`, and `low` which is the default.
  func priorities() async throws {
    try await entry("high", .priority) { $0.rank = 1 }
    try await entry("low", .priority) { ($0.rank, $0.isDefault) = (5, true) }
  }

  func pages(_ person: Principal, _ request: Ticketing.ListTicketsRequest) async throws
    -> [[Ticketing.Ticket]]
  {
    var (pages, request): ([[Ticketing.Ticket]], Ticketing.ListTicketsRequest) = ([], request)
    repeat {
      let page = try await tickets(person).listTickets(request)
      pages.append(page.tickets)
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty && pages.count < 100
    return pages
  }
}
