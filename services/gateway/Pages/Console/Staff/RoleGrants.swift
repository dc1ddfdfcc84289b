import PorticoAPI
import RPC

/// The grants of a role as a table: a permission a row, how far it reaches as a choice.
enum RoleGrants {
  typealias Entry = (permission: PorticoAccess.Permission, title: String)

  /// In the order of the work they belong to.
  static let entries: [Entry] = [
    (.profileWrite, "Change their own profile"), (.messagesRead, "Read messages"),
    (.messagesWrite, "Write messages"), (.ticketsRead, "See tickets"),
    (.ticketsWrite, "Raise and answer tickets"), (.ticketsWork, "Work on tickets"),
    (.ticketSettingsWrite, "Change ticket settings and the catalogue"),
    (.contractsRead, "See contracts"), (.invoicesRead, "See invoices"),
    (.billingWrite, "Change contracts and invoices"), (.contentWrite, "Write news"),
    (.accountsRead, "See accounts"), (.accountsWrite, "Change accounts"),
    (.contactsRead, "See contacts"), (.contactsWrite, "Change contacts and portal access"),
    (.assetsRead, "See assets"), (.assetsWrite, "Change assets"), (.usersRead, "See users"),
    (.rolesRead, "See security roles"), (.rolesWrite, "Change security roles and staff"),
    (.settingsRead, "See portal settings"), (.settingsWrite, "Change portal settings"),
    (.mailRead, "See outgoing mail"), (.auditRead, "See the audit log"),
    (.operationRead, "See how the installation is doing"),
  ]
  private static let reaches: [(reach: Identity.Reach, value: String, title: String)] = [
    (.own, "own", "Own"), (.site, "site", "The site's"), (.account, "account", "The account's"),
    (.tenant, "tenant", "Everything"),
  ]

  static func title(_ permission: PorticoAccess.Permission) -> String {
    entries.first { $0.permission == permission }?.title ?? "\(permission)"
  }
  static func title(_ reach: Identity.Reach) -> String {
    reaches.first { $0.reach == reach }?.title ?? "\(reach)"
  }

  private static func field(_ permission: PorticoAccess.Permission) -> String {
    "grant.\(permission.rawValue)"
  }

  static func view(_ role: Identity.Role) -> HTML {
    UI.table(
      role.grants, caption: "Permissions of \(role.displayName)",
      columns: [
        .init("Permission", .title) { "\(title($0.permission))" },
        .init("Reach") { "\(title($0.reach))" },
      ])
  }

  /// - forCustomers: customers' roles reach no further than the account.
  static func form(_ role: Identity.Role, _ state: FormState) -> HTML {
    let isForCustomers = role.forCustomers
    let offered = reaches.filter { !isForCustomers || $0.reach != .tenant }
    let rows = UI.table(
      entries, caption: "Permissions",
      columns: [
        .init("Permission", .title) { entry in
          "<label for=\"\(UI.fieldID(field(entry.permission)))\">\(entry.title)</label>"
        },
        .init("Reach") { entry in
          let saved = role.grants.first { $0.permission == entry.permission }
            .flatMap { grant in reaches.first { $0.reach == grant.reach }?.value }
          return select(
            field(entry.permission), offered.map { UI.Option($0.value, $0.title) },
            selected: state.text(field(entry.permission), saved ?? ""))
        },
      ])
    return "\(rows)\(state.errors["role.grants"].map { "<p class=\"error\">\($0)</p>" as HTML })"
  }

  private static func select(
    _ name: String, _ options: [UI.Option], selected: String
  ) -> HTML {
    """
    <select class="input" id="\(UI.fieldID(name))" name="\(name)">\
    <option value="">Not given</option>\(UI.optionTags(options, selected: selected))</select>
    """
  }

  /// What was chosen, one grant for each permission with a reach.
  static func grants(_ form: Form) -> [Identity.Grant] {
    entries.compactMap { entry in
      let value = form[field(entry.permission)]
      guard let reach = reaches.first(where: { $0.value == value })?.reach else { return nil }
      return .init(permission: entry.permission, reach: reach)
    }
  }

  /// Violations name grants by their place; people know them by name.
  static func explain(_ state: FormState, _ form: Form) -> FormState {
    state.gathering(["role.grants"]) { index in
      let grants = grants(form)
      return grants.indices.contains(index) ? title(grants[index].permission) : "A permission"
    }
  }
}
