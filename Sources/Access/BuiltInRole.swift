import PorticoAPI
import RPC

/// A role that every tenant has and none can change (S-028..S-035). Copies of it can be.
public struct BuiltInRole: Sendable, Hashable {
  /// `external-user`: the role's id.
  public let id: String
  public let displayName: String
  public let description: String
  /// For contacts of accounts rather than staff.
  public let isForCustomers: Bool
  /// The simplified new-ticket form (S-036).
  public let quickTickets: Bool
  public let grants: [Grant]

  /// From the least rights to the most.
  public static let all: [BuiltInRole] = [
    .externalUser, .externalManager, .technician, .billingClerk, .contentEditor, .administrator,
  ]

  /// Nil for a role that is not built in.
  public init?(id: String) {
    guard let role = Self.all.first(where: { $0.id == id }) else { return nil }
    self = role
  }

  init(
    _ id: String, _ displayName: String, _ description: String, isForCustomers: Bool = false,
    quickTickets: Bool = false, _ grants: [Grant]
  ) {
    self.id = id
    self.displayName = displayName
    self.description = description
    self.isForCustomers = isForCustomers
    self.quickTickets = quickTickets
    self.grants = grants
  }
}

extension BuiltInRole {
  /// Own profile, own messages, the tickets they are the contact person of (S-029..S-031).
  public static let externalUser = BuiltInRole(
    "external-user", "External User", "A contact who sees and answers their own tickets.",
    isForCustomers: true, quickTickets: true,
    own + [Grant(.ticketsRead, .own), Grant(.ticketsWrite, .own)])

  /// All tickets of the account, its contracts and its invoices (S-032..S-035).
  public static let externalManager = BuiltInRole(
    "external-manager", "External Manager",
    "A contact who sees all tickets, contracts and invoices of the account.", isForCustomers: true,
    own + [
      Grant(.ticketsRead, .account), Grant(.ticketsWrite, .account),
      Grant(.contractsRead, .account),
      Grant(.invoicesRead, .account),
    ])

  private static let own: [Grant] = [
    Grant(.profileWrite, .own), Grant(.messagesRead, .own), Grant(.messagesWrite, .own),
    Grant(.assetsRead, .account), Grant(.accountsRead, .account),
  ]

  public static let technician = BuiltInRole(
    "technician", "Technician", "Works on everybody's tickets and answers messages.",
    tenantWide([
      .profileWrite, .messagesRead, .messagesWrite, .ticketsRead, .ticketsWrite, .ticketsWork,
      .accountsRead, .contactsRead, .usersRead, .assetsRead, .assetsWrite,
    ]))

  public static let billingClerk = BuiltInRole(
    "billing-clerk", "Billing clerk", "Keeps contracts and invoices.",
    tenantWide([
      .profileWrite, .messagesRead, .messagesWrite, .contractsRead, .invoicesRead, .billingWrite,
      .accountsRead, .contactsRead, .usersRead,
    ]))

  public static let contentEditor = BuiltInRole(
    "content-editor", "Content editor", "Writes news and pages.",
    tenantWide([.profileWrite, .messagesRead, .messagesWrite, .contentWrite, .accountsRead]))

  public static let administrator = BuiltInRole(
    "administrator", "Administrator", "Everything, in the whole tenant.", tenantWide(Permission.all)
  )

  private static func tenantWide(_ permissions: [Permission]) -> [Grant] {
    permissions.map { Grant($0, .tenant) }
  }
}
