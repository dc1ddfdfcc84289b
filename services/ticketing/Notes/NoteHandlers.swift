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
    let followUpContact = try await followUpContact(name, viewer)
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let settings = try TicketSettingsStore(db).settings()
      var ticket = try self.ticket(name, for: viewer, in: db)
      if viewer.side == .customer,
        ticket.needsFollowUp(reopenDays: settings.reopenDays, at: db.now)
      {
        ticket = try followUp(to: ticket, by: viewer, contact: followUpContact, in: db)
      }
      let note = Note(
        id: "\(ids.next())", kind: viewer.side == .staff ? .staff : .customer,
        visibility: visibility, body: body, author: viewer.principal.user,
        authorDisplayName: viewer.principal.displayName, created: db.now)
      try ticket.noted(
        by: viewer.side, isPublic: visibility == .public, reopenDays: settings.reopenDays,
        at: db.now)
      let saved = try TicketStore(db).save(ticket, in: viewer.scope)
      try NoteStore(db).insert(note, for: saved)
      let files = try attach(
        uploads, to: saved, note: note.id, visibility: visibility, by: viewer, in: db)
      try db.record(
        visibility == .public ? "ticket.note.created" : "ticket.internal_note.created", saved,
        by: viewer.actor)
      if visibility == .public { try TicketLetters(db, origin: origin).noted(saved, note) }
      return .init(note, of: saved, attachments: files)
    }
  }

  /// A new ticket that takes up a closed one (D-30), with the same people and the same classification.
  private func followUp(
    to closed: Ticket, by viewer: Viewer, contact: Ticket.ContactPerson?, in db: Transaction
  ) throws -> Ticket {
    var ticket = closed
    ticket.number = try TicketStore(db).nextNumber()
    ticket.contact = contact ?? closed.contact
    ticket.details = "This follows \(closed.displayID), which is closed."
    ticket.state = .new
    ticket.source = .portal
    ticket.assignee = nil
    ticket.due = nil
    (ticket.created, ticket.updated, ticket.updatedPublic) = (db.now, db.now, db.now)
    (ticket.firstResponse, ticket.resolved, ticket.closed) = (nil, nil, nil)
    ticket.follows = .init(account: closed.account, number: closed.number)
    (ticket.publicNoteCount, ticket.internalNoteCount, ticket.version) = (0, 0, 1)
    try TicketStore(db).insert(ticket, in: viewer.scope)
    try db.record("ticket.created", ticket, by: viewer.actor)
    return ticket
  }

  /// Who would be the contact person of a follow-up: the customer who writes.
  private func followUpContact(
    _ name: ResourceName, _ viewer: Viewer
  ) async throws -> Ticket.ContactPerson? {
    guard viewer.side == .customer, let own = viewer.contact(in: name["accounts"]) else {
      return nil
    }
    return try await directory.contact(own, of: name["accounts"], for: viewer.principal)?.contact
  }
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
