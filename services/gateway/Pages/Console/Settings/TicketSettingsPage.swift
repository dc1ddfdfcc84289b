import PorticoAPI
import RPC
import WellKnown

/// `/settings/tickets`: what customers may do with tickets, and who is told (S-058..S-073).
enum TicketSettingsPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/settings/tickets", .ticketSettingsWrite) { context in
      try await page(context, state: .init())
    },
    .staff(.POST, "/settings/tickets", .ticketSettingsWrite, save),
  ]
  private static let url: SafeURL = "/settings/tickets"
  private static let root = "ticket_settings"

  private static func page(_ context: PageContext, state: FormState) async throws -> Response {
    async let staff = context.staff()
    let settings = try await TicketAdministrationClient(context.caller)
      .getTicketSettings(.init())
    return await shell(
      context, title: "Ticket settings", active: "/settings/tickets", status: state.status,
      render(settings, await staff, context, state))
  }

  static func render(
    _ settings: Ticketing.TicketSettings, _ staff: [Identity.User], _ context: PageContext,
    _ state: FormState = .init()
  ) -> HTML {
    let emails = state.field(
      "\(root).submission_notification_emails", "Who is mailed about a new ticket",
      hint: "One address a line.", isOptional: true)
    let text = state.field(
      "\(root).add_ticket_text", "Text above the new-ticket form", isOptional: true)
    let assignee = state.field(
      "\(root).default_assignee", "Who gets new tickets", isOptional: true)
    let days = state.field(
      "\(root).reopen_days", "Days in which a customer can reopen",
      hint: "0 to 365. After that a resolved ticket is closed by itself.")
    var options = staff.map { UI.Option($0.name, $0.displayName) }
    let current = settings.defaultAssignee
    if !current.isEmpty, !options.contains(where: { $0.value == current }) {
      options.append(.init(current, current))
    }
    func check(_ name: String, _ label: String, _ saved: Bool) -> HTML {
      UI.checkbox(state.field(name, label), isOn: state.isOn(name, saved))
    }
    let body: HTML = """
      \(state.summary([emails, text, assignee, days], reload: url))\
      \(UI.hidden("etag", settings.etag))\
      \(check("submission_allowed", "Customers may raise tickets", settings.submissionAllowed))\
      \(check("show_time_entries", "Customers see public time entries", settings.showTimeEntries))\
      \(UI.select(
        assignee, options: options, selected: state.text(assignee.name, current),
        placeholder: "Nobody: they wait in Unassigned"))\
      \(UI.textArea(
        emails,
        value: state.text(
          emails.name, settings.submissionNotificationEmails.joined(separator: "\n")), rows: 3))\
      \(check("add_ticket_text_active", "Show the text below", settings.addTicketTextActive))\
      \(UI.textArea(text, value: state.text(text.name, settings.addTicketText), rows: 4))\
      \(UI.textField(
        days, value: state.text(days.name, String(settings.reopenDays)), type: .number,
        isShort: true))\
      <p class="quiet">One file may have \(UI.fileSize(settings.maxFileBytes)); the installation sets that.</p>\
      <div class="form-foot">\(UI.button("Save"))</div>
      """
    return """
      \(UI.pageHead("Ticket settings"))
      \(UI.form(action: url, csrf: context.csrfToken, style: "form", body: body))
      """
  }

  @Sendable private static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    guard let days = Int32(form.plain("\(root).reopen_days")) else {
      return try await page(
        context, state: FormState(.init("\(root).reopen_days", "Enter a whole number"), form))
    }
    let settings = Ticketing.TicketSettings(
      submissionAllowed: form.isOn("submission_allowed"),
      showTimeEntries: form.isOn("show_time_entries"),
      submissionNotificationEmails: form.lines("\(root).submission_notification_emails"),
      addTicketText: form.plain("\(root).add_ticket_text").unixLines,
      addTicketTextActive: form.isOn("add_ticket_text_active"),
      defaultAssignee: form.plain("\(root).default_assignee"), reopenDays: days,
      etag: form["etag"])
    do {
      _ = try await TicketAdministrationClient(context.caller)
        .updateTicketSettings(.init(ticketSettings: settings))
      return .redirect(
        to: "/settings/tickets", flash: .success("The ticket settings are saved."))
    } catch {
      return try await page(context, state: try FormState(error, form))
    }
  }
}
