import PorticoAPI
import WellKnown

/// The new-ticket form, empty or refused with the typed values kept.
enum NewTicketForm {
  static func html(
    _ form: Form, _ choices: NewTicketChoices, errors: UI.FormErrors, sent: [TicketUploads.Sent],
    csrf: String, requestID: HTML
  ) -> HTML {
    let fields = Fields(form: form, choices: choices, errors: errors)
    let maxBytes = TicketUploads.maxBytes(choices.settings)
    return """
      \(explanation(choices.settings))\
      \(accountSwitch(choices))\
      \(UI.form(action: "/tickets/new", csrf: csrf, isUpload: true, draft: "ticket-new", style: "form form-split mostly-optional", body: """
        \(requestID)\(UI.hidden("account", choices.account ?? ""))\
        \(UI.errorSummary(errors, fields: fields.summary))\
        <div class="form-main">\(when: choices.isStaff || !choices.contacts.isEmpty, fields.contact)\
        \(UI.textField(fields.title, value: form["ticket.title"], limit: 200))\
        \(UI.textArea(fields.details, value: form["ticket.details"], rows: 8, limit: 20_000))\
        \(TicketUploads.keptFields(sent))\
        \(UI.fileField(fields.files, limit: TicketUploads.limitText(maxBytes), maxBytes: maxBytes))</div>\
        <div class="form-side">\(classification(fields, choices))</div>\
        <div class="form-foot">\(UI.button("Open ticket"))\
        \(UI.linkButton("Cancel", to: "/tickets", style: .ghost))</div>
        """))
      """
  }

  /// Where it belongs, one choice below the other. The quick layout shows the priority and folds the rest.
  private static func classification(_ fields: Fields, _ choices: NewTicketChoices) -> HTML {
    let priority = fields.catalog("ticket.priority", "Priority", .priority)
    let site = fields.select("ticket.site", "Site", choices.sites)
    let rest: HTML = """
      \(fields.catalog("ticket.type", "Ticket type", .ticketType))\
      \(fields.catalog("ticket.category", "Category", .category))\
      \(fields.catalog("ticket.issue_type", "Issue type", .issueType))\(fields.subIssueType)\
      \(fields.select("ticket.hardware_asset", "Affected hardware", choices.hardware))\
      \(fields.select("ticket.software_asset", "Affected software", choices.software))
      """
    let body: HTML =
      choices.isQuick
      ? """
      \(priority)<details class="fieldset more"\(flag: "open", fields.isClassified)><summary>More about it</summary>\
      <div class="more-body">\(site)\(rest)</div></details>
      """
      : "\(site)\(priority)\(rest)"
    return UI.fieldset(
      "Where it belongs", hint: "Leave open what you do not know; we will sort it.", body: body)
  }

  /// The provider's words above the form, while active (S-060, S-061).
  static func explanation(_ settings: Ticketing.TicketSettings) -> HTML {
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

    var title: UI.Field { field("ticket.title", "Title") }
    var details: UI.Field {
      field(
        "ticket.details", "Details", hint: "What did you expect, and what happened instead?",
        isOptional: true)
    }
    var files: UI.Field { field(TicketUploads.field, "Attach files", isOptional: true) }

    /// All of them in the order of the form, for the list of errors.
    var summary: [UI.Field] {
      [
        field("ticket.contact", "Contact person"), title, details, files,
        field("ticket.site", "Site"), field("ticket.priority", "Priority"),
        field("ticket.type", "Ticket type"), field("ticket.category", "Category"),
        field("ticket.issue_type", "Issue type"), field("ticket.sub_issue_type", "Sub-issue type"),
        field("ticket.hardware_asset", "Affected hardware"),
        field("ticket.software_asset", "Affected software"),
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
        field("ticket.contact", "Contact person", isOptional: !choices.isStaff),
        options: choices.contacts, selected: form["ticket.contact"],
        placeholder: choices.isStaff ? "Choose…" : "Myself")
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
