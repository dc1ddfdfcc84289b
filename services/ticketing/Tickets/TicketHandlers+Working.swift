import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// What happens to a ticket between creation and closing.
extension TicketHandlers {
  func assignTicket(
    _ request: Ticketing.AssignTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    let principal = try call.principal
    var member: Directory.Member?
    if !request.assignee.isEmpty {
      _ = try ResourceName(request.assignee, "users/*", field: "assignee")
      member = try await directory.staff(request.assignee, for: principal)
      guard member != nil else {
        throw Status.invalid("assignee", "is not a member of the staff")
      }
    }
    let due = try request.dueTime.map { try Instant($0, field: "due_time") }
    let assignee = member
    return try await change(request.name, etag: request.etag, .ticketAssigned, call) {
      ticket, viewer, db in
      let before = ticket
      try ticket.assign(to: assignee?.named, due: due, at: db.now)
      guard ticket.assignee != before.assignee || ticket.due != before.due else { return }
      try note(assignmentText(ticket, by: viewer), on: ticket, by: viewer, in: db)
      try TicketLetters(db, origin: origin).assigned(ticket, to: assignee, by: viewer.principal)
    }
  }

  func resolveTicket(
    _ request: Ticketing.ResolveTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    try await change(request.name, etag: request.etag, .ticketResolved, call) {
      ticket, viewer, db in
      try ticket.resolve(at: db.now)
      try note("marked the ticket as resolved.", on: ticket, by: viewer, in: db)
      try TicketLetters(db, origin: origin).resolved(ticket, by: viewer)
    }
  }

  func reopenTicket(
    _ request: Ticketing.ReopenTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    try await change(request.name, etag: request.etag, .ticketReopened, call) {
      ticket, viewer, db in
      let days = try TicketSettingsStore(db).settings().reopenDays
      try ticket.reopen(by: viewer.side, reopenDays: days, at: db.now)
      try note("opened the ticket again.", on: ticket, by: viewer, in: db)
    }
  }

  func closeTicket(
    _ request: Ticketing.CloseTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    try await change(request.name, etag: request.etag, .ticketClosed, call) {
      ticket, viewer, db in
      try ticket.close(at: db.now)
      try note("closed the ticket.", on: ticket, by: viewer, in: db)
    }
  }

  func holdTicket(
    _ request: Ticketing.HoldTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    guard let state = Ticket.State(request.state) else {
      throw Status.invalid("state", "is required")
    }
    return try await change(request.name, etag: request.etag, .ticketHeld, call) {
      ticket, viewer, db in
      try ticket.hold(state, at: db.now)
      let text =
        switch state {
        case .pendingCustomer: "is waiting for an answer from the customer."
        case .pendingVendor: "is waiting for a supplier."
        case .open: "is working on the ticket again."
        default: "has scheduled the work."
        }
      try note(text, on: ticket, by: viewer, in: db)
    }
  }

  /// An event in the thread, in words that the customer may read. It is not a contribution: it does
  /// not count as a note, nor as a first response.
  func note(
    _ text: String, on ticket: Ticket, by viewer: Viewer, in db: Transaction
  ) throws {
    try NoteStore(db).insert(
      Note(
        id: "\(ids.next())", kind: .event, visibility: .public, body: text,
        author: viewer.principal.user, authorDisplayName: viewer.principal.displayName,
        created: db.now), for: ticket)
  }

  private func assignmentText(_ ticket: Ticket, by viewer: Viewer) -> String {
    guard let assignee = ticket.assignee else { return "put the ticket back into Unassigned." }
    let deed =
      assignee.id == viewer.principal.user
      ? "took the ticket" : "gave the ticket to \(assignee.displayName)"
    return deed + (ticket.due == nil ? "." : ", with a deadline.")
  }
}
