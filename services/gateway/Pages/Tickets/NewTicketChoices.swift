import PorticoAPI
import RPC
import WellKnown

/// What the new-ticket form offers, asked for side by side. What cannot be asked is not offered; the fields are
/// optional.
struct NewTicketChoices: Sendable {
  /// `accounts/{account}`; nil while staff have not chosen one.
  var account: String?
  var accounts: [UI.Option] = []
  /// Staff choose for whom. A customer is their own contact person (S-092), or raises it for a colleague where their role
  /// reaches these and reads contacts (F-04).
  var contacts: [UI.Option] = []
  var sites: [UI.Option] = []
  var hardware: [UI.Option] = []
  var software: [UI.Option] = []
  var catalog: [Ticketing.CatalogEntry] = []
  var settings = Ticketing.TicketSettings()
  /// The simplified layout of the role (S-036, S-037).
  var isQuick = false
  var isStaff = false

  static func load(_ context: PageContext) async throws -> NewTicketChoices {
    let session = try context.signedIn()
    var choices = NewTicketChoices()
    choices.isStaff = session.principal.isStaff
    choices.isQuick = session.profile.quickTickets
    async let settings = TicketAdministrationClient(context.caller).getTicketSettings(.init())
    async let catalog = context.catalog(.unspecified)
    choices.accounts = choices.isStaff ? await accounts(context) : context.accounts
    let wanted = context.form.text("account") ?? context.query["account"]
    let offered = choices.accounts.map(\.value)
    choices.account =
      offered.first { $0 == wanted }
      ?? (choices.isStaff ? nil : context.currentAccount)
    guard let account = choices.account else {
      choices.settings = try await settings
      return choices
    }
    async let sites = sites(account, context)
    async let hardware = assets(.hardware, account, context)
    async let software = assets(.software, account, context)
    let offersContacts = choices.isStaff || context.raisesForColleagues
    async let contacts = offersContacts ? contacts(account, context) : []
    choices.settings = try await settings
    choices.catalog = await catalog
    choices.sites = await sites
    choices.hardware = await hardware
    choices.software = await software
    choices.contacts = await contacts
    return choices
  }

  /// Entries of a kind that are offered, in their order.
  func entries(_ kind: Ticketing.CatalogKind) -> [Ticketing.CatalogEntry] {
    catalog.filter { $0.kind == kind && !$0.retired }.sorted {
      ($0.rank, $0.displayName) < ($1.rank, $1.displayName)
    }
  }

  func options(_ kind: Ticketing.CatalogKind) -> [UI.Option] {
    entries(kind).map { UI.Option($0.name, $0.displayName) }
  }

  /// What is taken when nothing is chosen.
  func preset(_ kind: Ticketing.CatalogKind) -> String? {
    entries(kind).first(where: \.isDefault)?.name
  }

  /// Sub-issue types under their issue types (S-102).
  var subIssueTypes: [UI.OptionGroup] {
    let all = entries(.subIssueType)
    return entries(.issueType).compactMap { type in
      let own = all.filter { $0.parent == type.name }
      guard !own.isEmpty else { return nil }
      return UI.OptionGroup(
        parent: type.name, title: type.displayName,
        options: own.map { UI.Option($0.name, $0.displayName) })
    }
  }

  static func accounts(_ context: PageContext) async -> [UI.Option] {
    await context.accounts().map { UI.Option($0.name, $0.displayName) }
  }

  static func contacts(_ account: String, _ context: PageContext) async -> [UI.Option] {
    let found = await context.optional("contacts", of: account) {
      try await ContactsClient(context.caller)
        .listContacts(.init(parent: account, pageSize: 200), $0).contacts
    }
    // Oneself is who it is when nobody is chosen.
    let own = context.principal?.memberships.map { "accounts/\($0.account)/contacts/\($0.contact)" }
    return (found ?? []).filter { own?.contains($0.name) != true }
      .map { UI.Option($0.name, $0.displayName) }
  }

  private static func sites(_ account: String, _ context: PageContext) async -> [UI.Option] {
    let found = await context.optional("sites", if: context.may(.accountsRead), of: account) {
      try await AccountsClient(context.caller)
        .listSites(.init(parent: account, pageSize: 200), $0).sites
    }
    return (found ?? []).map { UI.Option($0.name, $0.displayName) }
  }

  private static func assets(
    _ kind: Ticketing.AssetKind, _ account: String, _ context: PageContext
  ) async -> [UI.Option] {
    let name = kind == .hardware ? "hardware" : "software"
    let found = await context.optional(name, if: context.may(.assetsRead), of: account) {
      try await AssetsClient(context.caller)
        .listAssets(.init(parent: account, pageSize: 200, kind: kind), $0).assets
    }
    return (found ?? []).map { asset in
      UI.Option(
        asset.name,
        asset.identifier.isEmpty
          ? asset.displayName : "\(asset.displayName) (\(asset.identifier))")
    }
  }
}
