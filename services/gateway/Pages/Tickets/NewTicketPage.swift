import NIOHTTP1
import PorticoAPI
import RPC
import Values
import WellKnown

/// `/tickets/new`: Quick Add Ticket with every field of S-097..S-107.
enum NewTicketPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/tickets/new") { context in try await page(context) },
    PageRoute(
      .POST, "/tickets/new", limits: TicketUploads.limits, deadline: TicketUploads.deadline, create),
  ]

  private static func page(
    _ context: PageContext, errors: UI.FormErrors = .init(), sent: [TicketUploads.Sent] = []
  ) async throws -> Response {
    guard context.may(.ticketsWrite) else {
      throw Status(.permissionDenied, "you may not do this", because: "no grant to raise tickets")
    }
    let choices = try await NewTicketChoices.load(context)
    let body: HTML
    if !choices.settings.submissionAllowed, context.principal?.isStaff != true {
      body = closed(context)
    } else if choices.account == nil {
      body = AccountPicker.html("/tickets/new", choices.accounts, selected: nil)
    } else {
      body = NewTicketForm.html(
        context.form, choices, errors: errors, sent: sent, csrf: context.csrfToken,
        requestID: context.requestIDField)
    }
    let head = UI.pageHead("New ticket", crumbs: [("Tickets", "/tickets")])
    return await shell(
      context, title: "New ticket", active: "/tickets",
      status: errors.isEmpty ? .ok : .unprocessableEntity, "\(head)\(body)")
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let settings = try await TicketAdministrationClient(context.caller).getTicketSettings(.init())
    let files = try await TicketUploads.send(
      context, maxBytes: TicketUploads.maxBytes(settings))
    guard files.errors.isEmpty else {
      return try await page(context, errors: files.formErrors, sent: files.sent)
    }
    return try await raise(ticket(context.form), files.sent, context) {
      try await page(context, errors: $0, sent: files.sent)
    }
  }

  /// Instead of a form, where customers may not raise tickets (S-065).
  static func closed(_ context: PageContext) -> HTML {
    UI.emptyState(
      "Tickets are not taken here",
      text: "Please contact \(context.portal.name) by e-mail or phone.", icon: .ticket)
  }

  /// Raises the ticket of a form for its account and leads there.
  ///
  /// - refused: the form again, with what is wrong by its own fields.
  static func raise(
    _ ticket: Ticketing.Ticket, _ files: [TicketUploads.Sent], _ context: PageContext,
    renaming names: [String: String] = [:],
    refused: (UI.FormErrors) async throws -> Response
  ) async throws -> Response {
    do {
      let ticket = try await TicketsClient(context.caller).createTicket(
        .init(
          parent: context.form["account"], ticket: ticket, uploads: files.map(\.name),
          requestID: context.form["request_id"]))
      return .redirect(
        to: "/\(ticket.name)",
        flash: .success("\(ticket.displayID) is here. We will answer in the ticket."))
    } catch {
      guard let errors = UI.FormErrors(error, renaming: names) else { throw error }
      if errors["request_id"] != nil {
        // The same form sent twice, with the files sent again as well.
        return .redirect(to: "/tickets", flash: .notice("This ticket has been taken already."))
      }
      return try await refused(errors)
    }
  }

  /// The ticket as typed; ticketing checks it.
  static func ticket(_ form: Form) -> Ticketing.Ticket {
    func choice(_ field: String) -> Ticketing.Choice? {
      form.text(field).map { Ticketing.Choice(name: $0) }
    }
    var ticket = Ticketing.Ticket(title: form["ticket.title"])
    // Browsers send line ends as CR LF.
    ticket.details = form["ticket.details"].replacing("\r\n", with: "\n")
    ticket.site = form["ticket.site"]
    ticket.contact = form["ticket.contact"]
    ticket.category = choice("ticket.category")
    ticket.type = choice("ticket.type")
    ticket.priority = choice("ticket.priority")
    ticket.issueType = choice("ticket.issue_type")
    ticket.subIssueType = choice("ticket.sub_issue_type")
    ticket.hardwareAsset = form["ticket.hardware_asset"]
    ticket.softwareAsset = form["ticket.software_asset"]
    return ticket
  }
}
