import PorticoAPI
import RPC
import Values
import WellKnown

/// `/inbox`: where technicians begin. Unassigned tickets first, then their own and everybody's.
enum InboxPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/inbox", .ticketsWork) { context in try await page(context) }
  ]

  private static func page(_ context: PageContext) async throws -> Response {
    if let page = try await context.pageOfTicket(quoted: context.query["q"]) {
      return .redirect(to: page)
    }
    let view = InboxView(context)
    async let priorities = context.catalog(.priority)
    async let unassigned = count(.unassigned, context)
    async let mine = count(.mine, context)
    let answer = try await TicketsClient(context.caller).listTickets(view.request)
    var counts: [InboxView.Folder: Int] = [:]
    counts[.unassigned] = await unassigned
    counts[.mine] = await mine
    let body = await render(answer, view, context, priorities, counts: counts)
    return await shell(
      context, title: "Inbox: \(view.folder.title)", active: "/inbox", isWide: true, body)
  }

  /// Open tickets of a folder; nil without an answer in time, which costs the number and nothing else.
  private static func count(_ folder: InboxView.Folder, _ context: PageContext) async -> Int? {
    await context.optional("counts of folders", of: "inbox \(folder)") {
      Int(
        try await TicketsClient(context.caller).listTickets(
          .init(parent: "accounts/-", pageSize: 1, view: .open, folder: folder.api), $0
        ).totalSize)
    }
  }

  static func render(
    _ answer: Ticketing.ListTicketsResponse, _ view: InboxView, _ context: PageContext,
    _ priorities: [Ticketing.CatalogEntry], counts: [InboxView.Folder: Int]
  ) -> HTML {
    let actions =
      context.may(.ticketsWrite)
      ? [UI.linkButton("New ticket", to: "/tickets/new", style: .primary, icon: .plus)] : []
    let list: HTML =
      answer.tickets.isEmpty
      ? empty(view)
      : UI.table(
        answer.tickets, caption: "\(view.folder.title) tickets", columns: columns(view, context),
        isMuted: { $0.state == .closed })
    return """
      \(UI.pageHead("Inbox", actions: actions))
      \(UI.live("folders", on: ["ticket."], UI.tabs(view.tabs(counts), label: "Folders")))
      \(view.filters(priorities))
      \(UI.live("list", on: ["ticket."], saying: "The list has changed.", """
        \(list)
        \(UI.pages(context, count: answer.tickets.count, total: answer.totalSize, things: "tickets", next: answer.nextPageToken))
        """))
      """
  }

  private static func empty(_ view: InboxView) -> HTML {
    if view.isFiltered { return UI.noMatch("tickets", clear: view.unfiltered) }
    return switch view.folder {
    case .unassigned:
      UI.emptyState(
        "Nothing is waiting", text: "New tickets stay here until somebody takes them on.",
        icon: .check)
    case .mine:
      UI.emptyState(
        "Nothing is assigned to you", text: "Take on a ticket from Unassigned.",
        action: UI.linkButton("Unassigned tickets", to: "/inbox?folder=unassigned"))
    case .assigned:
      UI.emptyState("Nothing is assigned", text: "Assigned tickets of all staff appear here.")
    case .all:
      UI.emptyState("No open tickets", text: "Tickets of all customers appear here.", icon: .ticket)
    }
  }

  private static func columns(
    _ view: InboxView, _ context: PageContext
  ) -> [UI.Column<Ticketing.Ticket>] {
    let order = view.order
    var columns: [UI.Column<Ticketing.Ticket>] = [
      .init("Title", .title) { ticket in
        """
        <a href="/\(ticket.name)">\(ticket.title)</a> <div class="sub">\(ticket.displayID)</div>
        """
      },
      .init("Account, contact") { ticket in
        """
        \(UI.breakable(ticket.accountDisplayName))\
        \(when: !ticket.contactDisplayName.isEmpty, "<div class=\"sub\">\(UI.breakable(ticket.contactDisplayName))</div>")
        """
      },
      .init(
        "Priority", sortURL: view.sort("priority"),
        sorted: order == .priority ? .descending : nil
      ) { ticket in
        ticket.priority.map { UI.priority($0.displayName, urgency: .init(rank: $0.rank)) }
          ?? UI.notSet
      },
      .init("Stage", .bare) { UI.ticketStage(.init($0.state), forStaff: true) },
      .init("Notes", .number) { "\($0.noteCount)" },
      .init("Due", sortURL: view.sort("due"), sorted: order == .due ? .ascending : nil) {
        due($0, context)
      },
      .init(
        "Age", sortURL: view.sort(order == .createdFirst ? nil : "oldest"),
        sorted: order == .createdFirst ? .descending : order == .unspecified ? .ascending : nil
      ) { context.time($0.createTime) ?? UI.notSet },
    ]
    // Where everybody's are together it matters whose a ticket is.
    if view.folder == .assigned || view.folder == .all {
      columns.insert(
        .init("Assigned to") {
          UI.person($0.assigneeDisplayName.isEmpty ? nil : $0.assigneeDisplayName)
        }, at: 4)
    }
    return columns
  }

  /// The deadline, and in words when it has passed.
  private static func due(_ ticket: Ticketing.Ticket, _ context: PageContext) -> HTML {
    guard let due = Instant(ticket.dueTime), let text = context.time(ticket.dueTime) else {
      return UI.notSet
    }
    let isOpen = ticket.state != .resolved && ticket.state != .closed
    guard isOpen, due < context.now else { return text }
    return "\(text) \(UI.badge("Overdue", tone: .danger, icon: .alert))"
  }
}
