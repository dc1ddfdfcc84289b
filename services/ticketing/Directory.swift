import Access
import Foundation
import PorticoAPI
import RPC
import Values

/// What ticketing asks identity before it writes: the names of accounts, sites, contacts and staff. It
/// asks as itself, because a customer may not look them up; the caller's own scope has been checked.
struct Directory: Sendable {
  private let accounts: AccountsClient
  private let contacts: ContactsClient
  private let users: UsersClient
  /// One who raises many tickets at once is asked for once.
  private let people = SharedAnswers<Asker, Identity.Contact?>()

  init(_ identity: any Caller) {
    accounts = AccountsClient(identity)
    contacts = ContactsClient(identity)
    users = UsersClient(identity)
  }

  struct Person: Sendable, Hashable {
    var contact: Ticket.ContactPerson
    var site: String?
    var accountDisplayName: String
  }

  /// Nil when the account has no such contact.
  func contact(_ id: String, of account: String, for principal: Principal) async throws -> Person? {
    let name = "accounts/\(account)/contacts/\(id)"
    let asker = Asker(tenant: principal.tenant, user: principal.user, contact: name)
    let contact = try await people.answer(to: asker) {
      try await found { try await contacts.getContact(.init(name: name), options(principal)) }
    }
    return contact.map { contact in
      Person(
        contact: .init(id: id, displayName: contact.displayName, email: contact.email),
        site: contact.site.split(separator: "/").last.map(String.init),
        accountDisplayName: contact.accountDisplayName)
    }
  }

  /// Who wants to know of a contact, and in whose name identity is asked.
  private struct Asker: Hashable {
    var tenant: TenantID
    var user: String
    var contact: String
  }

  func hasAccount(_ id: String, for principal: Principal) async throws -> Bool {
    try await found {
      try await accounts.getAccount(.init(name: "accounts/\(id)"), options(principal))
    } != nil
  }

  /// Nil when the account has no such site. Asked with the caller's own rights.
  func site(_ id: String, of account: String) async throws -> Ticket.Named? {
    var token = ""
    repeat {
      let page = try await accounts.listSites(
        .init(parent: "accounts/\(account)", pageSize: 200, pageToken: token))
      if let site = page.sites.first(where: { $0.name.hasSuffix("/sites/\(id)") }) {
        return .init(id: id, displayName: site.displayName)
      }
      token = page.nextPageToken
    } while !token.isEmpty
    return nil
  }

  struct Member: Sendable, Hashable {
    var named: Ticket.Named
    var email: String
  }

  /// A member of staff who can be given a ticket; nil for customers, disabled and unknown users.
  func staff(_ name: String, for principal: Principal) async throws -> Member? {
    let user = try await found {
      try await users.getUser(.init(name: name), options(principal))
    }
    guard let user, user.kind == .staff, !user.disabled else { return nil }
    return Member(named: .init(id: name, displayName: user.displayName), email: user.email)
  }

  private func options(_ principal: Principal) -> CallOptions {
    CallOptions().asService(in: principal.tenant, actor: principal.user)
  }

  private func found<T>(_ body: () async throws -> T) async throws -> T? {
    do { return try await body() } catch let status as Status where status.code == .notFound {
      return nil
    }
  }
}
