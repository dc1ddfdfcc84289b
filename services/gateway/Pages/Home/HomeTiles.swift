import PorticoAPI
import RPC
import Values
import WellKnown

/// The tiles of the home page. Each is nil for those who may not see it.
enum HomeTiles {
  static func tickets(_ context: PageContext) async -> HTML? {
    guard context.may(.ticketsRead) else { return nil }
    return await tile(
      "Open tickets", icon: .ticket, more: ("All tickets", "/tickets"), context
    ) {
      try await TicketsClient(context.caller).listTickets(
        .init(parent: context.listParent, pageSize: 5, view: .open, orderBy: .updatedLast), $0)
    } content: { answer in
      guard !answer.tickets.isEmpty else {
        return UI.emptyState(
          "No open tickets", text: "Questions and faults that you report appear here.",
          icon: .ticket)
      }
      let rows = answer.tickets.map { ticketRow($0, context) }
      return "\(UI.tileFigure("\(answer.totalSize)", "open"))\(UI.tileList(rows))"
    }
  }

  static func ticketRow(_ ticket: Ticketing.Ticket, _ context: PageContext) -> HTML {
    let who =
      ticket.assigneeDisplayName.isEmpty ? "not assigned yet" : ticket.assigneeDisplayName
    return UI.tileRow(
      ticket.title, to: "/\(ticket.name)",
      detail: UI.facts([
        "\(ticket.displayID)", context.time(ticket.updateTime) ?? .empty, "\(who)",
      ]),
      trailing: UI.ticketStage(
        UI.TicketStage(ticket.state), forStaff: context.principal?.isStaff ?? false))
  }

  static func invoices(_ context: PageContext) async -> HTML? {
    guard context.may(.invoicesRead) else { return nil }
    return await tile(
      "Unpaid invoices", icon: .invoice, more: ("All invoices", "/invoices"), context
    ) {
      try await InvoicesClient(context.caller).listInvoices(
        .init(parent: context.listParent, pageSize: 5, view: .unpaid), $0)
    } content: { answer in
      guard !answer.invoices.isEmpty else {
        return UI.emptyState("Nothing to pay", text: "All invoices are settled.", icon: .check)
      }
      let due = answer.totalDue.compactMap { UI.money($0) }.joined(separator: ", ")
      let overdue = answer.invoices.filter(\.overdue).count
      let warning: HTML? =
        overdue == 0 ? nil : UI.badge("\(overdue) overdue", tone: .danger, icon: .alert)
      let rows = answer.invoices.map { invoice in
        UI.tileRow(
          invoice.number, to: "/\(invoice.name)",
          detail: UI.facts([
            UI.money(invoice.paymentDue) ?? .empty,
            "<span>due \(UI.date(invoice.dueDate) ?? UI.notSet)</span>",
          ]), trailing: UI.invoiceStage(UI.InvoiceStage(invoice)))
      }
      return "\(UI.tileFigure(due, "due", badge: warning))\(UI.tileList(rows))"
    }
  }

  static func messages(_ context: PageContext) async -> HTML? {
    guard context.may(.messagesRead) else { return nil }
    return await tile(
      "Messages", icon: .message, more: ("All messages", "/messages"), context
    ) {
      try await ConversationsClient(context.caller).listConversations(
        .init(parent: context.listParent, pageSize: 5, folder: .inbox), $0)
    } content: { answer in
      guard !answer.conversations.isEmpty else {
        return UI.emptyState(
          "No messages", text: "What we write to each other appears here.", icon: .message)
      }
      return UI.tileList(
        answer.conversations.map { conversation in
          let unread = conversation.unreadCount
          return UI.tileRow(
            conversation.subject, to: "/\(conversation.name)",
            detail: UI.facts([
              "\(conversation.lastAuthorDisplayName)",
              context.time(conversation.lastMessageTime) ?? .empty,
            ]), trailing: unread > 0 ? UI.badge("\(unread) unread", tone: .accent) : .empty)
        })
    }
  }

  static func news(_ context: PageContext) async -> HTML? {
    await tile("News", icon: .news, more: ("All news", "/news"), context) {
      try await NewsClient(context.caller).listNews(.init(pageSize: 4), $0)
    } content: { answer in
      guard !answer.news.isEmpty else {
        return UI.emptyState("No news", text: "Announcements appear here.", icon: .news)
      }
      return UI.tileList(
        answer.news.map { item in
          UI.tileRow(
            item.title, to: "/\(item.name)",
            detail: NewsPages.teaser(item, context),
            trailing: item.pinned ? UI.badge("Pinned") : .empty)
        })
    }
  }

  /// One tile with its own deadline, its own failure and its own past.
  private static func tile<Answer: Sendable>(
    _ title: String, icon: Icon, more: (title: String, url: SafeURL), _ context: PageContext,
    _ ask: @Sendable (CallOptions) async throws -> Answer, content: (Answer) -> HTML
  ) async -> HTML {
    let state: UI.TileState =
      switch await context.part(title.lowercased(), ask) {
      case .fresh(let answer): .ready(content(answer))
      case .stale(let answer, let time):
        .stale(
          content(answer), since: UI.time(time, now: context.now, zone: context.zone), retry: "/")
      case .missing: .failed(retry: "/")
      }
    return UI.tile(title, icon: icon, more: more, state: state)
  }
}
