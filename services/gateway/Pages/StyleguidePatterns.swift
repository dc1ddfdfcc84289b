import Values

extension Styleguide {
  @Sendable static func homePage(_ shell: UI.Shell) -> HTML {
    let tickets = samples.prefix(4).filter { $0.stage != .closed }.map { ticket in
      UI.tileRow(
        ticket.title, to: "/styleguide/ticket",
        detail: UI.facts([
          "\(ticket.number)", UI.time(now - ticket.age, now: now),
          "\(ticket.assignee ?? "not assigned yet")",
        ]),
        trailing: UI.ticketStage(ticket.stage))
    }
    let news = [
      UI.tileRow(
        "Maintenance window on Sunday, 17 May", to: "/styleguide/home",
        detail: UI.facts([UI.time(now - .days(2), now: now)])),
      UI.tileRow(
        "Meet Priya, your new service lead", to: "/styleguide/home",
        detail: UI.facts([UI.time(now - .days(9), now: now)])),
    ]
    return UI.layout(
      title: "Home", shell: shell,
      main: """
        \(UI.pageHead("Good morning, Dana", actions: [UI.linkButton("New ticket", to: "/styleguide/new-ticket", style: .primary, icon: .plus)]))
        \(UI.callout(.warning, title: "2 invoices are overdue", body: "<p>\(amount(226_250)) in total, the oldest due on \(UI.date(day(2026, 4, 25))).</p>", action: UI.linkButton("Review", to: "/styleguide", isSmall: true)))
        \(UI.tiles([
          UI.tile("Open tickets", icon: .ticket, more: ("All tickets", "/styleguide/tickets"), state: .ready(UI.tileList(tickets))),
          UI.tile("News", icon: .news, more: ("All news", "/styleguide"), state: .ready(UI.tileList(news))),
          UI.tile("Contracts", icon: .contract, state: .failed(retry: "/styleguide/home")),
          UI.tile("Scheduled visits", icon: .calendar, state: .ready(UI.emptyState("Nothing scheduled", text: "Visits appear here once they have a date.", icon: .calendar))),
        ]))
        """)
  }

  @Sendable static func ticketListPage(_ shell: UI.Shell) -> HTML {
    UI.layout(
      title: "Tickets", shell: staff(shell),
      main: """
        \(UI.pageHead("Tickets", actions: [UI.linkButton("New ticket", to: "/styleguide/new-ticket", style: .primary, icon: .plus)]))
        \(UI.tabs([
          .init(title: "Unassigned", url: "/styleguide/tickets?view=unassigned", count: 4),
          .init(title: "Open", url: "/styleguide/tickets", count: 31, isCurrent: true),
          .init(title: "Closed", url: "/styleguide/tickets?view=closed", count: 312),
        ], label: "Views"))
        \(filters)
        \(UI.table(samples, caption: "Open tickets", columns: columns(), selection: selection, isMuted: { $0.stage == .closed }))
        \(UI.pagination(shown: 1...6, total: "31", things: "tickets", previous: nil, next: "/styleguide/tickets?page_token=abc"))
        """)
  }

  @Sendable static func ticketPage(_ shell: UI.Shell) -> HTML {
    let facts: [(term: String, value: HTML?)] = [
      ("Handled by", UI.person("Sam Ortega")), ("Due", UI.date(day(2026, 5, 8))),
      ("Contact", UI.person("Dana Reyes")),
      ("Site", "Harbor Street 4"), ("Type", "Incident"), ("Issue", "Hardware › Printer"),
      ("Hardware", "Brother HL-L5200 (reception)"), ("Software", nil),
    ]
    return UI.layout(
      title: "TKT-1042", shell: shell,
      main: """
        \(UI.printHead(house: shell.house, title: "TKT-1042", detail: "7 May 2026"))
        \(UI.pageHead(
          "Reception printer prints blank pages since the update",
          crumbs: [("Tickets", "/styleguide/tickets")],
          meta: "\(UI.ticketStage(.open))\(UI.priority("High", urgency: .high))\(UI.copyable("TKT-1042"))<span>opened \(UI.time(now - .hours(5), now: now))</span>",
          actions: [UI.form(action: nowhere, csrf: shell.csrf, body: UI.button("Mark as resolved", style: .secondary, icon: .check))]))
        \(UI.columns(
          main: """
            \(UI.thread(items.filter { if case .message(.internalNote, _, _, _, _, _, _) = $0 { false } else { true } }))
            \(UI.composer(action: nowhere, csrf: shell.csrf, isStaff: false, draft: "ticket-1042", fileLimit: "Up to 10 files of 25 MB each.", maxBytes: 25_000_000))
            """,
          aside: UI.card("Details", body: UI.descriptionList(facts)), asideLabel: "About this ticket"))
        """)
  }

  @Sendable static func newTicketPage(_ shell: UI.Shell) -> HTML {
    let errors = UI.FormErrors(byField: [
      "ticket.title": "Say in one line what is wrong",
      "ticket.sub_issue_type": "Choose what it is about",
    ])
    let title = UI.Field("ticket.title", "Title", error: errors["ticket.title"])
    let sub = UI.Field(
      "ticket.sub_issue_type", "Sub-issue type", error: errors["ticket.sub_issue_type"])
    let details = UI.Field(
      "ticket.details", "Details", hint: "What did you expect, and what happened instead?",
      isOptional: true)
    return UI.layout(
      title: "New ticket", shell: shell,
      main: """
        \(UI.pageHead("New ticket", crumbs: [("Tickets", "/styleguide/tickets")]))
        \(UI.form(action: nowhere, csrf: shell.csrf, isUpload: true, draft: "ticket-new", style: "form", body: """
          \(UI.errorSummary(errors, fields: [title, sub]))\
          \(UI.textField(title, limit: 120))\
          \(UI.fieldRow([
            UI.select(UI.Field("ticket.issue_type", "Issue type"), options: issueTypes, selected: "hardware"),
            UI.dependentSelect(sub, groups: subIssueTypes, dependsOn: "ticket.issue_type"),
          ]))\
          \(UI.radioGroup(UI.Field("ticket.priority", "Priority"), options: [.init("low", "Low"), .init("medium", "Medium"), .init("high", "High")], selected: "medium", isInline: true))\
          \(UI.textArea(details, value: "The printer in the reception prints blank pages.", limit: 499))\
          \(UI.fileField(UI.Field("files", "Attach files", isOptional: true), limit: "Photos, PDFs and office files, up to 25 MB each.", maxBytes: 25_000_000))\
          <div class="form-foot">\(UI.button("Open ticket"))\(UI.linkButton("Cancel", to: "/styleguide/tickets", style: .ghost))</div>
          """))
        """)
  }

  @Sendable static func loginPage(_ shell: UI.Shell) -> HTML {
    UI.authLayout(
      title: "Log in", shell: shell,
      main: UI.loginCard(
        portalName: "Client portal", action: nowhere, csrf: shell.csrf, username: "dana.reyes",
        next: "/tickets/1042", error: "User name or password is wrong.",
        forgot: "/styleguide/login", signUp: "/styleguide/login"))
  }

  @Sendable static func errorPage(_ shell: UI.Shell) -> HTML {
    UI.layout(
      title: "Not found", shell: shell,
      main: UI.errorPage(
        code: 404, title: "This page does not exist, or is not yours to see",
        message:
          "The link may be old, or the item belongs to another account. Ask your provider if you expected something here.",
        requestID: "01hx3v9k2m7q"))
  }

  /// The same frame as a technician sees it.
  static func staff(_ shell: UI.Shell) -> UI.Shell {
    var shell = shell
    shell.kind = .console
    shell.accounts = []
    shell.path = "/styleguide/tickets"
    shell.viewer = UI.Viewer(name: "Sam Ortega", detail: "Technician")
    shell.tabs = [
      .init(title: "Inbox", url: "/styleguide/inbox", icon: .inbox, count: 4, group: nil),
      .init(title: "Tickets", url: "/styleguide/tickets", icon: .ticket, count: 31, group: nil),
      .init(title: "Contacts", url: "/styleguide/contacts", icon: .users, group: "Customers"),
      .init(title: "Accounts", url: "/styleguide/accounts", icon: .home, group: "Customers"),
      .init(title: "Invoices", url: "/styleguide/invoices", icon: .invoice, group: "Customers"),
      .init(title: "News", url: "/styleguide/news", icon: .news, group: "Portal"),
      .init(title: "Outgoing mail", url: "/styleguide/mail", icon: .mail, group: "Portal"),
      .init(title: "Settings", url: "/styleguide/settings", icon: .settings, group: "Portal"),
    ]
    return shell
  }

  /// A frame to show the guide in when nobody is logged in.
  static func sampleShell(
    theme: UI.Theme, csrf: String, asset: @escaping @Sendable (String) -> String
  ) -> UI.Shell {
    UI.Shell(
      house: .init(
        displayName: "Northwind IT", email: "help@northwind.example", phone: "+44 20 7946 0958",
        links: [.init(title: "Status page", url: "https://status.northwind.example/")]),
      viewer: .init(name: "Dana Reyes", detail: "Harbor Dental Group"),
      tabs: [
        .init(title: "Home", url: "/styleguide/home", icon: .home),
        .init(title: "Tickets", url: "/styleguide/ticket", icon: .ticket, count: 3),
        .init(title: "Contracts", url: "/styleguide/contracts", icon: .contract),
        .init(title: "Invoices", url: "/styleguide/invoices", icon: .invoice),
        .init(title: "News", url: "/styleguide/news", icon: .news),
      ],
      accounts: [
        .init(name: "accounts/harbor", title: "Harbor Dental Group", isCurrent: true),
        .init(name: "accounts/mill-lane", title: "Mill Lane Properties", isCurrent: false),
      ],
      unread: 2, theme: theme, csrf: csrf, path: "/styleguide", asset: asset)
  }
}
