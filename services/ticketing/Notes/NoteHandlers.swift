import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

extension Ticketing.ListNotesRequest: PagedRequest {}

/// The thread of a ticket.
extension TicketHandlers {
  func listNotes(
    _ request: Ticketing.ListNotesRequest, _ call: Call
  ) async throws -> Ticketing.ListNotesResponse {
    let name = try ResourceName(request.parent, "accounts/*/tickets/*", field: "parent")
    let viewer = try Viewer(call)
    let page = try request.page([request.parent], in: viewer.scope, size: 100)
    return try await call.read(in: store) { db in
      let ticket = try self.ticket(name, for: viewer, in: db)
      let found = try NoteStore(db).notes(of: ticket, showing: viewer.visible, page: page)
      let attachments = Dictionary(
        grouping: try AttachmentStore(db).attachments(of: ticket, showing: viewer.visible)
      ) { $0.note ?? "" }
      return Ticketing.ListNotesResponse(
        notes: found.items.map { .init($0, of: ticket, attachments: attachments[$0.id] ?? []) },
        nextPageToken: found.nextToken)
    }
  }

  func createNote(
    _ request: Ticketing.CreateNoteRequest, _ call: Call
  ) async throws -> Ticketing.Note {
    let name = try ResourceName(request.parent, "accounts/*/tickets/*", field: "parent")
    let viewer = try Viewer(call)
    let message = request.note ?? .init()
    var check = Violations()
    let body = check.text(message.body, "note.body", limit: 20_000, multiline: true)
    check.require(
      viewer.side == .staff || message.visibility != .internal, "note.visibility",
      "must be PUBLIC")
    try check.end()
    let uploads = try uploadIDs(request.uploads)
    let visibility = Note.visibility(asked: .init(message.visibility), by: viewer.side)
    let successor = try await successor(name, viewer, call)
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let settings = try TicketSettingsStore(db).settings()
      var ticket = try self.ticket(name, for: viewer, in: db)
      if viewer.side == .customer,
        ticket.needsFollowUp(reopenDays: settings.reopenDays, at: db.now)
      {
        ticket = try raise(
          ticket.followUp(
            number: TicketStore(db).nextNumber(), contact: successor.contact, at: db.now),
          for: successor.assignee, settings, by: viewer, in: db)
      }
      let before = ticket
      let note = Note(
        id: "\(ids.next())", kind: viewer.side == .staff ? .staff : .customer,
        visibility: visibility, body: body, author: viewer.principal.user,
        authorDisplayName: viewer.principal.displayName, created: db.now)
      try ticket.noted(
        by: viewer.side, isPublic: visibility == .public, reopenDays: settings.reopenDays,
        at: db.now)
      let saved = try TicketStore(db).save(ticket, in: viewer.scope)
      try NoteStore(db).insert(note, for: saved)
      if before.state == .resolved, saved.state == .open {
        try self.note("opened the ticket again.", on: saved, by: viewer, in: db)
        try db.emit(.ticketReopened, on: saved.name, at: saved.place)
      }
      let files = try attach(
        uploads, to: saved, note: note.id, visibility: visibility, by: viewer, in: db)
      try db.record(
        visibility == .public ? .noteCreated : .internalNoteCreated, saved,
        was: before, by: viewer.actor)
      if visibility == .public { try TicketLetters(db, origin: origin).noted(saved, note) }
      return .init(note, of: saved, attachments: files)
    }
  }

  /// Who a new ticket would be for and go to, should this note need one; asked for before the
  /// transaction. A ticket that is closed between the two gets the contact person it had.
  private func successor(
    _ name: ResourceName, _ viewer: Viewer, _ call: Call
  ) async throws -> Successor {
    guard viewer.side == .customer else { return Successor() }
    let isNeeded = try await call.read(in: store) { db in
      let days = try TicketSettingsStore(db).settings().reopenDays
      return try ticket(name, for: viewer, in: db).needsFollowUp(reopenDays: days, at: db.now)
    }
    guard isNeeded, let own = viewer.contact(in: name["accounts"]) else { return Successor() }
    return Successor(
      contact: try await directory.contact(
        own, of: name["accounts"], for: viewer.principal)?.contact,
      assignee: try await defaultAssignee(viewer))
  }
}

private struct Successor: Sendable {
  /// The customer who writes.
  var contact: Ticket.ContactPerson?
  var assignee: Directory.Member?
}

extension Ticketing.Note {
  fileprivate init(_ note: Note, of ticket: Ticket, attachments: [Attachment]) {
    let kind: Ticketing.NoteKind =
      switch note.kind {
      case .customer: .customer
      case .staff: .staff
      case .event: .event
      }
    self.init(
      name: "\(ticket.name)/notes/\(note.id)", kind: kind,
      visibility: note.visibility == .public ? .public : .internal, body: note.body,
      author: note.author, authorDisplayName: note.authorDisplayName,
      createTime: .init(note.created), attachments: attachments.map { .init($0, of: ticket) })
  }
}

extension Note.Visibility {
  fileprivate init?(_ visibility: Ticketing.NoteVisibility) {
    switch visibility {
    case .public: self = .public
    case .internal: self = .internal
    default: return nil
    }
  }
}
