import Access
import Blobs
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Serves `portico.ticketing.v1.Tickets`. Each folder adds the methods of its resource.
struct TicketHandlers: TicketsService {
  let store: any Store
  let blobs: any BlobStore
  let directory: Directory
  let ids: SortableIDGenerator
  let origin: PortalOrigin
  let maxFileBytes: Int64
  let catalogues: KeptCatalogueStore
}

/// What the caller of a method is to a ticket: which side they are on, and what they may see and do.
struct Viewer: Sendable {
  let principal: Principal
  let scope: Scope
  let actor: Actor

  init(_ call: Call) throws {
    principal = try call.principal
    scope = try call.scope
    actor = try call.auditActor
  }

  var side: Ticket.Side { principal.isStaff ? .staff : .customer }
  var visible: [Note.Visibility] { side == .staff ? [.public, .internal] : [.public] }

  /// The caller's own contact in an account.
  func contact(in account: String) -> String? {
    principal.memberships.first { $0.account == account }?.contact
  }

  /// Whether the caller may raise tickets for a contact: others than themselves only with a wider reach.
  func mayName(contact: String, in account: String) -> Bool {
    guard case .within(let boundaries) = scope.reach else { return true }
    return boundaries.contains {
      $0.account == account && ($0.contact == nil || $0.contact == contact)
    }
  }

  /// A customer's etag moves only with what a customer may know of.
  func etag(of ticket: Ticket) -> Etag {
    Etag(version: side == .staff ? ticket.version : ticket.publicVersion)
  }
}

/// Where a viewer may write and where they may work on tickets, by the decision that the gate makes when a method is called.
struct TicketRights: Sendable {
  private let viewer: Viewer
  private let now: Instant
  private let write: Scope?
  private let work: Scope?

  init(of viewer: Viewer, at now: Instant) {
    (self.viewer, self.now) = (viewer, now)
    func scope(of method: RPC.Method) -> Scope? {
      guard case .allowed(let scope) = Decision(method, for: viewer.principal, at: now).outcome
      else { return nil }
      return scope
    }
    write = scope(of: Methods.Tickets.createNote)
    work = scope(of: Methods.Tickets.assignTicket)
  }

  /// What the ticket's life allows and the viewer has the right to, here.
  func actions(for ticket: Ticket, _ settings: TicketSettings) -> [Ticket.Action] {
    let allowed = ticket.allowedActions(for: viewer.side, reopenDays: settings.reopenDays, at: now)
    guard !allowed.isEmpty else { return [] }
    let (mayWrite, mayWork) = (reaches(ticket, write), reaches(ticket, work))
    return allowed.filter { action in
      switch action {
      case .addNote, .addInternalNote, .resolve, .reopen: mayWrite
      case .assign, .hold, .close, .logTime, .classify: mayWork
      }
    }
  }

  private func reaches(_ ticket: Ticket, _ scope: Scope?) -> Bool {
    scope?.allows(account: ticket.account, site: ticket.site?.id, contact: ticket.contact.id)
      ?? false
  }
}

extension TicketHandlers {
  /// The ticket of a name, in the viewer's scope.
  func ticket(_ name: ResourceName, for viewer: Viewer, in db: Transaction) throws -> Ticket {
    guard let number = Int64(name["tickets"]), String(number) == name["tickets"] else {
      throw StoreError.notFound
    }
    return try TicketStore(db).ticket(
      account: name["accounts"], number: number, in: viewer.scope)
  }

  /// The ticket as the viewer is shown it.
  func shown(
    _ ticket: Ticket, to viewer: Viewer, in db: Transaction
  ) throws -> Ticketing.Ticket {
    let attachments = try AttachmentStore(db).attachments(of: ticket, showing: viewer.visible)
    return try shown(
      ticket, with: attachments.filter { $0.note == nil }, to: viewer,
      TicketSettingsStore(db).settings(),
      CatalogEntryStore(db).catalogue(of: Catalogue.Wish(ticket.classification).ids), in: db)
  }

  /// The same where all that goes with it is at hand.
  func shown(
    _ ticket: Ticket, with attachments: [Attachment], to viewer: Viewer,
    _ settings: TicketSettings, _ catalogue: Catalogue, in db: Transaction
  ) throws -> Ticketing.Ticket {
    let assets = try AssetStore(db).assets(
      account: ticket.account,
      ids: [ticket.hardwareAsset, ticket.softwareAsset].compactMap(\.self),
      in: Scope(tenant: db.tenant, reach: .tenant))
    return Ticketing.Ticket(
      ticket, to: viewer, catalogue: catalogue, assets: assets, attachments: attachments,
      actions: TicketRights(of: viewer, at: db.now).actions(for: ticket, settings))
  }

  /// Reads, changes and saves a ticket, and tells everybody who is to know.
  func change(
    _ name: String, field: String = "name", etag: String, _ event: EventType, _ call: Call,
    _ body: @escaping @Sendable (inout Ticket, Viewer, Transaction) throws -> Void
  ) async throws -> Ticketing.Ticket {
    let name = try ResourceName(name, "accounts/*/tickets/*", field: field)
    let viewer = try Viewer(call)
    return try await call.write(in: store) { db in
      var ticket = try self.ticket(name, for: viewer, in: db)
      try viewer.etag(of: ticket).require(etag)
      let before = ticket
      try body(&ticket, viewer, db)
      let saved = try TicketStore(db).save(ticket, in: viewer.scope)
      try db.record(event, saved, was: before, by: viewer.actor)
      return try shown(saved, to: viewer, in: db)
    }
  }
}

extension Transaction {
  /// The audit row and the event of a change to a ticket.
  func record(
    _ event: EventType, _ ticket: Ticket, was before: Ticket? = nil, by actor: Actor
  ) throws {
    try audit(
      event.name, on: ticket.name, by: actor, before: before?.auditFacts ?? [:],
      after: ticket.auditFacts)
    try emit(event, on: ticket.name, at: ticket.place)
  }
}

extension Ticket {
  fileprivate var auditFacts: [String: String] {
    [
      "title": title, "state": state.rawValue, "assignee": assignee?.id ?? "",
      "priority": classification.priority ?? "",
    ]
  }
}

extension TicketError: StatusConvertible {
  var status: Status {
    switch self {
    case .alreadyResolved: refused("ALREADY_RESOLVED", "the ticket is resolved already")
    case .alreadyClosed: refused("ALREADY_CLOSED", "the ticket is closed")
    case .notResolved: refused("NOT_RESOLVED", "the ticket is not resolved")
    case .reopenWindowPassed:
      refused("REOPEN_WINDOW_PASSED", "the ticket was resolved too long ago to be reopened")
    case .notAHoldState: .invalid("state", "must be a pending state, SCHEDULED or OPEN")
    case .alreadyInState: refused("ALREADY_IN_STATE", "the ticket is in that state already")
    }
  }

  private func refused(_ reason: String, _ message: String) -> Status {
    Status(
      .failedPrecondition, message, details: [.reason(reason, domain: "ticketing")])
  }
}
