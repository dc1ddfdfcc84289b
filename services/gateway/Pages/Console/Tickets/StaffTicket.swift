import PorticoAPI
import RPC
import WellKnown

/// Everything that the staff's ticket page shows, asked for side by side. What only feeds a choice may be missing.
struct StaffTicket: Sendable {
  var ticket: Ticketing.Ticket
  var notes: [Ticketing.Note]
  /// The thread is longer than one page shows.
  var hasMoreNotes = false
  var time: Ticketing.ListTimeEntriesResponse?
  var catalog: [Ticketing.CatalogEntry] = []
  var staff: [Identity.User] = []
  /// Nil when they could not be asked for: the form then leaves them alone.
  var sites: [Identity.Site]?
  var assets: [Ticketing.Asset]?
  var settings: Ticketing.TicketSettings?

  func may(_ action: Ticketing.TicketAction) -> Bool { ticket.allowedActions.contains(action) }
}

extension StaffTicket {
  /// Notes that one page shows at most.
  private static let mostNotes = 1000

  static func load(_ name: String, _ context: PageContext) async throws -> StaffTicket {
    let tickets = TicketsClient(context.caller)
    let account = name.split(separator: "/").prefix(2).joined(separator: "/")
    let mayWork = context.may(.ticketsWork)
    async let thread = notes(of: name, tickets)
    async let time = context.optional("time entries") {
      try await tickets.listTimeEntries(.init(parent: name, pageSize: 100), $0)
    }
    async let settings = context.optional("ticket settings", of: "settings") {
      try await TicketAdministrationClient(context.caller).getTicketSettings(.init(), $0)
    }
    async let catalog = mayWork ? context.catalog(.unspecified) : []
    async let staff = mayWork ? context.staff() : []
    async let sites = context.optional("sites", if: mayWork && context.may(.accountsRead)) {
      try await AccountsClient(context.caller)
        .listSites(.init(parent: account, pageSize: 200), $0).sites
    }
    async let assets = context.optional("assets", if: mayWork && context.may(.assetsRead)) {
      try await AssetsClient(context.caller)
        .listAssets(.init(parent: account, pageSize: 200), $0).assets
    }
    let ticket = try await tickets.getTicket(.init(name: name))
    let (notes, hasMore) = try await thread
    return await StaffTicket(
      ticket: ticket, notes: notes, hasMoreNotes: hasMore, time: time, catalog: catalog,
      staff: staff, sites: sites, assets: assets, settings: settings)
  }

  private static func notes(
    of name: String, _ tickets: TicketsClient
  ) async throws -> (notes: [Ticketing.Note], hasMore: Bool) {
    var notes: [Ticketing.Note] = []
    var token = ""
    repeat {
      let page = try await tickets.listNotes(
        .init(parent: name, pageSize: 200, pageToken: token))
      notes += page.notes
      token = page.nextPageToken
    } while !token.isEmpty && notes.count < mostNotes
    return (notes, !token.isEmpty)
  }
}

extension PageContext {
  /// Those who can be given work, by display name; none without the permission to see them.
  func staff() async -> [Identity.User] {
    let found = await optional("staff", if: may(.usersRead), of: "staff") {
      try await UsersClient(caller).listUsers(.init(pageSize: 200, kind: .staff), $0).users
    }
    return (found ?? []).filter { !$0.disabled }
  }
}
