import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

extension Ticketing.ListTicketsRequest: PagedRequest {}

/// Reading tickets.
extension TicketHandlers {
  /// Matches in all pages are counted up to this.
  private static let counted: Int64 = 1000

  func listTickets(
    _ request: Ticketing.ListTicketsRequest, _ call: Call
  ) async throws -> Ticketing.ListTicketsResponse {
    let parent = try ResourceName(
      request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let viewer = try Viewer(call)
    let filter = try TicketStore.Filter(request, account: parent.id("accounts"), viewer: viewer)
    let page = try request.page(
      [
        "\(request.view.rawValue)", "\(request.orderBy.rawValue)", request.parent, request.query,
        "\(request.folder.rawValue)", "\(request.myTickets)",
      ] + request.priorities,
      in: viewer.scope, size: 25, max: 100)
    return try await call.read(in: store) { db in
      let tickets = TicketStore(db)
      let search = try TicketSearchStore(db).found(
        filter, page: page, counted: Self.counted, in: viewer.scope)
      let found = try tickets.tickets(filter, found: search, page: page, in: viewer.scope)
      let total = try tickets.count(filter, found: search, upTo: Self.counted, in: viewer.scope)
      let settings = try TicketSettingsStore(db).settings()
      let rights = TicketRights(of: viewer, at: db.now)
      let catalogue = try catalogues.catalogue(db)
      return Ticketing.ListTicketsResponse(
        tickets: found.items.map { ticket in
          Ticketing.Ticket(
            ticket, to: viewer, catalogue: catalogue, assets: [:], attachments: [],
            actions: rights.actions(for: ticket, settings))
        }, nextPageToken: found.nextToken, totalSize: Int32(clamping: total))
    }
  }

  func getTicket(
    _ request: Ticketing.GetTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    let name = try ResourceName(request.name, "accounts/*/tickets/*")
    let viewer = try Viewer(call)
    return try await call.read(in: store) { db in
      try shown(ticket(name, for: viewer, in: db), to: viewer, in: db)
    }
  }
}

extension TicketStore.Filter {
  fileprivate init(
    _ request: Ticketing.ListTicketsRequest, account: String?, viewer: Viewer
  ) throws {
    self.init(account: account, query: request.query, isStaff: viewer.side == .staff)
    guard request.query.utf8.count <= 400 else {
      throw Status.invalid("query", "is too long")
    }
    switch request.view {
    case .open: view = .open
    case .closed: view = .closed
    default: view = .all
    }
    if request.myTickets {
      contacts = viewer.principal.memberships.map { .init(account: $0.account, id: $0.contact) }
    }
    // Folders are the staff's; to a customer every ticket lies in one place.
    if viewer.side == .staff {
      switch request.folder {
      case .unassigned: folder = .unassigned
      case .mine: folder = .mine(viewer.principal.user)
      case .assigned: folder = .assigned
      default: folder = .any
      }
    }
    switch request.orderBy {
    case .createdFirst: order = .oldest
    case .updatedLast: order = .lastUpdated
    case .priority: order = .priority
    case .due: order = .due
    default: order = .newest
    }
    guard request.priorities.count <= 50 else {
      throw Status.invalid("priorities", "must be at most 50")
    }
    priorities = try request.priorities.map {
      try ResourceName($0, "catalogEntries/*", field: "priorities")["catalogEntries"]
    }
  }
}
