import PorticoAPI
import RPC
import WellKnown

/// `/accounts`: the organizations that the provider serves.
enum AccountListPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/accounts", .accountsRead) { context in try await page(context) }
  ]

  private static func page(_ context: PageContext) async throws -> Response {
    let answer = try await AccountsClient(context.caller).listAccounts(
      .init(
        pageSize: 50, pageToken: context.query["page_token"] ?? "",
        query: context.query["q"] ?? ""))
    return await shell(
      context, title: "Accounts", active: "/accounts", isWide: true, render(answer, context))
  }

  static func render(_ answer: Identity.ListAccountsResponse, _ context: PageContext) -> HTML {
    let words = context.query["q"] ?? ""
    let actions =
      context.may(.accountsWrite)
      ? [UI.linkButton("New account", to: "/accounts/new", style: .primary, icon: .plus)] : []
    let list: HTML =
      if !answer.accounts.isEmpty {
        UI.table(
          answer.accounts, caption: "Accounts", columns: columns(context), isMuted: \.archived)
      } else if !words.isEmpty {
        UI.noMatch("accounts", clear: "/accounts")
      } else {
        UI.emptyState(
          "No accounts yet", text: "The organizations you serve appear here.", icon: .home,
          action: actions.first)
      }
    let chips: [UI.FilterChip] =
      words.isEmpty ? [] : [.init(text: "“\(words)”", removeURL: context.link("q", nil))]
    return """
      \(UI.pageHead("Accounts", actions: actions))
      \(UI.filterBar(
        action: "/accounts", search: UI.searchField("Search accounts", value: words), chips: chips))
      \(list)
      \(UI.pages(context, count: answer.accounts.count, total: answer.totalSize, things: "accounts", next: answer.nextPageToken))
      """
  }

  private static func columns(_ context: PageContext) -> [UI.Column<Identity.Account>] {
    [
      .init("Name", .title) { account in
        """
        <a href="/\(account.name)">\(account.displayName)</a>\
        \(when: account.archived, " \(UI.badge("Archived", icon: .archive))")
        """
      },
      .init("E-mail") { UI.email($0.email) ?? UI.notSet },
      .init("Phone") { UI.phone($0.phone) ?? UI.notSet },
      .init("City") { UI.text($0.address?.city ?? "") ?? UI.notSet },
      .init("Contacts", .number) { "\($0.contactCount)" },
      .init("Since") { context.time($0.createTime, style: .day) ?? UI.notSet },
    ]
  }
}
