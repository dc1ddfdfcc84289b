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

  /// Whether the caller may do more than look: customers with TICKETS_WRITE where the ticket is, and
  /// staff who work on tickets.
  func actions(
    for ticket: Ticket, settings: TicketSettings, at now: Instant
  ) -> [Ticket.Action] {
    let held = principal.permissions
    guard held.contains(side == .staff ? .ticketsWork : .ticketsWrite) else { return [] }
    return ticket.allowedActions(for: side, reopenDays: settings.reopenDays, at: now)
  }
}

extension TicketHandlers {
  /// The ticket of a name, in the viewer's scope.
  func ticket(_ name: ResourceName, for viewer: Viewer, in db: Transaction) throws -> Ticket {
    guard let number = Int64(name["tickets"]) else { throw StoreError.notFound }
    return try TicketStore(db).ticket(
      account: name["accounts"], number: number, in: viewer.scope)
  }

  /// The ticket as the viewer is shown it.
  func shown(
    _ ticket: Ticket, to viewer: Viewer, in db: Transaction
  ) throws -> Ticketing.Ticket {
    let settings = try TicketSettingsStore(db).settings()
    let catalogue = try CatalogEntryStore(db).catalogue()
    let assets = try AssetStore(db).assets(
      account: ticket.account,
      ids: [ticket.hardwareAsset, ticket.softwareAsset].compactMap(\.self),
      in: Scope(tenant: db.tenant, reach: .tenant))
    let attachments = try AttachmentStore(db).attachments(of: ticket, showing: viewer.visible)
      .filter { $0.note == nil }
    return Ticketing.Ticket(
      ticket, side: viewer.side, catalogue: catalogue, assets: assets, attachments: attachments,
      actions: viewer.actions(for: ticket, settings: settings, at: db.now))
  }

  /// Reads, changes and saves a ticket, and tells everybody who is to know.
  func change(
    _ name: String, etag: String, _ event: String, _ call: Call,
    _ body: @escaping @Sendable (inout Ticket, Viewer, Transaction) throws -> Void
  ) async throws -> Ticketing.Ticket {
    let name = try ResourceName(name, "accounts/*/tickets/*")
    let viewer = try Viewer(call)
    return try await call.write(in: store) { db in
      var ticket = try self.ticket(name, for: viewer, in: db)
      try Etag(version: ticket.version).require(etag)
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
  func record(_ event: String, _ ticket: Ticket, was before: Ticket? = nil, by actor: Actor) throws
  {
    try audit(
      event, on: ticket.name, by: actor, before: before?.auditFacts ?? [:],
      after: ticket.auditFacts)
    try emit(event, on: ticket.name, account: ticket.account)
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
    case .notAHoldState: .invalid("state", "must be a pending state or SCHEDULED")
    case .alreadyInState: refused("ALREADY_IN_STATE", "the ticket is in that state already")
    }
  }

  private func refused(_ reason: String, _ message: String) -> Status {
    Status(
      .failedPrecondition, message, details: [.reason(reason, domain: "ticketing")])
  }
}
