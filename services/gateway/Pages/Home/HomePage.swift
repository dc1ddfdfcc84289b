import PorticoAPI
import RPC
import Values
import WellKnown

/// `/`: tiles that are asked for side by side, each with a deadline of its own. A service that is down costs its tile.
enum HomePage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/") { context in
      if context.principal?.isStaff == true, context.may(.ticketsWork) {
        return .redirect(to: "/inbox")
      }
      return await page(context)
    }
  ]

  /// What one tile may take.
  static let patience = Duration.milliseconds(1500)

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
      actions.append(
        UI.linkButton(
          "Open a ticket", to: "/tickets/new", style: .primary, icon: .plus, floats: true))
    }
    let head = UI.pageHead(name.isEmpty ? "Welcome" : "Welcome, \(name)", actions: actions)
    return await shell(context, title: "Home", active: "/", "\(head)\(UI.tiles(tiles))")
  }

  /// Whether customers may raise tickets here (S-065, S-090). Without an answer the button stays: the service decides.
  static func submissionAllowed(_ context: PageContext) async -> Bool {
    guard context.may(.ticketsWrite) else { return false }
    do {
      return try await TicketAdministrationClient(context.caller)
        .getTicketSettings(.init(), context.within(patience)).submissionAllowed
    } catch {
      context.note("ticket settings", error)
      return true
    }
  }
}

extension PageContext {
  /// Logs why a part of a page is missing.
  func note(_ part: String, _ error: any Error) {
    let problem = Problem(error)
    // A page that failed as a whole takes its parts with it: that is in the log already.
    let isNews = problem.code != .cancelled && problem.code != .notFound
    log.log(
      level: isNews ? .warning : .debug, "part of a page is missing",
      metadata: [
        "request": "\(request.id)", "part": "\(part)",
        "reason": "\(problem.reason ?? problem.detail)",
      ])
  }
}
