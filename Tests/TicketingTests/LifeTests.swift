import Access
import Foundation
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@Suite("Tickets from creation to closing, over the wire")
struct LifeTests {
  @Test(
    "S-092 S-098 S-107 S-113 S-121 S-128 D-35 a ticket is raised: own contact, account, number, NEW, unassigned",
    arguments: TestStore.engines)
  func raised(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let ticket = try await desk.raise("  Printer jams ") {
        $0.site = "accounts/acme/sites/hq"
      }
      #expect(ticket.name == "accounts/acme/tickets/1001")
      #expect(ticket.displayID == "TKT-1001")
      #expect(ticket.title == "Printer jams")
      #expect(ticket.state == .new)
      #expect(ticket.source == .portal)
      #expect(ticket.contact == "accounts/acme/contacts/ada")
      #expect(ticket.contactDisplayName == "Ada Byte")
      #expect(ticket.accountDisplayName == "Acme")
      #expect(ticket.siteDisplayName == "HQ")
      #expect(ticket.assignee.isEmpty)
      #expect(ticket.createTime == .init(desk.stage.clock.now))
      #expect(ticket.updateTime == ticket.createTime)
      #expect(ticket == (try await desk.read(ticket, as: desk.ada)))
      #expect(try await desk.raise().displayID == "TKT-1002")
      // Another tenant counts by itself.
      #expect(try await desk.raise(as: desk.stranger).displayID == "TKT-1001")
      let byStaff = try await desk.raise(as: desk.tim) {
        $0.contact = "accounts/acme/contacts/bob"
      }
      #expect(byStaff.source == .staff)
      #expect(byStaff.contactDisplayName == "Bob Byte")
      let inbox = try await desk.tickets(desk.tim).listTickets(
        .init(parent: "accounts/-", folder: .unassigned))
      #expect(inbox.tickets.map(\.displayID) == ["TKT-1003", "TKT-1002", "TKT-1001"])
    }
  }

  @Test("D-35 concurrent tickets get unbroken numbers")
  func numbers() async throws {
    try await Desk.run { desk in
      let numbers = try await withThrowingTaskGroup(of: String.self) { group in
        for index in 0..<20 {
          group.addTask { try await desk.raise("Ticket \(index)").displayID }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(numbers == Set((1001...1020).map { "TKT-\($0)" }))
    }
  }

  @Test("X-12 what the server owns is not taken from the caller")
  func serverOwned() async throws {
    try await Desk.run { desk in
      let then = GoogleProtobuf.Timestamp(seconds: 1)
      let forge: (inout Ticketing.Ticket) -> Void = { ticket in
        ticket.name = "accounts/birch/tickets/7"
        ticket.displayID = "TKT-7"
        ticket.state = .closed
        ticket.source = .email
        ticket.accountDisplayName = "Someone"
        ticket.contactDisplayName = "Someone"
        ticket.assignee = "users/tim"
        ticket.assigneeDisplayName = "Tim"
        (ticket.dueTime, ticket.createTime, ticket.updateTime) = (then, then, then)
        (ticket.firstResponseTime, ticket.resolveTime, ticket.closeTime) = (then, then, then)
        ticket.noteCount = 9
        ticket.follows = "accounts/acme/tickets/1"
        ticket.etag = "forged"
        ticket.allowedActions = [.close]
      }
      let plain = try await desk.raise()
      var forged = try await desk.raise { forge(&$0) }
      #expect(forged.name == "accounts/acme/tickets/1002")
      (forged.name, forged.displayID) = (plain.name, plain.displayID)
      #expect(forged == plain)
      var message = try await desk.read(plain, as: desk.tim)
      let etag = message.etag
      forge(&message)
      (message.name, message.etag) = (plain.name, etag)
      message.title = "Renamed"
      let updated = try await desk.tickets(desk.tim).updateTicket(.init(ticket: message))
      #expect(updated.title == "Renamed")
      #expect(updated.state == .new)
      #expect(updated.assignee.isEmpty)
      #expect(updated.createTime == plain.createTime)
      for path in ["state", "assignee", "details", "contact", "number", "due_time"] {
        let refused = try await status {
          try await desk.tickets(desk.tim).updateTicket(
            .init(ticket: message, updateMask: .init(paths: [path])))
        }
        #expect(refused.violations.map(\.field) == ["update_mask"])
      }
    }
  }

  @Test(
    "S-106 S-107 D-58 limits of title and details count Unicode scalars; each violation names its field"
  )
  func limits() async throws {
    try await Desk.run { desk in
      let face = "👩‍👩‍👧‍👦"
      #expect(face.unicodeScalars.count == 7)
      let longest = String(repeating: "é", count: 193) + face
      #expect(try await desk.raise(longest).title == longest)
      let refused = try await status {
        try await desk.raise(longest + "x") { $0.details = String(repeating: "x", count: 20_001) }
      }
      #expect(refused.code == .invalidArgument)
      #expect(refused.violations.map(\.field) == ["ticket.title", "ticket.details"])
      let fields: [(String, (inout Ticketing.Ticket) -> Void)] = [
        ("ticket.title", { $0.title = " \n" }), ("ticket.title", { $0.title = "a\r\nBcc: x@y" }),
        ("ticket.contact", { $0.contact = "accounts/acme/contacts/bob" }),
        ("ticket.contact", { $0.contact = "accounts/birch/contacts/ada" }),
        ("ticket.site", { $0.site = "accounts/birch/sites/hq" }),
        ("ticket.site", { $0.site = "accounts/acme/sites/none" }),
        ("ticket.hardware_asset", { $0.hardwareAsset = "accounts/birch/assets/pc" }),
        ("ticket.hardware_asset", { $0.hardwareAsset = "accounts/acme/assets/none" }),
        ("ticket.priority", { $0.priority = .init(name: "catalogEntries/none") }),
        ("ticket.priority", { $0.priority = .init(name: "none") }),
      ]
      for (field, spoil) in fields {
        let refused = try await status { try await desk.raise { spoil(&$0) } }
        #expect(refused.code == .invalidArgument)
        #expect(refused.violations.map(\.field) == [field])
      }
      let unknown = try await status {
        try await desk.raise(as: desk.mia) { $0.contact = "accounts/acme/contacts/none" }
      }
      #expect(unknown.violations.map(\.field) == ["ticket.contact"])
      let nobody = try await status { try await desk.raise(as: desk.tim) }
      #expect(nobody.violations.map(\.field) == ["ticket.contact"])
      // Nothing of it took a number.
      #expect(try await desk.raise().displayID == "TKT-1002")
    }
  }

  @Test(
    "S-108 S-117 S-118 D-32 D-36 D-55 the whole life, with its times, its audit rows and its events"
  )
  func wholeLife() async throws {
    try await Desk.run { desk in
      let clock = desk.stage.clock
      var ticket = try await desk.raise()
      let tickets = desk.tickets(desk.tim)
      clock.advance(by: .minutes(10))
      try await desk.note("Have you tried…", on: ticket, as: desk.tim, .public)
      ticket = try await desk.read(ticket, as: desk.ada)
      #expect(ticket.state == .open)
      #expect(ticket.firstResponseTime == .init(clock.now))
      #expect(ticket.noteCount == 1)
      ticket = try await tickets.holdTicket(.init(name: ticket.name, state: .pendingVendor))
      ticket = try await tickets.holdTicket(.init(name: ticket.name, state: .open))
      ticket = try await tickets.holdTicket(.init(name: ticket.name, state: .pendingCustomer))
      try await desk.note("It works", on: ticket, as: desk.ada)
      #expect(try await desk.read(ticket, as: desk.ada).state == .open)
      clock.advance(by: .minutes(50))
      ticket = try await desk.tickets(desk.ada).resolveTicket(.init(name: ticket.name))
      #expect(ticket.state == .resolved)
      #expect(ticket.timeToResolve == .init(seconds: 3600))
      #expect(ticket.resolveTime == .init(clock.now))
      let again = try await status { try await tickets.resolveTicket(.init(name: ticket.name)) }
      #expect(again.code == .failedPrecondition)
      clock.advance(by: .days(30))
      ticket = try await tickets.closeTicket(.init(name: ticket.name))
      #expect(ticket.closeTime == .init(clock.now))
      #expect(ticket.timeToResolve == .init(seconds: 3600))
      #expect(
        try await desk.thread(ticket, as: desk.ada) == [
          "Have you tried…", "is waiting for a supplier.", "is working on the ticket again.",
          "is waiting for an answer from the customer.", "It works",
          "marked the ticket as resolved.", "closed the ticket.",
        ])
      let actions = [
        "ticket.created", "ticket.note.created", "ticket.held", "ticket.held", "ticket.held",
        "ticket.note.created", "ticket.resolved", "ticket.closed",
      ]
      let trail = try await desk.trail()
      #expect(trail.audit.map(\.action) == actions)
      #expect(trail.events.map(\.type) == actions)
      #expect(Set(trail.audit.map(\.resource)) == [ticket.name])
      #expect(Set(trail.events.map(\.place.account)) == ["acme"])
      #expect(trail.audit.last?.actor == Actor("users/tim"))
      #expect(trail.audit.first?.actor == Actor("users/acme-ada"))
    }
  }

  @Test(
    "S-112 D-30 F-14 reopening: by the customer inside the window, by staff any time, never once closed"
  )
  func reopening() async throws {
    try await Desk.run { desk in
      let clock = desk.stage.clock
      let ticket = try await desk.raise()
      let (hers, his) = (desk.tickets(desk.ada), desk.tickets(desk.tim))
      let early = try await status { try await hers.reopenTicket(.init(name: ticket.name)) }
      #expect(early.code == .failedPrecondition)
      _ = try await his.resolveTicket(.init(name: ticket.name))
      clock.advance(by: .days(7))
      #expect(try await hers.reopenTicket(.init(name: ticket.name)).state == .open)
      _ = try await his.resolveTicket(.init(name: ticket.name))
      clock.advance(by: .days(7) + .seconds(1))
      let late = try await status { try await hers.reopenTicket(.init(name: ticket.name)) }
      #expect(late.code == .failedPrecondition)
      #expect(try await his.reopenTicket(.init(name: ticket.name)).state == .open)
      _ = try await his.resolveTicket(.init(name: ticket.name))
      _ = try await his.closeTicket(.init(name: ticket.name))
      try await expect(.failedPrecondition) { try await his.reopenTicket(.init(name: ticket.name)) }
      try await expect(.failedPrecondition) { try await his.closeTicket(.init(name: ticket.name)) }
      try await expect(.failedPrecondition) {
        try await his.resolveTicket(.init(name: ticket.name))
      }
      try await expect(.failedPrecondition) {
        try await his.assignTicket(.init(name: ticket.name, assignee: "users/tim"))
      }
      try await expect(.failedPrecondition) {
        try await his.holdTicket(.init(name: ticket.name, state: .scheduled))
      }
      for state in [Ticketing.TicketState.unspecified, .new, .closed, .unrecognized(99)] {
        let refused = try await status {
          try await his.holdTicket(.init(name: ticket.name, state: state))
        }
        #expect(refused.violations.map(\.field) == ["state"])
      }
    }
  }

  @Test("D-60 a stale etag is ABORTED, the right one and none go through")
  func etags() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise()
      let (name, tickets) = (ticket.name, desk.tickets(desk.tim))
      let first = try await desk.read(ticket, as: desk.tim)
      let moved = try await tickets.assignTicket(
        .init(name: name, assignee: "users/tim", etag: first.etag))
      #expect(moved.etag != first.etag)
      try await expect(.aborted) {
        try await tickets.assignTicket(.init(name: name, etag: first.etag))
      }
      try await expect(.aborted) {
        try await tickets.resolveTicket(.init(name: name, etag: first.etag))
      }
      try await expect(.aborted) {
        try await tickets.holdTicket(.init(name: name, state: .scheduled, etag: first.etag))
      }
      try await expect(.aborted) {
        try await tickets.updateTicket(
          .init(ticket: .init(name: name, title: "Mine", etag: first.etag)))
      }
      try await expect(.aborted) {
        try await desk.tickets(desk.ada).resolveTicket(.init(name: name, etag: ticket.etag))
      }
      // An internal note is none of the customer's business: her etag stays good.
      let hers = try await desk.read(ticket, as: desk.ada)
      try await desk.note("Between us", on: ticket, as: desk.tim)
      #expect(try await desk.read(ticket, as: desk.ada) == hers)
      #expect(try await desk.read(ticket, as: desk.tim).etag != moved.etag)
      let resolved = try await desk.tickets(desk.ada).resolveTicket(
        .init(name: name, etag: hers.etag))
      #expect(resolved.state == .resolved)
      _ = try await tickets.reopenTicket(.init(name: name))
    }
  }

  @Test("D-14 a repeated request id gets the first answer; with another body it is refused")
  func replay() async throws {
    try await Desk.run { desk in
      let ticket = try await desk.raise(requestID: "r1")
      #expect(try await desk.raise(requestID: "r1") == ticket)
      let other = try await status { try await desk.raise("Another", requestID: "r1") }
      #expect(other.violations.map(\.field) == ["request_id"])
      // Ids are one person's own.
      #expect(try await desk.raise("Another", as: desk.mia, requestID: "r1").name != ticket.name)
      let note = try await desk.note("Once", on: ticket, as: desk.ada, requestID: "n1")
      #expect(try await desk.note("Once", on: ticket, as: desk.ada, requestID: "n1") == note)
      #expect(try await desk.thread(ticket, as: desk.ada) == ["Once"])
      let list = try await desk.tickets(desk.tim).listTickets(.init(parent: "accounts/-"))
      #expect(list.totalSize == 2)
      #expect(try await desk.trail().events.count == 3)
    }
  }
}
