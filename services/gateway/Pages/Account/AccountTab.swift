import PorticoAPI
import RPC

/// `/account`: the customer's account as the provider has it on file (S-220), its places, and how account and person are
/// reached (S-221). Staff have the console's page of each account.
enum AccountTab {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/account") { context in
      guard context.may(.accountsRead), let name = context.currentAccount else {
        throw Status(.notFound, "there is no such page")
      }
      async let sites = context.optional("sites", of: name) {
        try await AccountsClient(context.caller)
          .listSites(.init(parent: name, pageSize: 200), $0).sites
      }
      async let profile = context.optional("your details", of: "profile") {
        try await ProfilesClient(context.caller).getProfile(.init(), $0)
      }
      let account = try await AccountsClient(context.caller).getAccount(.init(name: name))
      return await shell(
        context, title: "Account", active: "/account",
        html(account, sites: await sites, profile: await profile))
    }
  ]

  /// - Parameters:
  ///   - sites: nil where they could not be asked for, as is the person's own profile.
  static func html(
    _ account: Identity.Account, sites: [Identity.Site]?, profile: Identity.Profile?
  ) -> HTML {
    """
    \(UI.pageHead("Account"))
    \(UI.card(account.displayName, body: UI.descriptionList(AccountPage.details(account), isWide: true)))
    \(additional(account, profile))
    \(places(sites))
    """
  }

  private static func places(_ sites: [Identity.Site]?) -> HTML {
    guard let sites else { return AccountPage.missing("Sites") }
    guard !sites.isEmpty else { return .empty }
    return UI.card("Sites", body: AccountSites.list(sites))
  }

  /// What is on file to reach somebody by; one's own part can be changed.
  private static func additional(
    _ account: Identity.Account, _ profile: Identity.Profile?
  ) -> HTML {
    var facts: [(term: String, value: HTML?)] = [
      ("Account’s e-mail", UI.text(account.email)), ("Account’s phone", UI.text(account.phone)),
    ]
    if let profile {
      facts += [
        ("Your e-mail", UI.text(profile.email)), ("Your phone", UI.text(profile.phone)),
        ("Your mobile", UI.text(profile.mobile)),
      ]
    }
    return UI.card(
      "Additional information", footer: UI.link("Change what is yours", to: "/settings"),
      body: UI.descriptionList(facts, isWide: true))
  }
}
