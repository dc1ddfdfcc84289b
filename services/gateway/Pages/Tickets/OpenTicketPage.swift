import PorticoAPI
import RPC

/// `/tickets/open`, the short way to a ticket: a category, fewer than 500 characters and, if wanted, files (S-126, S-127).
/// The account is the one looked at (S-128); title and the rest follow from the text and the provider's defaults.
enum OpenTicketPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/tickets/open") { context in try await page(context) },
    PageRoute(
      .POST, "/tickets/open", limits: TicketUploads.limits, deadline: TicketUploads.deadline, create
    ),
  ]

  /// Unicode scalars that the text may have: fewer than 500 (D-58).
  static let limit = 499
  private static let longestTitle = 80
  private static let fieldNames = [
    "ticket.category": "category", "ticket.title": "text", "ticket.details": "text",
  ]

  private static func page(
    _ context: PageContext, errors: UI.FormErrors = .init(), sent: [TicketUploads.Sent] = []
  ) async throws -> Response {
    // Staff say for whom a ticket is, which takes the whole form.
    guard context.may(.ticketsWrite), let account = context.currentAccount else {
      throw Status(.notFound, "there is no such page")
    }
    async let catalog = context.catalog(.category)
    let settings = try await TicketAdministrationClient(context.caller).getTicketSettings(.init())
    var choices = NewTicketChoices(account: account, catalog: await catalog)
    choices.settings = settings
    let body =
      settings.submissionAllowed
      ? form(
        context.form, choices, errors: errors, sent: sent, csrf: context.csrfToken,
        requestID: context.requestIDField) : NewTicketPage.closed(context)
    let head = UI.pageHead("Open a ticket", crumbs: [("Tickets", "/tickets")])
    return await shell(
      context, title: "Open a ticket", active: "/tickets",
      status: errors.isEmpty ? .ok : .unprocessableEntity, "\(head)\(body)")
  }

  static func form(
    _ form: Form, _ choices: NewTicketChoices, errors: UI.FormErrors, sent: [TicketUploads.Sent],
    csrf: String, requestID: HTML
  ) -> HTML {
    let categories = choices.options(.category)
    let category = UI.Field("category", "Ticket category", error: errors["category"])
    let text = UI.Field("text", "What is it about?", error: errors["text"])
    let files = UI.Field(
      TicketUploads.field, "Attach files", error: errors[TicketUploads.field], isOptional: true)
    let maxBytes = TicketUploads.maxBytes(choices.settings)
    return """
      \(NewTicketForm.explanation(choices.settings))\
      \(UI.form(action: "/tickets/open", csrf: csrf, isUpload: true, draft: "ticket-open", style: "form", body: """
        \(requestID)\(UI.hidden("account", choices.account ?? ""))\
        \(UI.errorSummary(errors, fields: [category, text, files]))\
        \(when: !categories.isEmpty, UI.select(
          category, options: categories,
          selected: form.text("category") ?? choices.preset(.category)))\
        \(UI.textArea(text, value: form["text"], rows: 6, limit: limit))\
        \(TicketUploads.keptFields(sent))\
        \(UI.fileField(files, limit: TicketUploads.limitText(maxBytes), maxBytes: maxBytes))\
        <div class="form-foot">\(UI.button("Open ticket"))\
        \(UI.linkButton("Use the full form", to: "/tickets/new", style: .ghost))</div>
        """))
      """
  }

  @Sendable private static func create(_ context: PageContext) async throws -> Response {
    let settings = try await TicketAdministrationClient(context.caller).getTicketSettings(.init())
    let files = try await TicketUploads.send(
      context, maxBytes: TicketUploads.maxBytes(settings))
    let text = context.form["text"].replacing("\r\n", with: "\n")
    var errors = files.formErrors
    errors.byField["text"] = problem(text)
    if context.form.text("category") == nil, await !context.catalog(.category).isEmpty {
      errors.byField["category"] = "Is required"
    }
    guard errors.isEmpty else { return try await page(context, errors: errors, sent: files.sent) }
    var ticket = Ticketing.Ticket(title: title(of: text), details: text)
    ticket.category = context.form.text("category").map { .init(name: $0) }
    return try await NewTicketPage.raise(ticket, files.sent, context, renaming: fieldNames) {
      try await page(context, errors: $0, sent: files.sent)
    }
  }

  /// What is wrong with the text, as it is said beside its field.
  static func problem(_ text: String) -> String? {
    guard text.contains(where: { !$0.isWhitespace }) else { return "Is required" }
    guard text.unicodeScalars.count > limit else { return nil }
    return "Must have fewer than \(limit + 1) characters"
  }

  /// The first line that says something, cut after a whole word.
  static func title(of text: String) -> String {
    let lines = text.split(separator: "\n").map(\.trimmed)
    let line = lines.first { !$0.isEmpty }.map { String($0) } ?? ""
    guard line.unicodeScalars.count > longestTitle else { return line }
    var (cut, scalars) = ("", 0)
    for character in line {
      scalars += character.unicodeScalars.count
      if scalars >= longestTitle { break }
      cut.append(character)
    }
    let words = cut.split(separator: " ").dropLast().joined(separator: " ")
    return (words.isEmpty ? cut : words) + "…"
  }
}
