import PorticoAPI
import RPC
import WellKnown

/// `/accounts/{account}/contacts/{contact}`: Details, and `?tab=access`, the Client Portal Access tab (S-002).
enum ContactPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/{name=accounts/*/contacts/*}", .contactsRead) { context in
      try await page(context, tab: context.query["tab"] == "access" ? .access : .details)
    },
    .staff(.POST, "/{name=accounts/*/contacts/*}", .contactsWrite, update),
    .staff(
      .POST, "/{name=accounts/*/contacts/*}:updatePortalAccess", .contactsWrite,
      PortalAccessActions.save),
    .staff(
      .POST, "/{name=accounts/*/contacts/*}:sendLogin", .contactsWrite,
      PortalAccessActions.sendLogin),
  ]

  enum Tab: Sendable { case details, access }

  static func page(
    _ context: PageContext, tab: Tab, state: FormState = .init()
  ) async throws -> Response {
    let name = context.path["name"]
    async let roles = tab == .access ? context.roles(forCustomers: true) : []
    async let sites = tab == .details ? sites(of: name, context) : nil
    let contact = try await ContactsClient(context.caller).getContact(.init(name: name))
    let main: HTML =
      switch tab {
      case .details:
        ContactForm(contact: contact, sites: await sites, state: state, context: context).edit
      case .access:
        await access(contact, await roles, state, context)
      }
    return await shell(
      context, title: contact.displayName, active: "/contacts", status: state.status,
      "\(head(contact, tab))\(main)")
  }

  private static func access(
    _ contact: Identity.Contact, _ roles: [Identity.Role], _ state: FormState,
    _ context: PageContext
  ) async -> HTML {
    let sessions = await UserSessions.card(
      of: contact.portalAccess?.user ?? "", on: "/\(contact.name)?tab=access", context)
    return PortalAccessTab(
      contact: contact, roles: roles, state: state, context: context, sessions: sessions
    ).html
  }

  static func sites(of name: String, _ context: PageContext) async -> [Identity.Site]? {
    let account = name.split(separator: "/").prefix(2).joined(separator: "/")
    return await context.optional("sites", if: context.may(.accountsRead)) {
      try await AccountsClient(context.caller)
        .listSites(.init(parent: account, pageSize: 200), $0).sites
    }
  }

  private static func head(_ contact: Identity.Contact, _ tab: Tab) -> HTML {
    let account = contact.name.split(separator: "/").prefix(2).joined(separator: "/")
    let url: SafeURL = "/\(contact.name)"
    let archived: HTML? = contact.archived ? UI.badge("Archived", icon: .archive) : nil
    return """
      \(UI.pageHead(
        contact.displayName,
        crumbs: [("Contacts", "/contacts"), (contact.accountDisplayName, "/\(account)")],
        meta: "\(PortalAccessTab.badge(contact.portalAccess))\(archived)"))
      \(UI.tabs([
        .init(title: "Details", url: url, isCurrent: tab == .details),
        .init(
          title: "Client Portal Access", url: url.setting("tab", to: "access"),
          isCurrent: tab == .access),
      ], label: "Contact"))
      """
  }

  @Sendable private static func update(_ context: PageContext) async throws -> Response {
    let form = context.form
    let name = context.path["name"]
    var contact = ContactForm.message(form)
    contact.name = name
    contact.etag = form["etag"]
    let paths = ContactForm.fields.filter { path in
      form.fields.contains { $0.name == "contact.\(path)" }
    }
    do {
      let saved = try await ContactsClient(context.caller)
        .updateContact(.init(contact: contact, updateMask: .init(paths: paths)))
      return .redirect(to: "/\(name)", flash: .success("\(saved.displayName) is saved."))
    } catch {
      return try await page(
        context, tab: .details, state: try FormState(error, form))
    }
  }
}

extension PageContext {
  /// Roles to choose from, built-in ones first.
  func roles(forCustomers: Bool) async -> [Identity.Role] {
    let found = await optional("roles", if: may(.rolesRead)) {
      try await RolesClient(caller).listRoles(.init(pageSize: 200), $0).roles
    }
    return (found ?? []).filter { $0.forCustomers == forCustomers }
  }
}
