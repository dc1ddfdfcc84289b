import PorticoAPI
import RPC
import WellKnown

/// `/contacts`: the people of all accounts, and who of them has portal access (S-002, S-003).
enum ContactListPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/contacts", .contactsRead) { context in try await page(context) }
  ]

  private static func page(_ context: PageContext) async throws -> Response {
    let account = context.query["account"] ?? ""
    let answer = try await ContactsClient(context.caller).listContacts(
      .init(
        parent: account.isEmpty ? "accounts/-" : account, pageSize: 50,
        pageToken: context.query["page_token"] ?? "", query: context.query["q"] ?? "",
        portalAccess: filter(context)))
    let body = render(answer, context, accounts: await context.accounts())
    return await shell(context, title: "Contacts", active: "/contacts", isWide: true, body)
  }

  private static func filter(_ context: PageContext) -> Identity.PortalAccessFilter {
    switch context.query["access"] {
    case "yes": .yes
    case "no": .no
    default: .unspecified
    }
  }

  static func render(
    _ answer: Identity.ListContactsResponse, _ context: PageContext, accounts: [Identity.Account]
  ) -> HTML {
    let actions =
      context.may(.contactsWrite)
      ? [UI.linkButton("New contact", to: "/contacts/new", style: .primary, icon: .plus)] : []
    let isFiltered = ["q", "access", "account"].contains { context.query[$0]?.isEmpty == false }
    let list: HTML =
      if !answer.contacts.isEmpty {
        UI.table(
          answer.contacts, caption: "Contacts", columns: columns(context),
          selection: selection(context), isMuted: \.archived)
      } else if isFiltered {
        UI.noMatch("contacts", clear: "/contacts")
      } else {
        UI.emptyState(
          "No contacts yet", text: "People of your customers appear here.", icon: .users,
          action: actions.first)
      }
    return """
      \(UI.pageHead("Contacts", actions: actions))
      \(filters(context, accounts: accounts, isFiltered: isFiltered))
      \(list)
      \(UI.pages(context, count: answer.contacts.count, total: answer.totalSize, things: "contacts", next: answer.nextPageToken))
      """
  }

  /// Those chosen go on to the Bulk Operation page (S-241).
  private static func selection(_ context: PageContext) -> UI.Selection<Identity.Contact>? {
    guard context.may(.contactsWrite) else { return nil }
    return .init(
      field: BulkAccessPage.field, action: "/contacts/bulk", csrf: context.csrfToken,
      value: \.name, label: { "Select \($0.displayName)" },
      buttons: [UI.button("Batch action", style: .secondary, isSmall: true)])
  }

  private static func filters(
    _ context: PageContext, accounts: [Identity.Account], isFiltered: Bool
  ) -> HTML {
    let access = [UI.Option("yes", "Has portal access"), UI.Option("no", "No portal access")]
    let options = accounts.map { UI.Option($0.name, $0.displayName) }
    var chips: [UI.FilterChip] = []
    if let words = context.query["q"], !words.isEmpty {
      chips.append(.init(text: "“\(words)”", removeURL: context.link("q", nil)))
    }
    if let chosen = access.first(where: { $0.value == context.query["access"] }) {
      chips.append(.init(text: chosen.title, removeURL: context.link("access", nil)))
    }
    if let account = context.query["account"], !account.isEmpty {
      let title = options.first { $0.value == account }?.title ?? account
      chips.append(.init(text: "Account: \(title)", removeURL: context.link("account", nil)))
    }
    return UI.filterBar(
      action: "/contacts",
      search: UI.searchField("Search name or e-mail", name: "q", value: context.query["q"] ?? ""),
      controls: [
        UI.filterSelect(
          "Any portal access", name: "access", options: access, selected: context.query["access"]),
        UI.filterSelect(
          "All accounts", name: "account", options: options, selected: context.query["account"]),
      ], chips: chips, clear: isFiltered ? "/contacts" : nil)
  }

  static func columns(
    _ context: PageContext, withAccount: Bool = true
  ) -> [UI.Column<Identity.Contact>] {
    var columns: [UI.Column<Identity.Contact>] = [
      .init("Name", .title) { contact in
        """
        <a href="/\(contact.name)">\(contact.displayName)</a>\
        \(when: !contact.jobTitle.isEmpty, "<div class=\"sub\">\(contact.jobTitle)</div>")
        """
      },
      .init("E-mail, phone") { contact in
        let phone = UI.phone(contact.phone.isEmpty ? contact.mobile : contact.phone)
        return """
          \(UI.email(contact.email) ?? UI.notSet)\
          \(phone.map { "<div class=\"sub\">\($0)</div>" as HTML })
          """
      },
      .init("Portal access", .bare) { PortalAccessTab.badge($0.portalAccess) },
      .init("Security role") { contact in
        let access = contact.portalAccess
        return UI.text(access?.enabled == true ? access?.roleDisplayName ?? "" : "") ?? UI.notSet
      },
      .init("Last sign-in") { context.time($0.portalAccess?.lastSignInTime) ?? UI.notSet },
    ]
    if withAccount {
      columns.insert(
        .init("Account") { UI.text($0.accountDisplayName) ?? UI.notSet }, at: 1)
    }
    return columns
  }
}

extension PageContext {
  /// Accounts to choose from, by display name: the first 200. Longer lists are narrowed from the account's own page.
  func accounts() async -> [Identity.Account] {
    let found = await optional("accounts", if: may(.accountsRead)) {
      try await AccountsClient(caller).listAccounts(.init(pageSize: 200), $0).accounts
    }
    return found ?? []
  }
}
