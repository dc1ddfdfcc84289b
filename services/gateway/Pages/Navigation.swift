import RPC

/// The tabs of both shells. What a person may not do is not offered; deciding is the gate's.
enum Navigation {
  typealias May = (Permission) -> Bool

  static func customer(_ may: May) -> [UI.NavItem] {
    var tabs: [UI.NavItem] = [.init(title: "Home", url: "/", icon: .home)]
    if may(.ticketsRead) { tabs.append(.init(title: "Tickets", url: "/tickets", icon: .ticket)) }
    if may(.contractsRead) {
      tabs.append(.init(title: "Contracts", url: "/contracts", icon: .contract))
    }
    if may(.invoicesRead) {
      tabs.append(.init(title: "Invoices", url: "/invoices", icon: .invoice))
    }
    // Messages have the envelope, which is always there (S-154).
    tabs.append(.init(title: "News", url: "/news", icon: .news))
    if may(.accountsRead) { tabs.append(.init(title: "Account", url: "/account", icon: .users)) }
    return tabs
  }

  static func staff(_ may: May) -> [UI.NavItem] {
    all.compactMap { entry in
      guard entry.permission.map(may) ?? true else { return nil }
      return UI.NavItem(title: entry.title, url: entry.url, icon: entry.icon, group: entry.group)
    }
  }

  private struct Entry {
    let title: String
    let url: SafeURL
    let icon: Icon
    /// Nil: for everybody who works here.
    let permission: Permission?
    var group: String?
  }

  private static let all: [Entry] = [
    Entry(title: "Inbox", url: "/inbox", icon: .inbox, permission: .ticketsWork),
    Entry(title: "Tickets", url: "/tickets", icon: .ticket, permission: .ticketsRead),
    Entry(title: "Messages", url: "/messages", icon: .message, permission: .messagesRead),
    Entry(title: "News", url: "/news", icon: .news, permission: nil),
    Entry(
      title: "Accounts", url: "/accounts", icon: .home, permission: .accountsRead,
      group: "Customers"),
    Entry(
      title: "Contacts", url: "/contacts", icon: .users, permission: .contactsRead,
      group: "Customers"),
    Entry(
      title: "Contracts", url: "/contracts", icon: .contract, permission: .contractsRead,
      group: "Customers"),
    Entry(
      title: "Invoices", url: "/invoices", icon: .invoice, permission: .invoicesRead,
      group: "Customers"),
    Entry(
      title: "Edit news", url: "/news/manage", icon: .edit, permission: .contentWrite,
      group: "Portal"),
    Entry(
      title: "Outgoing mail", url: "/mail", icon: .mail, permission: .mailRead, group: "Portal"),
    Entry(
      title: "Portal settings", url: "/settings/portal", icon: .settings,
      permission: .settingsRead, group: "Portal"),
    Entry(
      title: "Ticket settings", url: "/settings/tickets", icon: .wrench,
      permission: .ticketSettingsWrite, group: "Portal"),
    Entry(
      title: "Catalogue", url: "/settings/catalog", icon: .book, permission: .ticketSettingsWrite,
      group: "Portal"),
    Entry(
      title: "Staff", url: "/staff", icon: .user, permission: .rolesWrite,
      group: "Administration"),
    Entry(
      title: "Security roles", url: "/roles", icon: .lock, permission: .rolesRead,
      group: "Administration"),
    Entry(
      title: "Password policy", url: "/settings/password-policy", icon: .check,
      permission: .settingsWrite, group: "Administration"),
    Entry(
      title: "Audit log", url: "/audit", icon: .clock, permission: .auditRead,
      group: "Administration"),
    Entry(
      title: "Operation", url: "/operation", icon: .monitor, permission: .operationRead,
      group: "Administration"),
  ]
}
