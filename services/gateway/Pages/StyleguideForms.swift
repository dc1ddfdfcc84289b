import Values

extension Styleguide {
  static let issueTypes: [UI.Option] = [
    .init("hardware", "Hardware"), .init("software", "Software"),
    .init("access", "Accounts and access"),
  ]
  static let subIssueTypes: [UI.OptionGroup] = [
    .init(
      parent: "hardware", title: "Hardware",
      options: [.init("printer", "Printer"), .init("laptop", "Laptop")]),
    .init(
      parent: "software", title: "Software",
      options: [.init("office", "Office suite"), .init("line", "Line of business")]),
    .init(
      parent: "access", title: "Accounts and access",
      options: [.init("password", "Password"), .init("mfa", "Second factor")]),
  ]

  static var forms: HTML {
    let errors = UI.FormErrors(
      byField: [
        "guide.title": "Say in one line what is wrong", "guide.due": "The date is in the past",
      ],
      general: [])
    let fields = [
      UI.Field("guide.title", "Title", error: errors["guide.title"]),
      UI.Field("guide.due", "Needed by", error: errors["guide.due"], isOptional: true),
    ]
    return """
      \(UI.card(body: UI.form(action: nowhere, csrf: "example", id: "guide-form", style: "form", body: """
        \(UI.textField(UI.Field("name", "Company name", hint: "As it stands on your invoices."), value: "Harbor Dental Group", autocomplete: "organization"))\
        \(UI.fieldRow([
          UI.textField(UI.Field("email", "E-mail"), type: .email, autocomplete: "email"),
          UI.textField(UI.Field("phone", "Phone", isOptional: true), type: .tel, autocomplete: "tel"),
        ]))\
        \(UI.textArea(UI.Field("text", "What happened?", hint: "Up to 499 characters."), value: "The printer on the second floor says 👩🏽‍🔧.", limit: 499))\
        \(UI.fieldRow([
          UI.select(UI.Field("issue_type", "Issue type"), options: issueTypes, selected: "hardware"),
          UI.dependentSelect(UI.Field("sub_issue_type", "Sub-issue type"), groups: subIssueTypes, selected: "laptop", dependsOn: "issue_type"),
        ]))\
        \(UI.fieldRow([
          UI.textField(UI.Field("due", "Needed by", isOptional: true), value: "2026-05-12", type: .date),
          UI.textField(UI.Field("amount", "Amount"), value: "120.00", prefix: "€", isShort: true),
          UI.textField(UI.Field("locked", "Customer number", isDisabled: true), value: "10482"),
        ]))\
        \(UI.radioGroup(UI.Field("access", "Client portal access"), options: [
          .init("yes", "Yes", hint: "A welcome mail with a link goes out when you save."), .init("no", "No"),
        ], selected: "yes"))\
        \(UI.checkboxGroup(UI.Field("notify", "Tell me about", isOptional: true), options: [
          .init("reply", "Replies"), .init("invoice", "Invoices"), .init("news", "News", isDisabled: true),
        ], selected: ["reply"], isInline: true))\
        \(UI.checkbox(UI.Field("active", "Portal is active", hint: "Off closes the portal for everybody at once."), isOn: true))\
        \(UI.fileField(UI.Field("files", "Attachments", isOptional: true), limit: "Up to 10 files of 25 MB each.", maxBytes: 25_000_000))\
        <div class="form-foot">\(UI.button("Save changes"))\(UI.linkButton("Cancel", to: "#forms", style: .ghost))</div>
        """)))
      \(UI.card("Refused", body: UI.form(action: nowhere, csrf: "example", style: "form", body: """
        \(UI.errorSummary(errors, fields: fields))\
        \(UI.textField(fields[0], limit: 80))\
        \(UI.textField(fields[1], value: "2020-01-01", type: .date))\
        \(UI.select(UI.Field("guide.category", "Category", error: "Choose a category"), options: issueTypes))\
        \(UI.textArea(UI.Field("guide.text", "Details", error: "Use fewer than 500 characters"), value: String(repeating: "Too long. ", count: 51), rows: 3, limit: 499))\
        \(UI.radioGroup(UI.Field("guide.access", "Portal access", error: "Choose yes or no"), options: [.init("yes", "Yes"), .init("no", "No")], isInline: true))\
        <div class="form-foot">\(UI.button("Try again"))</div>
        """)))
      """
  }

  static var feedback: HTML {
    let tones: [(UI.Tone, String)] = [
      (.info, "Scheduled maintenance on Sunday from 02:00 to 04:00 UTC."),
      (.success, "The welcome mail to Dana Reyes is on its way."),
      (.warning, "The mail server is not configured. Mails wait in the queue."),
      (.danger, "The payment was declined by the bank."),
      (.neutral, "You are looking at a closed ticket."),
    ]
    let flash = UI.FlashMessage(tone: .success, text: "Ticket archived", undo: "/styleguide")
    return """
      \(tones.html { UI.callout($0.0, body: "<p>\($0.1)</p>") })
      \(UI.callout(.warning, title: "Invoice INV-2026-0007 is 12 days overdue",
        body: "<p>\(amount(184_250)) were due on \(UI.date(day(2026, 4, 25))).</p>",
        action: UI.linkButton("Pay now", to: "#feedback", style: .primary, isSmall: true)))
      <div class="toast" data-toast data-stay>\(UI.icon(.check))<p>\(flash.text)</p>\
      \(UI.form(action: nowhere, csrf: "example", body: "<button class=\"toast-undo\">Undo</button>"))</div>
      <div>\(UI.linkButton("Open a dialog", to: "#guide-dialog", dialog: "guide-dialog"))</div>
      \(UI.dialog(id: "guide-dialog", title: "Merge into another ticket", body: UI.form(action: nowhere, csrf: "example", body: """
        \(UI.textField(UI.Field("into", "Ticket number", hint: "Both conversations become one."), value: "TKT-")) \
        \(UI.dialogActions([UI.button("Merge")]))
        """)))
      <div class="tiles">\(UI.card(body: UI.emptyState("No tickets yet", text: "Questions and faults you report appear here, with every answer.", icon: .ticket, action: UI.linkButton("New ticket", to: "#feedback", style: .primary, icon: .plus))))\
      \(UI.card(body: UI.noMatch("tickets", clear: "#feedback")))</div>
      \(UI.card(body: UI.skeleton(lines: 5)))
      """
  }

  static var amounts: HTML {
    UI.card(
      body: UI.descriptionList(
        [
          ("Just now", UI.time(now, now: now)), ("Minutes", UI.time(now - .minutes(5), now: now)),
          ("Ahead", UI.time(now + .days(3), now: now)),
          ("Past 7 days", UI.time(now - .days(30), now: now)),
          ("Absolute", UI.time(now, now: now, style: .absolute)),
          ("Civil date", UI.date(day(2028, 2, 29))),
          ("Duration", UI.duration(minutes: 3125)), ("Euro", amount(123_450)),
          ("Credit", amount(-2_000)), ("Yen", amount(900, "JPY")),
          ("Dinar", amount(1_250, "KWD")), ("Size", "\(UI.fileSize(3_412_000))"),
        ], isWide: true))
  }
}
