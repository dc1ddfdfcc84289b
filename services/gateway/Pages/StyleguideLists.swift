import Values

extension Styleguide {
  struct SampleTicket: Sendable {
    var number: String
    var title: String
    var account: String
    var stage: UI.TicketStage
    var priority: UI.Urgency
    var assignee: String?
    var replies: Int
    var age: Duration
    var byMail = false
  }

  static let samples: [SampleTicket] = [
    .init(
      number: "TKT-1042", title: "Reception printer prints blank pages since the update",
      account: "Harbor Dental Group", stage: .new, priority: .high, assignee: nil, replies: 1,
      age: .minutes(12)),
    .init(
      number: "TKT-1041", title: "VPN drops every afternoon", account: "Kestrel Architects",
      stage: .open, priority: .urgent, assignee: "Sam Ortega", replies: 6, age: .hours(5),
      byMail: true),
    .init(
      number: "TKT-1039", title: "New starter on 1 June: laptop, mailbox, badge",
      account: "Harbor Dental Group", stage: .scheduled, priority: .medium,
      assignee: "Priya Natarajan", replies: 3, age: .days(1)),
    .init(
      number: "TKT-1036", title: "Which licence do we need for the shared calendar?",
      account: "Mill Lane Properties", stage: .waitingForCustomer, priority: .low,
      assignee: "Sam Ortega", replies: 4, age: .days(3), byMail: true),
    .init(
      number: "TKT-1030", title: "Backup report shows two failed jobs", account: "Orchard Foods",
      stage: .resolved, priority: .medium, assignee: "Wei Chen", replies: 9, age: .days(6)),
    .init(
      number: "TKT-1024", title: "Cannot open attachments on the tablet",
      account: "Kestrel Architects", stage: .closed, priority: .low, assignee: "Priya Natarajan",
      replies: 5, age: .days(21)),
  ]

  static func columns(sorted: Bool = true) -> [UI.Column<SampleTicket>] {
    [
      .init("Title", .title) { ticket in
        """
        <a href="/styleguide/ticket">\(ticket.title)</a> <div class="sub">\(UI.facts([
          "\(ticket.number)", "\(ticket.account)",
          "\(UI.icon(ticket.byMail ? .mail : .edit, label: ticket.byMail ? "sent by e-mail" : "added in the portal"))",
        ]))</div>
        """
      },
      .init("Stage", .bare) { UI.ticketStage($0.stage, forStaff: true) },
      .init("Priority", sortURL: "/styleguide?sort=priority") {
        UI.priority($0.priority.rawValue.capitalized, urgency: $0.priority)
      },
      .init("Assigned to") { UI.person($0.assignee) },
      .init("Replies", .number) { "\($0.replies)" },
      .init("Created", sortURL: "/styleguide?sort=created", sorted: sorted ? .descending : nil) {
        UI.time(now - $0.age, now: now)
      },
    ]
  }

  static var selection: UI.Selection<SampleTicket> {
    .init(
      field: "tickets", action: nowhere, csrf: "example", value: \.number,
      label: { "Select \($0.number)" },
      buttons: [
        UI.button("Assign", style: .secondary, name: "do", value: "assign", isSmall: true),
        UI.button("Close", style: .secondary, name: "do", value: "close", isSmall: true),
      ])
  }

  static var filters: HTML {
    UI.filterBar(
      action: nowhere, search: UI.searchField("Search tickets", value: "printer"),
      controls: [
        UI.filterSelect(
          "Stage", name: "stage", options: [.init("open", "Open"), .init("closed", "Closed")],
          selected: "open"),
        UI.filterSelect(
          "Priority", name: "priority", options: [.init("high", "High"), .init("low", "Low")],
          selected: nil),
      ],
      chips: [
        .init(text: "Stage: Open", removeURL: "/styleguide?q=printer"),
        .init(text: "“printer”", removeURL: "/styleguide?stage=open"),
      ], clear: nowhere)
  }

  static var tables: HTML {
    """
    \(filters)
    \(UI.table(samples, caption: "Tickets", columns: columns(), selection: selection, isMuted: { $0.stage == .closed }))
    \(UI.pagination(shown: 1...6, total: "312", things: "tickets", previous: nil, next: "/styleguide?page_token=abc"))
    \(UI.card("Invoices", isFlush: true, body: UI.table(
      [("INV-2026-0007", UI.InvoiceStage.overdue, Int64(184_250)), ("INV-2026-0011", .open, 42_000), ("INV-2026-0003", .paid, 98_010)],
      caption: "Invoices", columns: [
        .init("Number", .title) { "<a href=\"#tables\">\($0.0)</a>" },
        .init("Status", .bare) { UI.invoiceStage($0.1) },
        .init("Due") { _ in UI.date(day(2026, 4, 25)) },
        .init("Payment due", .number) { amount($0.2) },
      ])))
    """
  }

  static var items: [UI.ThreadItem] {
    [
      .message(
        .customer, author: "Dana Reyes", photo: nil, time: UI.time(now - .hours(5), now: now),
        body: UI.prose(
          "Since the update this morning the reception printer only prints blank pages.\nWe tried another cable and https://example.com/manual, page 12.\n\nPatients are waiting for their papers, so this is rather urgent."
        ),
        attachments: [
          .init(fileName: "blank-page.jpg", bytes: 1_840_221, url: "/styleguide"),
          .init(
            fileName: "Printer configuration report from the second floor.pdf", bytes: 88_412,
            url: "/styleguide"),
        ], id: "m1"),
      .event(
        .user,
        text:
          "<strong>Priya Natarajan</strong> assigned it to <strong>Sam Ortega</strong>, due 8 May",
        time: UI.time(now - .hours(4), now: now)),
      .message(
        .internalNote, author: "Sam Ortega", photo: nil, time: UI.time(now - .hours(3), now: now),
        body: UI.prose("Driver 7.2 again. Roll back to 7.1 as on TKT-0988."), attachments: [],
        id: "m2"),
      .message(
        .staff, author: "Sam Ortega", photo: nil, time: UI.time(now - .minutes(40), now: now),
        body: UI.prose(
          "Hello Dana, the update brought a faulty driver. I have put the former one back. Could you print a test page?"
        ),
        attachments: [
          .init(fileName: "driver-notes.txt", bytes: 912, url: "/styleguide", state: .checking),
          .init(
            fileName: "setup.exe", bytes: 2_000_000, url: "/styleguide",
            state: .refused("not allowed")),
        ], id: "m3"),
      .event(
        .stateResolved, text: "<strong>Dana Reyes</strong> marked it Resolved",
        time: UI.time(now - .minutes(2), now: now)),
    ]
  }

  static var conversation: HTML {
    """
    \(UI.thread(items))
    \(UI.composer(action: nowhere, csrf: "example", isStaff: true, draft: "guide-reply", isInternal: true, fileLimit: "Up to 10 files of 25 MB each.", maxBytes: 25_000_000, extra: [UI.button("Send and resolve", style: .secondary, name: "then", value: "resolve")]))
    \(UI.card("History", body: UI.timeline([
      .init(icon: .plus, text: "<strong>Dana Reyes</strong> opened the ticket in the portal", time: UI.time(now - .hours(5), now: now), tone: .accent),
      .init(icon: .user, text: "Assigned to <strong>Sam Ortega</strong>", time: UI.time(now - .hours(4), now: now)),
      .init(icon: .check, text: "Resolved after \(UI.duration(minutes: 298))", time: UI.time(now - .minutes(2), now: now), tone: .success),
    ])))
    """
  }

  static var tiles: HTML {
    let rows = samples.prefix(3).map { ticket in
      UI.tileRow(
        ticket.title, to: "/styleguide/ticket",
        detail: UI.facts(["\(ticket.number)", UI.time(now - ticket.age, now: now)]),
        trailing: UI.ticketStage(ticket.stage))
    }
    return UI.tiles([
      UI.tile(
        "Open tickets", icon: .ticket, more: ("All tickets", "/styleguide/tickets"),
        state: .ready(UI.tileList(rows))),
      UI.tile("Invoices", icon: .invoice, state: .failed(retry: nowhere)),
      UI.tile("News", icon: .news, state: .loading),
    ])
  }
}
