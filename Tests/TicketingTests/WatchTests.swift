import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@testable import TicketingService

@Suite("Watching events", .timeLimit(.minutes(2)))
struct WatchTests {
  @Test(
    "N-05 D-34 everybody is told of what they may read, and of nothing else",
    arguments: TestStore.engines)
  func audience(_ engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let hers = try await desk.raise(as: desk.ada)
      let his = try await desk.raise(as: desk.bob) { $0.site = "accounts/acme/sites/lab" }
      let theirs = try await desk.raise(as: desk.birch)
      _ = try await desk.raise(as: desk.stranger)
      try await desk.note("Between us.", on: hers, as: desk.tim)
      try await desk.note("We are looking into it.", on: hers, as: desk.tim, .public)
      _ = try await desk.tickets(desk.tim).createTimeEntry(
        .init(parent: his.name, timeEntry: .init(minutes: 5, public: true)))
      let all = [
        "ticket.created \(hers.name)", "ticket.created \(his.name)",
        "ticket.created \(theirs.name)", "ticket.internal_note.created \(hers.name)",
        "ticket.note.created \(hers.name)", "ticket.time_logged \(his.name)",
      ]
      let told: [(Principal, [Int])] = [
        (desk.ada, [0, 4]), (desk.bob, [1]), (desk.mia, [0, 1, 4]), (desk.birch, [2]),
        (desk.siteKeeper(["lab"]), [1]), (desk.siteKeeper(["hq"]), []),
        (desk.tim, Array(0..<6)), (TestPrincipal.staff(.billingClerk), []),
        (TestPrincipal.staff(.administrator), Array(0..<6)),
        (.service("gateway", tenant: TestPrincipal.tenant), Array(0..<6)),
      ]
      for (principal, indices) in told {
        let heard = try await desk.missed(by: principal)
        #expect(heard.map(\.told) == indices.map { all[$0] }, "\(principal.user)")
        let isService = principal.user == "services/gateway"
        #expect(heard.allSatisfy { ($0.audience != nil) == isService })
      }
      #expect(try await desk.missed(by: desk.stranger).map(\.type) == ["ticket.created"])
      let internalNote = try #require(
        try await desk.missed(by: .service("gateway", tenant: TestPrincipal.tenant))
          .first { $0.type == "ticket.internal_note.created" }?.audience)
      #expect(
        internalNote
          == .init(
            staffOnly: true, permission: "TICKETS_READ", account: "acme", contact: "ada"))
    }
  }

  @Test("N-05 other services and people without a session do not watch")
  func callers() async throws {
    try await Desk.run { desk in
      for (caller, code) in [
        (desk.stage.caller("ticketing", asService: "billing"), Status.Code.permissionDenied),
        (desk.stage.caller("ticketing"), .unauthenticated),
      ] {
        let refused = try await status {
          try await TicketingEventsClient(caller).watchEvents(.init()) { events in
            for try await _ in events {}
          }
        }
        #expect(refused.code == code)
      }
    }
  }

  @Test("N-05 what happens is told as it happens; types and resources narrow it")
  func live() async throws {
    try await Desk.run { desk in
      let first = try await desk.raise(as: desk.ada)
      let client = TicketingEventsClient(desk.stage.caller("ticketing", as: desk.tim))
      let request = Events.WatchEventsRequest(
        types: ["ticket.note.created", "ticket.resolved"], resource: first.name)
      let heard = try await client.watchEvents(request) { events in
        var iterator = events.makeAsyncIterator()
        let begin = try #require(try await iterator.next())
        #expect(begin.type == "bookmark" && begin.resource.isEmpty && begin.createTime != nil)
        let other = try await desk.raise("Another", as: desk.ada)
        try await desk.note("For the other one.", on: other, as: desk.ada)
        try await desk.note("For the first one.", on: first, as: desk.ada)
        _ = try await desk.tickets(desk.ada).resolveTicket(.init(name: first.name))
        return [
          try #require(try await iterator.next()), try #require(try await iterator.next()),
        ]
      }
      #expect(
        heard.map(\.told) == [
          "ticket.note.created \(first.name)", "ticket.resolved \(first.name)",
        ])
      #expect(heard.map(\.account) == ["accounts/acme", "accounts/acme"])
      let unknown = try await status {
        try await client.watchEvents(.init(types: ["ticket.eaten"])) { for try await _ in $0 {} }
      }
      #expect(unknown.code == .invalidArgument)
    }
  }

  @Test("N-05 a cursor of what is no longer kept, or that never was, is OUT_OF_RANGE")
  func expired() async throws {
    try await Desk.run { desk in
      for _ in 0..<3 { _ = try await desk.raise(as: desk.ada) }
      let clock = desk.stage.clock
      let store = try #require(await desk.host.store)
      _ = try await store.writeAcrossTenants {
        try $0.pruneEvents(before: clock.now + .days(1), atMost: 2)
      }
      let client = TicketingEventsClient(desk.stage.caller("ticketing", as: desk.tim))
      for cursor in ["0", "1", "4", "9223372036854775807"] {
        let refused = try await status {
          try await client.watchEvents(.init(cursor: cursor)) { for try await _ in $0 {} }
        }
        #expect(refused.code == .outOfRange && refused.reason == "CURSOR_EXPIRED", "\(cursor)")
      }
      for cursor in ["-1", "01", "x", "1 ", "9223372036854775808"] {
        let refused = try await status {
          try await client.watchEvents(.init(cursor: cursor)) { for try await _ in $0 {} }
        }
        #expect(refused.code == .invalidArgument, "\(cursor)")
      }
      #expect(try await desk.missed(by: desk.tim, after: "2").map(\.cursor) == ["3"])
    }
  }

  @Test("N-05 8.3.2 a stream ends when the caller's token runs out, and resumes with the next")
  func expiry() async throws {
    try await Desk.run(settings: ["events.bookmark.seconds": "1"]) { desk in
      let client = TicketingEventsClient(desk.stage.caller("ticketing", as: desk.ada))
      var last = ""
      let ended = try await status {
        try await client.watchEvents(.init()) { events in
          for try await event in events {
            last = event.cursor
            desk.stage.clock.advance(by: .seconds(61))
          }
        }
      }
      #expect(ended.code == .aborted && ended.reason == "TOKEN_EXPIRED")
      _ = try await desk.raise(as: desk.ada)
      #expect(try await desk.missed(by: desk.ada, after: last).map(\.type) == ["ticket.created"])
    }
  }

  @Test("N-05 R-024 who does not read is ended, and resumes without a gap")
  func slow() async throws {
    try await Desk.run { desk in
      let total = 20_000
      let store = try #require(await desk.host.store)
      let client = TicketingEventsClient(desk.stage.caller("ticketing", as: desk.tim))
      var cursors: [String] = []
      let ended = try await status {
        try await client.watchEvents(.init()) { events in
          var iterator = events.makeAsyncIterator()
          _ = try await iterator.next()
          for _ in 0..<20 {
            try await store.write(as: TestPrincipal.tenant) { db in
              for number in 0..<(total / 20) {
                try db.emit(
                  .ticketCreated, on: "accounts/acme/tickets/\(number)", at: .init(account: "acme"))
              }
            }
          }
          while let event = try await iterator.next() { cursors.append(event.cursor) }
        }
      }
      #expect(ended.code == .aborted && ended.reason == "SLOW_READER")
      #expect(!cursors.isEmpty && cursors.count < total)
      let rest = try await desk.missed(by: desk.tim, after: cursors.last ?? "0")
      #expect((cursors + rest.map(\.cursor)) == (1...total).map(String.init))
    }
  }

  @Test("N-05 a reader that was cut off by a restart goes on where it stood")
  func restart() async throws {
    try await Desk.run { desk in
      let client = TicketingEventsClient(desk.stage.caller("ticketing", as: desk.tim))
      let ended = try await status {
        try await client.watchEvents(.init()) { events in
          var iterator = events.makeAsyncIterator()
          _ = try await iterator.next()
          // A service that goes away does not wait for those who only listen.
          async let stop: Void = desk.host.stop()
          while try await iterator.next() != nil {}
          await stop
        }
      }
      #expect(ended.code == .unavailable)
    }
  }
}

extension Events.Event {
  fileprivate var told: String { "\(type) \(resource)" }
}

extension Status {
  var reason: String? {
    details.lazy.compactMap { detail in
      do { return try detail.unpacked(as: GoogleRpc.ErrorInfo.self)?.reason } catch { return nil }
    }.first
  }
}

extension Desk {
  /// What somebody was not told of yet: everything after a cursor, up to now.
  func missed(by principal: Principal, after cursor: String = "0") async throws -> [Events.Event] {
    let head = try await rows(of: principal.tenant) { try $0.lastEventPosition() }
    var caller = stage.caller("ticketing", as: principal)
    if case .service(let name) = principal.kind {
      caller = stage.caller("ticketing", asService: name, tenant: principal.tenant)
    }
    return try await TicketingEventsClient(caller).watchEvents(.init(cursor: cursor)) { events in
      var heard: [Events.Event] = []
      for try await event in events {
        if event.type != "bookmark" { heard.append(event) }
        if event.cursor == "\(head)" { break }
      }
      return heard
    }
  }
}
