import RPC

/// Which of their accounts a customer looks at (S-085): kept in a cookie that holds an account id and decides
/// nothing, because every list is asked for in the person's own scope.
enum AccountChoice {
  static let routes: [PageRoute] = [
    PageRoute(.POST, "/account/switch") { context in
      let chosen = context.form["account"]
      guard context.accounts.contains(where: { $0.value == chosen }) else {
        throw Status(.notFound, "there is no such account")
      }
      var next = LocalPath(context.form["next"]) ?? .home
      // A page about another account would change back to that one.
      if let named = account(of: next.rawValue.dropFirst()), named != chosen { next = .home }
      var response = Response.redirect(to: next)
      response.cookies = [cookie(chosen, context)]
      return response
    }
  ]

  /// `accounts/acme` of `accounts/acme/tickets/42`; nil for what is about no account.
  fileprivate static func account(of path: some StringProtocol) -> String? {
    let parts = path.split(separator: "/")
    return parts.count > 1 && parts[0] == "accounts" ? "accounts/\(parts[1])" : nil
  }

  fileprivate static func cookie(_ account: String, _ context: PageContext) -> Cookie {
    Cookie(
      name: name(context), value: String(account.dropFirst("accounts/".count)),
      isSecure: context.visitor.cookies.isSecure)
  }

  fileprivate static func name(_ context: PageContext) -> String {
    context.visitor.cookies.isSecure ? "__Host-portico-account" : "portico-account"
  }
}

extension PageContext {
  /// The accounts that the person belongs to, as the token says, with the names that the profile has for them.
  var accounts: [UI.Option] {
    guard let session else { return [] }
    let names = Dictionary(
      session.profile.memberships.map { ($0.account, $0.accountDisplayName) },
      uniquingKeysWith: { first, _ in first })
    return session.principal.memberships.map { membership in
      let account = "accounts/\(membership.account)"
      return UI.Option(account, names[account]?.nonEmpty ?? membership.account)
    }
  }

  /// `accounts/{account}` that a customer looks at: the one that the page is about, as a mail may have led there (F-02),
  /// else the chosen one while they belong to it, else their first. Nil for staff, who belong to none.
  var currentAccount: String? {
    let accounts = accounts.map(\.value)
    let (ofPage, chosen) = (accountOfPage, chosenAccount)
    return accounts.first { $0 == ofPage } ?? accounts.first { $0 == chosen } ?? accounts.first
  }

  private var chosenAccount: String? {
    request.cookies[AccountChoice.name(self)].map { "accounts/\($0)" }
  }

  private var accountOfPage: String? { AccountChoice.account(of: path["name"]) }

  /// Keeps the account of a page for what is looked at next, where a link led to another than the chosen one.
  var accountCookie: Cookie? {
    guard let current = currentAccount, current == accountOfPage, current != chosenAccount,
      accounts.count > 1
    else { return nil }
    return AccountChoice.cookie(current, self)
  }

  /// The parent to list things under: the account looked at; for staff the one that the URL names (`?account=`, as
  /// an account's page links to its lists), else every account.
  var listParent: String {
    if let currentAccount { return currentAccount }
    guard let named = query["account"], named.hasPrefix("accounts/") else { return "accounts/-" }
    return named
  }
}
