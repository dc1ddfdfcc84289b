import Access
import NIOHTTP1
import PorticoAPI
import RPC

/// The staff console: the pages of those who work here, offered by permission. What somebody may not do does not
/// exist for them (D-51); deciding is the gate's and the services', which check every call again.
enum Console {
  static let routes: [PageRoute] = [
    InboxPage.routes, StaffTicketPage.routes, ContactListPage.routes, ContactPage.routes,
    NewContactPage.routes, BulkAccessPage.routes, MailPages.routes, AccountListPage.routes,
    AccountPage.routes, NewsListPage.routes, NewsEditPage.routes, PortalSettingsPage.routes,
    PasswordPolicyPage.routes, TicketSettingsPage.routes, CatalogPage.routes,
    StaffPages.routes, RoleListPage.routes, RolePage.routes,
    AuditPage.routes + OperationPage.routes,
  ].flatMap { $0 }

  /// A member of staff's view of `/accounts/{account}/tickets/{ticket}`; customers have their own.
  static func ticket(_ context: PageContext) async throws -> Response {
    try await StaffTicketPage.page(context, name: context.ticketName)
  }
}

extension PageRoute {
  /// A page of the console for those who have `permission`; for everybody else there is none.
  static func staff(
    _ method: HTTPMethod, _ pattern: String, _ permission: Permission,
    limits: FormLimits = .text, deadline: Duration = .seconds(10), _ handler: @escaping PageHandler
  ) -> PageRoute {
    PageRoute(method, pattern, limits: limits, deadline: deadline) { context in
      guard try context.signedIn().principal.isStaff, context.may(permission) else {
        throw Status(.notFound, "there is no such page")
      }
      return try await handler(context)
    }
  }
}

extension PageContext {
  /// The catalogue, or one kind of it, for filters and forms; without an answer there is nothing to choose.
  func catalog(_ kind: Ticketing.CatalogKind) async -> [Ticketing.CatalogEntry] {
    let found = await optional("catalogue", of: "catalogue \(kind.rawValue)") {
      try await CatalogClient(caller).listCatalogEntries(.init(kind: kind), $0).catalogEntries
    }
    return found ?? []
  }
}
