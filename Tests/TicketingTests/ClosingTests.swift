import Access
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import TicketingService

@Suite("Tickets that are closed by themselves")
struct ClosingTests {
  @Test(
    "F-14 D-30 past its tenant's window a resolved ticket is closed, nobody's else; an answer opens one that follows",
    arguments: TestStore.engines)
  func closing(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let handlers = try #require(await desk.host.service).tickets
      try await desk.change(.init(submissionAllowed: true, reopenDays: 3))
      let (ticket, other) = (try await desk.raise(), try await desk.raise("Still open"))
      let theirs = try await desk.raise(as: desk.stranger)
      _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: ticket.name))
      _ = try await desk.tickets(desk.stranger).resolveTicket(.init(name: theirs.name))
      desk.stage.clock.advance(by: .days(3))
      #expect(try await !handlers.hasTicketsToClose())
      try await handlers.closeResolvedTickets()
      #expect(try await desk.read(ticket, as: desk.ada).state == .resolved)

      desk.stage.clock.advance(by: .seconds(1))
      #expect(try await handlers.hasTicketsToClose())
      try await handlers.closeResolvedTickets()
      #expect(try await !handlers.hasTicketsToClose())
      let closed = try await desk.read(ticket, as: desk.ada)
      #expect(closed.state == .closed)
      #expect(closed.closeTime == .init(desk.stage.clock.now))
      #expect(closed.allowedActions == [.addNote])
      // Seven days unless a provider says otherwise.
      #expect(try await desk.read(theirs, as: desk.stranger).state == .resolved)
      #expect(try await desk.read(other, as: desk.ada).state == .new)
      let last = try #require(
        try await desk.tickets(desk.ada).listNotes(.init(parent: ticket.name)).notes.last)
      #expect(last.kind == .event)
      #expect(last.authorDisplayName.isEmpty)
      let trail = try await desk.trail()
      #expect(trail.audit.last?.action == "ticket.closed")
      #expect(trail.audit.last?.actor == Actor("services/ticketing"))
      #expect(trail.events.last?.type == "ticket.closed")

      let note = try await desk.note("It is back", on: ticket, as: desk.ada)
      #expect(!note.name.hasPrefix(ticket.name))
      #expect(try await desk.read(ticket, as: desk.ada).state == .closed)
    }
  }

  @Test("X-25 D-60 closing and reopening at once: one of them happens, and the thread tells which")
  func race() async throws {
    try await Desk.run { desk in
      for _ in 0..<8 {
        let ticket = try await desk.raise()
        _ = try await desk.tickets(desk.tim).resolveTicket(.init(name: ticket.name))
        let done = await withTaskGroup(of: Bool.self) { group in
          for _ in 0..<3 {
            group.addTask { await Self.succeeds { try await desk.close(ticket) } }
            group.addTask { await Self.succeeds { try await desk.reopen(ticket) } }
          }
          return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(done == 1)
        let state = try await desk.read(ticket, as: desk.ada).state
        let told = try await desk.thread(ticket, as: desk.ada).last
        #expect(state == (told == "closed the ticket." ? .closed : .open))
      }
    }
  }

  private static func succeeds(_ body: () async throws -> Void) async -> Bool {
    do {
      try await body()
      return true
    } catch { return false }
  }
}

extension Desk {
  fileprivate func close(_ ticket: Ticketing.Ticket) async throws {
    _ = try await tickets(tim).closeTicket(.init(name: ticket.name))
  }
  fileprivate func reopen(_ ticket: Ticketing.Ticket) async throws {
    _ = try await tickets(ada).reopenTicket(.init(name: ticket.name))
  }
}
