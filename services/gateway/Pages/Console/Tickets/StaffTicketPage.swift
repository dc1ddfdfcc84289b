import PorticoAPI
import RPC
import WellKnown

/// A ticket as technicians see it: the thread with internal notes, and what can be done about it.
enum StaffTicketPage {
  static let routes: [PageRoute] = [
    .staff(.POST, "/{name=accounts/*/tickets/*}:assign", .ticketsWork, StaffTicketActions.assign),
    .staff(.POST, "/{name=accounts/*/tickets/*}:stage", .ticketsWrite, StaffTicketActions.stage),
    .staff(
      .POST, "/{name=accounts/*/tickets/*}:classify", .ticketsWork, StaffTicketActions.classify),
    .staff(
      .POST, "/{name=accounts/*/tickets/*}:reply", .ticketsWrite, limits: TicketUploads.limits,
      deadline: TicketUploads.deadline, StaffTicketActions.reply),
    .staff(
      .POST, "/{name=accounts/*/tickets/*}/timeEntries", .ticketsWork, StaffTicketActions.logTime),
  ]

  /// The forms of the page; all but the refused one are as they were.
  struct Forms: Sendable {
    var reply = FormState()
    var assign = FormState()
    var classify = FormState()
    var stage = FormState()
    var time = FormState()
    /// Files that a refused reply brought already.
    var sent: [TicketUploads.Sent] = []

    var refused: FormState? {
      [reply, assign, classify, stage, time].first(where: \.isRefused)
    }
  }

  static func page(
    _ context: PageContext, name: String, forms: Forms = .init()
  ) async throws -> Response {
    let content = try await StaffTicket.load(name, context)
    return await shell(
      context, title: "\(content.ticket.displayID) \(content.ticket.title)", active: "/inbox",
      status: forms.refused?.status ?? .ok, isWide: true, render(content, context, forms))
  }

  static func render(
    _ content: StaffTicket, _ context: PageContext, _ forms: Forms = .init()
  ) -> HTML {
    let ticket = content.ticket
    let view = StaffTicketView(content: content, context: context, forms: forms)
    return """
      \(UI.printHead(house: UI.House(context.portal), title: ticket.displayID, detail: ticket.accountDisplayName))
      \(UI.live("head", on: [ticket.name], saying: "The ticket has changed.", UI.pageHead(
        ticket.title, crumbs: [("Inbox", "/inbox")], meta: view.meta, actions: view.stageActions)))
      \(forms.stage.summary([], reload: view.url))
      \(UI.columns(
        main: "\(UI.live("thread", on: [ticket.name], view.thread))\(view.composer)",
        aside: """
          \(UI.live("assignment", on: [ticket.name], view.assign))\(UI.live("facts", on: [ticket.name], view.facts))\
          \(UI.live("times", on: [ticket.name], view.time))\(UI.live("classes", on: [ticket.name], view.classify))
          """,
        asideLabel: "About this ticket"))
      """
  }
}

extension PageContext {
  /// `accounts/{account}/tickets/{number}` of the route, by whichever name its variable has.
  var ticketName: String {
    let bound = path["name"]
    return bound.isEmpty ? path["parent"] : bound
  }
}
