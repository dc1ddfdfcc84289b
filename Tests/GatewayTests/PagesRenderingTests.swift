import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import Gateway

@Suite("Pages, rendered")
struct PagesRenderingTests {
  /// Nothing of a payload may become markup: no element of it, no attribute of it.
  private func expectEscaped(_ html: HTML, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = html.description
    #expect(!text.contains("<script>alert"), sourceLocation: sourceLocation)
    #expect(!text.contains("<img src=x"), sourceLocation: sourceLocation)
    #expect(text.contains("&lt;script&gt;alert"), sourceLocation: sourceLocation)
  }

  private let staff = TestPrincipal.staff(.administrator)

  @Test("X-12 every text of a ticket, its notes and its times is text, for customers and staff")
  func ticketIsEscaped() throws {
    let text = Samples.payload
    for person in [TestPrincipal.customer(), staff] {
      let context = try Samples.context(person)
      let parts = TicketParts(
        ticket: Samples.ticket(text),
        notes: [
          Samples.note(text), Samples.note(text, kind: .customer),
          Samples.note(text, kind: .event), Samples.note(text, visibility: .internal),
        ],
        times: .init(
          timeEntries: [.init(name: "x", authorDisplayName: text, minutes: 90, note: text)],
          totalMinutes: 90), maxFileBytes: 1000)
      let errors = UI.FormErrors(byField: ["body": text, "files": text], general: [text])
      expectEscaped(
        TicketView(
          parts: parts, context: context, errors: errors,
          sent: [.init(name: text, fileName: text)]
        ).html)
      let view = TicketListView(
        try Samples.context(person, target: "/tickets?q=%3Cscript%3Ealert(1)&priority=%22%3E"))
      expectEscaped(
        TicketListPage.render(
          .init(tickets: [Samples.ticket(text)], totalSize: 1), view, context,
          [UI.Option(text, text)], canSubmit: true))
    }
  }

  @Test("X-12 every text of contracts and invoices is text")
  func billingIsEscaped() throws {
    let text = Samples.payload
    let context = try Samples.context(staff)
    let contract = Samples.contract(text, nil)
    expectEscaped(ContractView(contract: contract, isStaff: true).html)
    expectEscaped(
      ContractPages.list(.init(contracts: [contract]), includesInactive: false, context))
    let invoice = Samples.invoice(text)
    expectEscaped(InvoiceView(invoice: invoice, context: context).html)
    expectEscaped(
      InvoicePages.list(.init(invoices: [invoice]), view: "", number: text, context))
  }

  @Test("X-12 every text of news, messages, people and the portal itself is text")
  func othersAreEscaped() throws {
    let text = Samples.payload
    let profile = Identity.Profile(
      name: "profile", userName: text, firstName: text, lastName: text, displayName: text,
      email: text, phone: text, mobile: text,
      memberships: [.init(account: "accounts/acme", accountDisplayName: text)], landingPage: text,
      timeZone: text, etag: text)
    let portal = Identity.Portal(
      tenant: "northwind", displayName: text, active: true, contactEmail: text,
      contactPhone: text, brandColor: text, socialLinks: [.init(network: text, url: text)])
    let context = try Samples.context(profile: profile, portal: portal)
    let item = Cms.NewsItem(
      name: "news/1", title: text, summary: text, body: text, publishTime: Samples.time,
      authorDisplayName: text)
    expectEscaped(NewsPages.article(item, context))
    expectEscaped(NewsPages.list(.init(news: [item]), context))
    let conversation = Samples.conversation(text)
    expectEscaped(MessageListPage.list(.init(conversations: [conversation]), .inbox, context))
    let message = Messaging.Message(name: "x/1", body: text, authorDisplayName: text)
    expectEscaped(ConversationPage.html(conversation, [message], context))
    expectEscaped(SettingsPages.form(context, profile, errors: .init("profile.email", text)))
    expectEscaped(PreferencesPage.form(context, profile, errors: .init("profile.time_zone", text)))
    expectEscaped(PasswordPage.form(context, policy: [text], errors: .init("password", text)))
    expectEscaped(
      SessionsPage.list([.init(name: "sessions/1", userAgent: text, ipAddress: text)], context))
    expectEscaped(
      WelcomePage.form(
        .init(userName: text, displayName: text), context, token: text,
        errors: .init("password", text)))
    expectEscaped(UI.layout(title: text, shell: context.frame(), main: .empty))
    let problem = Problem(.badRequest, .invalidArgument, text)
    expectEscaped(ErrorPage.html(problem, context.request, context))
    expectEscaped(ErrorPage.html(problem, context.request, nil))
  }

  @Test(
    "S-060 S-061 S-097 S-105 the new-ticket form has every field and keeps what was typed beside the errors"
  )
  func newTicketForm() throws {
    let text = Samples.payload
    var choices = NewTicketChoices(account: "accounts/acme")
    choices.sites = [UI.Option("accounts/acme/sites/hq", text)]
    choices.catalog = [
      .init(name: "catalogEntries/hw", kind: .issueType, displayName: "Hardware"),
      .init(
        name: "catalogEntries/prn", kind: .subIssueType, displayName: text,
        parent: "catalogEntries/hw"),
      .init(name: "catalogEntries/med", kind: .priority, displayName: "Medium", isDefault: true),
      .init(name: "catalogEntries/old", kind: .priority, displayName: "Retired", retired: true),
    ]
    choices.settings = .init(addTicketText: text, addTicketTextActive: true)
    let form = Form(fields: [
      .init(name: "ticket.title", value: text), .init(name: "ticket.details", value: "typed"),
      .init(name: "ticket.issue_type", value: "catalogEntries/hw"),
    ])
    let html = NewTicketForm.html(
      form, choices, errors: .init("ticket.title", "Is required"),
      sent: [.init(name: "uploads/1", fileName: text)], csrf: "t",
      requestID: UI.hidden("request_id", "abc"))
    expectEscaped(html)
    let page = html.description
    for field in [
      "site", "type", "priority", "category", "issue_type", "sub_issue_type", "hardware_asset",
      "software_asset", "title", "details",
    ] { #expect(page.contains("name=\"ticket.\(field)\"")) }
    #expect(page.contains("name=\"files\"") && page.contains("value=\"uploads/1\""))
    #expect(page.contains("name=\"request_id\" value=\"abc\""))
    #expect(page.contains("There is a problem") && page.contains("href=\"#f-ticket-title\""))
    #expect(page.contains("\ntyped</textarea>"))
    #expect(page.contains("value=\"catalogEntries/med\" selected"))
    #expect(!page.contains("Retired"))
    choices.isQuick = true
    let quick = NewTicketForm.html(
      form, choices, errors: .init(), sent: [], csrf: "t", requestID: .empty)
    #expect(quick.description.contains("<details"))
    #expect(!page.contains("name=\"ticket.contact\""))
  }

  @Test("F-04 who may raise tickets for colleagues chooses one, or nobody for themselves")
  func colleagues() async throws {
    try await PagesStage.run(identity: [TestContacts()]) { stage in
      func form(_ person: Principal) async throws -> String {
        let cookies = ["Cookie": "portico=\(stage.edge.identity.open(person))"]
        return try await stage.edge.send("GET", "/tickets/new", cookies).body
      }
      var manager = TestPrincipal.customer(contact: "mia", role: .externalManager)
      #expect(try await !form(manager).contains("name=\"ticket.contact\""))
      manager.memberships[0].grants.append(Grant(.contactsRead, .account))
      let offered = try await form(manager)
      #expect(offered.contains("<option value=\"\">Myself</option>"))
      #expect(offered.contains("<option value=\"accounts/acme/contacts/ada\""))
      var user = TestPrincipal.customer(contact: "bob")
      user.memberships[0].grants.append(Grant(.contactsRead, .account))
      #expect(try await !form(user).contains("name=\"ticket.contact\""))
    }
  }

  @Test("S-031 S-034 S-035 S-070 navigation offers what the role may do, and no more")
  func navigation() throws {
    func tabs(_ principal: Access.Principal) throws -> [String] {
      try Samples.context(principal).frame().tabs.map(\.url.text)
    }
    let user = try tabs(TestPrincipal.customer())
    #expect(user == ["/", "/tickets", "/news", "/account"])
    let manager = try tabs(TestPrincipal.customer(role: .externalManager))
    #expect(manager.contains("/contracts") && manager.contains("/invoices"))
    let technician = try tabs(TestPrincipal.staff())
    #expect(technician.contains("/inbox") && !technician.contains("/mail"))
    #expect(!technician.contains("/invoices") && !technician.contains("/roles"))
    #expect(try tabs(staff).contains("/audit"))
    #expect(try Samples.context(nil).frame().tabs.isEmpty)
  }

  @Test("S-091 S-093 the organization's tickets are offered where the reach goes beyond one's own")
  func scopes() throws {
    let own = TicketListView(try Samples.context(target: "/tickets"))
    #expect(!own.offersScopes && own.request.myTickets && own.request.parent == "accounts/acme")
    let manager = TestPrincipal.customer(role: .externalManager)
    let all = TicketListView(try Samples.context(manager, target: "/tickets"))
    #expect(all.offersScopes && !all.request.myTickets)
    let mine = TicketListView(
      try Samples.context(manager, target: "/tickets?scope=mine&view=closed&order=priority"))
    #expect(mine.request.myTickets && mine.request.view == .closed)
    #expect(mine.request.orderBy == .priority)
    let staff = TicketListView(try Samples.context(self.staff, target: "/tickets"))
    #expect(!staff.offersScopes && staff.request.parent == "accounts/-")
  }

  @Test("U-07 empty lists say what will be there, filtered ones offer a way out")
  func emptyStates() throws {
    let context = try Samples.context(target: "/tickets")
    func list(_ target: String) throws -> String {
      TicketListPage.render(
        .init(), TicketListView(try Samples.context(target: target)), context, [],
        canSubmit: true
      ).description
    }
    #expect(try list("/tickets").contains("No open tickets"))
    #expect(try list("/tickets?view=closed").contains("No closed tickets"))
    #expect(try list("/tickets?q=x").contains("Clear filters"))
    #expect(
      InvoicePages.list(.init(), view: "unpaid", number: "", context).description
        .contains("Nothing to pay"))
    #expect(
      ContractPages.list(.init(), includesInactive: false, context).description
        .contains("No active contracts"))
    #expect(NewsPages.list(.init(), context).description.contains("No news"))
    #expect(
      MessageListPage.list(.init(), .starred, context).description.contains("Nothing starred"))
  }

  @Test(
    "S-172 D-22 a contract shows the fields of its type and no others",
    arguments: [
      (Billing.Contract.Terms.timeAndMaterials(.init(hourlyRate: Samples.money)), "Hourly rate"),
      (.recurring(.init(billingCycle: .monthly, billingPrice: Samples.money)), "Contract history"),
      (.fixedPrice(.init(billingPrice: Samples.money)), "Remaining amount"),
      (.retainerByAmount(.init(billingPrice: Samples.money)), "Consumed amount"),
      (
        .retainerByHours(
          .init(
            billingCycle: .monthly,
            prepaidHours: .init(purchasedMinutes: 600, consumedMinutes: 90, remainingMinutes: 510))
        ),
        "1 h 30 min of 10 h"
      ),
    ])
  func contractTypes(_ terms: Billing.Contract.Terms, _ own: String) throws {
    let marks = [
      "Hourly rate", "Contract history", "Remaining amount", "Consumed amount",
      "1 h 30 min of 10 h",
    ]
    let page = ContractView(contract: Samples.contract("Care", terms), isStaff: false).html
      .description
    for mark in marks { #expect(page.contains(mark) == (mark == own)) }
  }

  @Test("S-198 D-06 U-20 an invoice shows lines, taxes, payments and what is due with its currency")
  func invoice() throws {
    let page = InvoiceView(invoice: Samples.invoice("INV-1"), context: try Samples.context()).html
      .description
    for part in [
      "€12.34", "1.5", "Tax 19 %", "Grand total", "Payment due", "Sales representative", "Sent on",
      "overdue", "4 Mar 2026",
    ] { #expect(page.contains(part)) }
    #expect(InvoiceView.thousandths(-2050) == "−2.05" && InvoiceView.thousandths(3000) == "3")
  }

  @Test("What a service refused stands beside its field; what no input would mend is passed on")
  func formErrors() throws {
    let detail = Status.Detail(
      typeName: "google.rpc.BadRequest",
      value: try GoogleRpc.BadRequest(fieldViolations: [
        .init(field: "note.body", description: "is required")
      ]).serialized())
    let refused = Status(.invalidArgument, "note.body is required", details: [detail])
    let errors = UI.FormErrors(refused, renaming: ["note.body": "body"])
    #expect(errors?["body"] == "Is required" && errors?.general == [])
    #expect(UI.FormErrors(Status(.aborted, "changed meanwhile"))?.general == ["Changed meanwhile"])
    for code in [Status.Code.notFound, .unavailable, .internal, .permissionDenied] {
      #expect(UI.FormErrors(Status(code, "x")) == nil)
    }
  }

  @Test("D-51 absent and forbidden pages read the same")
  func forbiddenIsAbsent() async throws {
    let context = try Samples.context()
    let route = PageRoute(.GET, "/x") { _ in throw Status(.permissionDenied, "you may not") }
    let hidden = await #expect(throws: Status.self) {
      _ = try await route.hidingForbidden.handler(context)
    }
    #expect(hidden?.code == .notFound && hidden?.message == "there is no such page")
    let page = ErrorPage.html(
      Problem(.notFound, .notFound, "secret detail"), context.request, context)
    #expect(!page.description.contains("secret detail"))
    #expect(page.description.contains(context.request.id))
  }

  @Test("U-25 sessions are told apart by browser and system")
  func devices() {
    #expect(
      SessionsPage.device("Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36")
        == "Chrome on Linux")
    #expect(SessionsPage.device("curl/8.1") == "curl/8.1")
    #expect(SessionsPage.device("") == "Unknown device")
  }
}
