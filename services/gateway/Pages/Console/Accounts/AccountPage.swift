import PorticoAPI
import RPC
import Values
import WellKnown

/// `/accounts/{account}`: who they are, their sites and people, and the way to what is theirs.
enum AccountPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/{name=accounts/*}", .accountsRead) { context in try await page(context) },
    .staff(.GET, "/{name=accounts/*}/edit", .accountsWrite) { context in
      try await AccountForm.editPage(context, state: .init())
    },
    .staff(.POST, "/{name=accounts/*}/edit", .accountsWrite, AccountForm.update),
    .staff(.POST, "/{name=accounts/*}/sites", .accountsWrite, addSite),
    .staff(.GET, "/accounts/new", .accountsWrite) { context in
      await AccountForm.newPage(context, state: .init())
    },
    .staff(.POST, "/accounts/new", .accountsWrite, AccountForm.create),
  ]

  /// What the page shows; parts that could not be asked for are nil.
  struct Content: Sendable {
    var account: Identity.Account
    var sites: [Identity.Site]?
    var contacts: Identity.ListContactsResponse?
    var tickets: Ticketing.ListTicketsResponse?
  }

  private static func page(
    _ context: PageContext, site: FormState = .init()
  ) async throws -> Response {
    let name = context.path["name"]
    async let sites = context.optional("sites") {
      try await AccountsClient(context.caller)
        .listSites(.init(parent: name, pageSize: 200), $0).sites
    }
    async let contacts = context.optional("contacts", if: context.may(.contactsRead)) {
      try await ContactsClient(context.caller).listContacts(.init(parent: name, pageSize: 10), $0)
    }
    async let tickets = context.optional("tickets", if: context.may(.ticketsRead)) {
      try await TicketsClient(context.caller).listTickets(
        .init(parent: name, pageSize: 10, view: .open), $0)
    }
    let account = try await AccountsClient(context.caller).getAccount(.init(name: name))
    let content = await Content(
      account: account, sites: sites, contacts: contacts, tickets: tickets)
    return await shell(
      context, title: account.displayName, active: "/accounts", status: site.status, isWide: true,
      render(content, context, site))
  }

  static func render(
    _ content: Content, _ context: PageContext, _ site: FormState = .init()
  ) -> HTML {
    let account = content.account
    let actions =
      context.may(.accountsWrite)
      ? [UI.linkButton("Edit", to: "/\(account.name)/edit", icon: .edit)] : []
    let meta: HTML = account.archived ? UI.badge("Archived", icon: .archive) : .empty
    return """
      \(UI.pageHead(
        account.displayName, crumbs: [("Accounts", "/accounts")], meta: meta, actions: actions))
      \(UI.columns(
        main: "\(tickets(content, context))\(contacts(content, context))",
        aside: "\(facts(account))\(links(account, context))\(AccountSites(content: content, context: context, state: site).html)",
        asideLabel: "About this account"))
      """
  }

  private static func facts(_ account: Identity.Account) -> HTML {
    UI.card("Details", body: UI.descriptionList(details(account)))
  }

  /// What is on file of an account, for staff and for its own people.
  static func details(_ account: Identity.Account) -> [(term: String, value: HTML?)] {
    let address = account.address ?? .init()
    let lines = [
      address.street, "\(address.postalCode) \(address.city)", address.region,
      Country.displayName(address.country),
    ].filter { $0.contains { !$0.isWhitespace } }
    return [
      ("E-mail", UI.email(account.email)), ("Phone", UI.phone(account.phone)),
      ("Address", lines.isEmpty ? nil : lines.map { HTML(text: $0) }.joined(separator: "<br>")),
      ("Currency", UI.text(account.currency)), ("Time zone", UI.text(account.timeZone)),
      ("Language", UI.text(account.locale)),
    ]
  }

  /// To what other services keep of the account.
  private static func links(_ account: Identity.Account, _ context: PageContext) -> HTML {
    var links: [HTML] = []
    if context.may(.ticketsRead) {
      let url: SafeURL = "/tickets?account=\(account.name)"
      links.append(UI.menuLink("All tickets", to: url, icon: .ticket))
    }
    if context.may(.contactsRead) {
      let url: SafeURL = "/contacts?account=\(account.name)"
      links.append(UI.menuLink("All contacts", to: url, icon: .users))
    }
    if context.may(.contractsRead) {
      let url: SafeURL = "/contracts?account=\(account.name)"
      links.append(UI.menuLink("Contracts", to: url, icon: .contract))
    }
    if context.may(.invoicesRead) {
      let url: SafeURL = "/invoices?account=\(account.name)"
      links.append(UI.menuLink("Invoices", to: url, icon: .invoice))
    }
    guard !links.isEmpty else { return .empty }
    return UI.card("More", body: "<ul class=\"menu-list\">\(links.html { "<li>\($0)</li>" })</ul>")
  }

  private static func tickets(_ content: Content, _ context: PageContext) -> HTML {
    guard context.may(.ticketsRead) else { return .empty }
    guard let tickets = content.tickets else { return missing("Open tickets") }
    let body: HTML =
      tickets.tickets.isEmpty
      ? UI.emptyState("No open tickets", text: "Nothing is waiting here.", icon: .ticket)
      : UI.table(
        tickets.tickets, caption: "Open tickets",
        columns: [
          .init("Title", .title) { ticket in
            """
            <a href="/\(ticket.name)">\(ticket.title)</a> <div class="sub">\(ticket.displayID)</div>
            """
          },
          .init("Stage", .bare) { UI.ticketStage(.init($0.state), forStaff: true) },
          .init("Assigned to") {
            UI.person($0.assigneeDisplayName.isEmpty ? nil : $0.assigneeDisplayName)
          },
          .init("Created") { context.time($0.createTime) ?? UI.notSet },
        ])
    let shown = tickets.tickets.count
    let more: HTML? =
      Int(tickets.totalSize) > shown
      ? "<p class=\"quiet\">The latest \(shown) of \(tickets.totalSize).</p>" : nil
    return UI.card("Open tickets", isFlush: true, footer: more, body: body)
  }

  private static func contacts(_ content: Content, _ context: PageContext) -> HTML {
    guard context.may(.contactsRead) else { return .empty }
    guard let contacts = content.contacts else { return missing("Contacts") }
    let add: [HTML] =
      context.may(.contactsWrite)
      ? [
        UI.linkButton(
          "New contact", to: "/contacts/new?account=\(content.account.name)", icon: .plus,
          isSmall: true)
      ] : []
    let body: HTML =
      contacts.contacts.isEmpty
      ? UI.emptyState("No contacts yet", text: "People of this account appear here.", icon: .users)
      : UI.table(
        contacts.contacts, caption: "Contacts",
        columns: ContactListPage.columns(context, withAccount: false), isMuted: \.archived)
    return UI.card("Contacts", actions: add, isFlush: true, body: body)
  }

  static func missing(_ title: String) -> HTML {
    UI.card(
      title,
      body: UI.callout(.warning, body: "<p>This part could not be loaded right now.</p>"))
  }

  @Sendable private static func addSite(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.path["name"]
    do {
      let site = try await AccountsClient(context.caller).createSite(
        .init(
          parent: name,
          site: .init(
            displayName: form.plain("site.display_name"),
            address: AccountForm.address(form, "site"), phone: form.plain("site.phone")),
          requestID: form["request_id"]))
      return .redirect(to: "/\(name)", flash: .success("\(site.displayName) is added."))
    } catch {
      return try await page(context, site: try FormState(error, form))
    }
  }
}
