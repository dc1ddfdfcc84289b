import Access
import PorticoAPI
import RPC
import Values
import WellKnown

/// `/tickets`: My Tickets and, where the reach allows it, the organization's; open and closed (S-091, S-093, S-111..S-120).
enum TicketListPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/tickets") { context in try await page(context) }
  ]

  private static func page(_ context: PageContext) async throws -> Response {
    if let page = try await context.pageOfTicket(quoted: context.query["q"]) {
      return .redirect(to: page)
    }
    let view = TicketListView(context)
    async let priorities = context.catalog(.priority)
    async let canSubmit = HomePage.submissionAllowed(context)
    let answer = try await TicketsClient(context.caller).listTickets(view.request)
    let body = await render(
      answer, view, context, priorities.map { UI.Option($0.name, $0.displayName) },
      canSubmit: canSubmit)
    return await shell(context, title: view.title, active: "/tickets", body)
  }

  static func render(
    _ answer: Ticketing.ListTicketsResponse, _ view: TicketListView, _ context: PageContext,
    _ priorities: [UI.Option], canSubmit: Bool
  ) -> HTML {
    let actions =
      canSubmit
      ? [
        UI.linkButton("New ticket", to: "/tickets/new", style: .primary, icon: .plus, floats: true)
      ] : []
    let list: HTML = """
      \(when: answer.tickets.isEmpty, empty(view, canSubmit: canSubmit))
      \(when: !answer.tickets.isEmpty, UI.table(
        answer.tickets, caption: view.title, columns: TicketColumns.all(view, context),
        isMuted: { $0.state == .closed }))
      \(UI.pages(context, count: answer.tickets.count, total: answer.totalSize, things: "tickets", next: answer.nextPageToken))
      """
    return """
      \(UI.pageHead(view.title, actions: actions))
      \(when: view.offersScopes, UI.tabs(view.scopeTabs, label: "Whose tickets"))
      \(view.filters(priorities))
      \(UI.live("list", on: ["ticket."], saying: "The list has changed.", list))
      """
  }

  private static func empty(_ view: TicketListView, canSubmit: Bool) -> HTML {
    if view.isFiltered { return UI.noMatch("tickets", clear: view.unfiltered) }
    guard !view.isClosed else {
      return UI.emptyState(
        "No closed tickets", text: "Tickets come here once they are resolved.", icon: .ticket)
    }
    return UI.emptyState(
      "No open tickets", text: "Questions and faults that you report appear here.", icon: .ticket,
      action: canSubmit
        ? UI.linkButton("New ticket", to: "/tickets/new", style: .primary, icon: .plus) : nil)
  }
}
