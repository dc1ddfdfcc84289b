import PorticoAPI
import WellKnown

/// The new-ticket form, empty or refused with the typed values kept.
enum NewTicketForm {
  static func html(
    _ form: Form, _ choices: NewTicketChoices, errors: UI.FormErrors, sent: [TicketUploads.Sent],
    csrf: String, requestID: HTML
  ) -> HTML {
    let fields = Fields(form: form, choices: choices, errors: errors)
    let classification: HTML = """
      \(UI.fieldRow([fields.select("ticket.site", "Site", choices.sites), fields.catalog("ticket.type", "Ticket type", .ticketType)]))\
      \(fields.catalog("ticket.category", "Category", .category))\
      \(UI.fieldRow([fields.catalog("ticket.issue_type", "Issue type", .issueType), fields.subIssueType]))\
      \(UI.fieldRow([
        fields.select("ticket.hardware_asset", "Affected hardware", choices.hardware),
        fields.select("ticket.software_asset", "Affected software", choices.software),
      ]))
      """
    let more: HTML =
      choices.isQuick
      ? "<details class=\"fieldset\"\(flag: "open", fields.isClassified)><summary>More about it (optional)</summary>\(classification)</details>"
      : classification
    let maxBytes = TicketUploads.maxBytes(choices.settings)
    return """
      \(explanation(choices.settings))\
      \(accountSwitch(choices))\
      \(UI.form(action: "/tickets/new", csrf: csrf, isUpload: true, draft: "ticket-new", style: "form", body: """
        \(requestID)\(UI.hidden("account", choices.account ?? ""))\
        \(UI.errorSummary(errors, fields: fields.summary))\
        \(when: choices.isStaff, fields.contact)\
        \(UI.textField(fields.title, value: form["ticket.title"], limit: 200))\
        \(UI.textArea(fields.details, value: form["ticket.details"], rows: 7, limit: 20_000))\
        \(fields.catalog("ticket.priority", "Priority", .priority))\
        \(more)\
        \(TicketUploads.keptFields(sent))\
        \(UI.fileField(fields.files, limit: TicketUploads.limitText(maxBytes), maxBytes: maxBytes))\
        <div class="form-foot">\(UI.button("Open ticket"))\
        \(UI.linkButton("Cancel", to: "/tickets", style: .ghost))</div>
        """))
      """
  }

  /// The provider's words above the form, while active (S-060, S-061).
  private static func explanation(_ settings: Ticketing.TicketSettings) -> HTML {
    guard settings.addTicketTextActive, !settings.addTicketText.isEmpty else { return .empty }
    return UI.callout(.info, body: UI.prose(settings.addTicketText))
  }

  /// Another account means other sites and assets, so it is a page of its own.
  private static func accountSwitch(_ choices: NewTicketChoices) -> HTML {
    guard choices.accounts.count > 1 else { return .empty }
    return AccountPicker.html(
      "/tickets/new", choices.accounts, selected: choices.account, button: "Change")
  }

  /// The fields with their labels, errors and values in one place.
  struct Fields {
    let form: Form
    let choices: NewTicketChoices
    let errors: UI.FormErrors

    var title: UI.Field { field("ticket.title", "Title", hint: "In one line.") }
    var details: UI.Field {
      field(
        "ticket.details", "Details", hint: "What did you expect, and what happened instead?",
        isOptional: true)
    }
    var files: UI.Field { field(TicketUploads.field, "Attach files", isOptional: true) }

    /// All of them in the order of the form, for the list of errors.
    var summary: [UI.Field] {
      [
        field("ticket.contact", "Contact person"), title, details,
        field("ticket.priority", "Priority"),
        field("ticket.site", "Site"), field("ticket.type", "Ticket type"),
        field("ticket.category", "Category"), field("ticket.issue_type", "Issue type"),
        field("ticket.sub_issue_type", "Sub-issue type"),
        field("ticket.hardware_asset", "Affected hardware"),
        field("ticket.software_asset", "Affected software"), files,
      ]
    }

    /// Something is chosen or wrong in what the simplified layout folds away, so it has to be seen.
    var isClassified: Bool {
      [
        "site", "type", "category", "issue_type", "sub_issue_type", "hardware_asset",
        "software_asset",
      ].contains { form.text("ticket.\($0)") != nil || errors["ticket.\($0)"] != nil }
    }

    var contact: HTML {
      UI.select(
        field("ticket.contact", "Contact person"), options: choices.contacts,
        selected: form["ticket.contact"])
    }

    var subIssueType: HTML {
      UI.dependentSelect(
        field("ticket.sub_issue_type", "Sub-issue type", isOptional: true),
        groups: choices.subIssueTypes, selected: form["ticket.sub_issue_type"],
        dependsOn: "ticket.issue_type")
    }

    func catalog(_ name: String, _ label: String, _ kind: Ticketing.CatalogKind) -> HTML {
      UI.select(
        field(name, label, isOptional: true), options: choices.options(kind),
        selected: form.text(name) ?? choices.preset(kind))
    }

    func select(_ name: String, _ label: String, _ options: [UI.Option]) -> HTML {
      UI.select(
        field(name, label, isOptional: true), options: options, selected: form[name],
        placeholder: options.isEmpty ? "None on record" : "Choose…")
    }

    private func field(
      _ name: String, _ label: String, hint: String? = nil, isOptional: Bool = false
    ) -> UI.Field {
      UI.Field(name, label, hint: hint, error: errors[name], isOptional: isOptional)
    }
  }
}
