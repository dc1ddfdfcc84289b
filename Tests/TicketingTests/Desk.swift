import Access
import Bootstrap
import Foundation
import PorticoAPI
import Protobuf
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import IdentityService
@testable import TicketingService

/// Two providers on a stage: `northwind` with the accounts acme and birch, and `rival` with an acme of
/// its own. Identity is the real one, filled through its own methods.
struct Desk {
  let stage: Stage
  let host: ServiceHost<TicketingService>

  static let largestFile = 150_000
  static let rival = TenantID("rival")

  static func run(
    on engine: Engine = .sqlite, settings own: [String: String] = [:],
    _ body: (Desk) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      let settings = ["portal.origin": "https://{tenant}.portal.test"].merging(own) { $1 }
      try await stage.start(IdentityService.self, settings: settings)
      let host = try await stage.start(
        TicketingService.self, store: try await TestStore.location(engine),
        settings: settings.merging(["attachments.max-bytes": "\(largestFile)"]) { $1 })
      let desk = Desk(stage: stage, host: host)
      try await desk.fill(TestPrincipal.tenant)
      try await desk.fill(rival)
      try await body(desk)
    }
  }

  private func fill(_ tenant: TenantID) async throws {
    _ = try await TenantsClient(
      stage.caller("identity", asService: "operator", tenant: tenant)
    ).createTenant(
      .init(
        tenantID: tenant.rawValue,
        tenant: .init(displayName: tenant.rawValue, timeZone: "Europe/Berlin", currency: "EUR"),
        administrator: .init(
          userName: "grace", email: "grace@\(tenant).test", firstName: "Grace", lastName: "Hopper"),
        requestID: "open"))
    let identity = stage.caller("identity", as: administrator(of: tenant))
    for account in ["acme", "birch"] {
      _ = try await AccountsClient(identity).createAccount(
        .init(accountID: account, account: .init(displayName: account.capitalized)))
      for site in ["hq", "lab"] {
        _ = try await AccountsClient(identity).createSite(
          .init(
            parent: "accounts/\(account)", siteID: site,
            site: .init(displayName: site.uppercased())))
      }
      for contact in ["ada", "bob", "mia"] {
        _ = try await ContactsClient(identity).createContact(
          .init(
            parent: "accounts/\(account)", contactID: contact,
            contact: .init(
              firstName: contact.capitalized, lastName: "Byte",
              email: "\(contact)@\(account).test",
              site: contact == "bob" ? "accounts/\(account)/sites/lab" : "")))
      }
    }
    for user in ["tim", "tess"] {
      _ = try await UsersClient(identity).createUser(
        .init(
          userID: user,
          user: .init(
            userName: user, kind: .staff, firstName: user.capitalized, lastName: "Tech",
            email: "\(user)@\(tenant).test", role: "roles/technician")))
    }
  }

  // MARK: People

  func administrator(of tenant: TenantID = TestPrincipal.tenant) -> Principal {
    TestPrincipal.staff(.administrator, tenant: tenant, user: "users/grace-hopper")
  }

  /// Sees and answers her own tickets.
  let ada = TestPrincipal.customer(contact: "ada")
  let bob = TestPrincipal.customer(contact: "bob")
  /// Sees all tickets of acme.
  let mia = TestPrincipal.customer(contact: "mia", role: .externalManager)
  let birch = TestPrincipal.customer(account: "birch", contact: "mia", role: .externalManager)
  let stranger = TestPrincipal.customer(tenant: rival, contact: "mia", role: .externalManager)
  let tim = TestPrincipal.staff(user: "users/tim", displayName: "Tim Tech")
  let tess = TestPrincipal.staff(user: "users/tess", displayName: "Tess Tech")

  /// A contact whose role reaches the tickets of some sites.
  func siteKeeper(_ sites: [String], contact: String = "bob") -> Principal {
    var keeper = TestPrincipal.customer(contact: contact, sites: sites)
    keeper.memberships[0].grants = [
      Grant(.ticketsRead, .site), Grant(.ticketsWrite, .site), Grant(.accountsRead, .account),
    ]
    return keeper
  }

  func tickets(_ principal: Principal) -> TicketsClient {
    TicketsClient(stage.caller("ticketing", as: principal))
  }
  func catalog(_ principal: Principal? = nil) -> CatalogClient {
    CatalogClient(stage.caller("ticketing", as: principal ?? administrator()))
  }
  func assets(_ principal: Principal? = nil) -> AssetsClient {
    AssetsClient(stage.caller("ticketing", as: principal ?? administrator()))
  }
  func settings(_ principal: Principal? = nil) -> TicketAdministrationClient {
    TicketAdministrationClient(stage.caller("ticketing", as: principal ?? administrator()))
  }

  // MARK: What tests do all the time

  func raise(
    _ title: String = "Printer jams", as principal: Principal? = nil,
    _ change: (inout Ticketing.Ticket) -> Void = { _ in }, uploads: [String] = [],
    requestID: String = ""
  ) async throws -> Ticketing.Ticket {
    let principal = principal ?? ada
    let account = principal.memberships.first?.account ?? "acme"
    var ticket = Ticketing.Ticket(title: title, details: "It is stuck.")
    change(&ticket)
    return try await tickets(principal).createTicket(
      .init(
        parent: "accounts/\(account)", ticket: ticket, uploads: uploads, requestID: requestID))
  }

  @discardableResult
  func note(
    _ body: String, on ticket: Ticketing.Ticket, as principal: Principal,
    _ visibility: Ticketing.NoteVisibility = .unspecified, uploads: [String] = [],
    requestID: String = ""
  ) async throws -> Ticketing.Note {
    try await tickets(principal).createNote(
      .init(
        parent: ticket.name, note: .init(visibility: visibility, body: body), uploads: uploads,
        requestID: requestID))
  }

  func read(_ ticket: Ticketing.Ticket, as principal: Principal) async throws -> Ticketing.Ticket {
    try await tickets(principal).getTicket(.init(name: ticket.name))
  }

  /// Bodies of the thread as somebody is shown it.
  func thread(_ ticket: Ticketing.Ticket, as principal: Principal) async throws -> [String] {
    try await tickets(principal).listNotes(.init(parent: ticket.name)).notes.map(\.body)
  }

  func change(_ settings: Ticketing.TicketSettings) async throws {
    _ = try await self.settings().updateTicketSettings(.init(ticketSettings: settings))
  }

  // MARK: What was left behind

  func rows<T: Sendable>(
    of tenant: TenantID = TestPrincipal.tenant,
    _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await #require(await host.store).read(as: tenant, body)
  }

  /// Mails in the outbox.
  func mails() async throws -> [Messaging.QueueMailRequest] {
    try await rows { db in
      try db.all("SELECT key, method, body FROM portico_outbox WHERE tenant = \(db.tenant)").map {
        let mail = try Messaging.QueueMailRequest(serialized: $0["body"] as [UInt8])
        #expect(try $0["method"] as String == Methods.Mails.queueMail.path)
        #expect(try $0["key"] as String == mail.requestID)
        return mail
      }
    }
  }

  func mails(_ template: String) async throws -> [Messaging.QueueMailRequest] {
    try await mails().filter { $0.template == "ticketing.\(template)" }
  }

  /// Actions of the audit log and types of the events, in order.
  func trail() async throws -> (audit: [AuditRecord], events: [Event]) {
    try await rows { db in (try db.auditRecords(limit: 500), try db.events(limit: 500)) }
  }
}

/// The status that a call fails with; a failed expectation when it does not.
func status(
  _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> some Sendable
) async throws -> Status {
  do { _ = try await body() } catch let status as Status { return status }
  Issue.record("the call succeeded", sourceLocation: location)
  throw Succeeded()
}

/// Expects a call to fail with a code.
func expect(
  _ code: Status.Code, _ location: SourceLocation = #_sourceLocation,
  _ body: () async throws -> some Sendable
) async throws {
  let refused = try await status(location, body)
  #expect(refused.code == code, sourceLocation: location)
}

struct Succeeded: Error {}
