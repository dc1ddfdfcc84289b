import PorticoAPI
import RPC
import Values
import WellKnown

/// `/`: tiles that are asked for side by side, each with a deadline of its own. A service that is down costs its tile
/// (N-10), and the tile shows what it showed last, with its age (U-24).
enum HomePage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/") { context in
      if context.principal?.isStaff == true, context.may(.ticketsWork) {
        return .redirect(to: "/inbox")
      }
      return await page(context)
    }
  ]

  private static func page(_ context: PageContext) async -> Response {
    async let news = HomeTiles.news(context)
    async let tickets = HomeTiles.tickets(context)
    async let invoices = HomeTiles.invoices(context)
    async let messages = HomeTiles.messages(context)
    async let canSubmit = submissionAllowed(context)
    let tiles = await [tickets, invoices, messages, news].compactMap { $0 }
    let name = context.session?.profile.firstName ?? ""
    var actions: [HTML] = []
    if await canSubmit {
      // The short form is for one's own account; staff say whose it is.
      let form: SafeURL = context.currentAccount == nil ? "/tickets/new" : "/tickets/open"
      actions.append(
        UI.linkButton(
          "Open a ticket", to: form, style: .primary, icon: .plus, floats: true))
    }
    let head = UI.pageHead(name.isEmpty ? "Welcome" : "Welcome, \(name)", actions: actions)
    return await shell(
      context, title: "Home", active: "/",
      "\(head)\(UI.live("tiles", on: ["ticket.", "invoice.", "message.", "conversation.", "news."], UI.tiles(tiles)))"
    )
  }

  /// Whether customers may raise tickets here (S-065, S-090). Without an answer the button stays: the service decides.
  static func submissionAllowed(_ context: PageContext) async -> Bool {
    guard context.may(.ticketsWrite) else { return false }
    let settings = await context.part("ticket settings", of: "settings") {
      try await TicketAdministrationClient(context.caller).getTicketSettings(.init(), $0)
    }
    return settings.answer?.submissionAllowed ?? true
  }
}
