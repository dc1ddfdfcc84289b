import Access
import Foundation
import PorticoAPI
import RPC
import Values

/// What messaging asks identity: who a contact is, before it writes, and what a portal is called, before a
/// mail leaves. It asks as itself, because a customer may not look people up; the caller's own scope has
/// been checked.
struct Directory: Sendable {
  private let contacts: ContactsClient
  private let portals: PortalsClient

  init(_ identity: any Caller) {
    contacts = ContactsClient(identity)
    portals = PortalsClient(identity)
  }

  /// Nil when the account has no such contact, or has none any more.
  func contact(
    _ id: String, of account: String, for principal: Principal
  ) async throws -> Conversation.Contact? {
    do {
      let contact = try await contacts.getContact(
        .init(name: "accounts/\(account)/contacts/\(id)"),
        CallOptions().asService(in: principal.tenant, actor: principal.user))
      guard !contact.archived else { return nil }
      return Conversation.Contact(
        account: account, accountDisplayName: contact.accountDisplayName, id: id,
        displayName: contact.displayName, email: contact.email,
        site: contact.site.split(separator: "/").last.map(String.init))
    } catch let status as Status where status.code == .notFound {
      return nil
    }
  }

  func portalName(of tenant: TenantID) async throws -> String {
    try await portals.getPortal(
      .init(tenant: tenant.rawValue), CallOptions(inheritsContext: false).asService(in: tenant)
    ).displayName
  }
}
