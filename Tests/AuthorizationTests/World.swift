import Access
import BillingService
import Bootstrap
import CmsService
import Foundation
import Gateway
import Logging
import MessagingService
import PorticoAPI
import Protobuf
import RPC
import Store
import TestSupport
import TicketingService
import Values
import WellKnown

@testable import IdentityService

/// All five services and the gateway on one stage, with two providers, and what the matrix asks about in each relation.
struct World {
  let stage: Stage
  let gateway: GatewayHost
  let identity: ServiceHost<IdentityService>
  /// Names of real objects, by relation and by pattern (`accounts/*/tickets/*`).
  var objects: [Relation: [String: String]] = [:]

  static let home = TestPrincipal.tenant
  static let foreign = TenantID("rival")
  private static let settings = ["portal.origin": "https://{tenant}.portal.test"]

  static func run(_ body: (World) async throws -> Void) async throws {
    try await Stage.run { stage in
      let identity = try await stage.start(IdentityService.self, settings: settings)
      try await stage.start(TicketingService.self, settings: settings)
      try await stage.start(MessagingService.self, settings: settings)
      try await stage.start(BillingService.self, settings: settings)
      try await stage.start(CmsService.self, settings: settings)
      let gateway = GatewayHost(
        GatewayConfiguration(
          port: 0, defaultTenant: home, secret: Secret(Array(repeating: 7, count: 32)),
          // Tests stand for browsers at many addresses.
          trustedProxies: [AddressRange("127.0.0.0/8")].compactMap { $0 }, rates: .none,
          drainGrace: .seconds(2)),
        peers: stage.peers, keys: stage.keys, clock: stage.clock,
        logger: Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() })
      try await gateway.start()
      var world = World(stage: stage, gateway: gateway, identity: identity)
      do {
        try await world.fill()
        try await body(world)
        await gateway.stop()
      } catch {
        await gateway.stop()
        throw error
      }
    }
  }

  // MARK: What is there

  private mutating func fill() async throws {
    try await Provider(stage, Self.home).open(accounts: ["acme", "birch"])
    try await Provider(stage, Self.foreign).open(accounts: ["foreign"])
    try await note(Provider(stage, Self.home).objects("acme", "ada"), .own)
    try await note(Provider(stage, Self.home).objects("acme", "ben"), .sameAccount)
    try await note(Provider(stage, Self.home).objects("birch", "ada"), .otherAccount)
    try await note(Provider(stage, Self.foreign).objects("foreign", "ada"), .otherTenant)
    // The same shape, of ids that nobody ever had.
    objects[.neverExisted] = objects[.otherTenant, default: [:]].mapValues { name in
      let parts = name.split(separator: "/").enumerated().map { index, part in
        index % 2 == 0 ? String(part) : Self.unused(part)
      }
      return parts.joined(separator: "/")
    }
  }

  /// An id of the same kind that nothing has.
  private static func unused(_ id: Substring) -> String {
    guard Int(id) == nil else { return "987654" }
    return id.utf8.count == 26 ? String(repeating: "0", count: 26) : "nobody"
  }

  private mutating func note(_ names: [String], _ relation: Relation) async throws {
    for name in names {
      let pattern = name.split(separator: "/").enumerated().map { index, part in
        index % 2 == 0 ? String(part) : "*"
      }
      objects[relation, default: [:]][pattern.joined(separator: "/")] = name
    }
  }
}

/// One provider, filled through the product's own methods.
private struct Provider {
  let stage: Stage
  let tenant: TenantID
  let administrator: Principal

  init(_ stage: Stage, _ tenant: TenantID) {
    self.stage = stage
    self.tenant = tenant
    administrator = TestPrincipal.staff(
      .administrator, tenant: tenant, user: "users/grace-hopper")
  }

  private func service(_ name: String) -> any Caller { stage.caller(name, as: administrator) }

  func open(accounts: [String]) async throws {
    _ = try await TenantsClient(
      stage.caller("identity", asService: "operator", tenant: tenant)
    ).createTenant(
      .init(
        tenantID: tenant.rawValue,
        tenant: .init(displayName: "Provider", timeZone: "Europe/Berlin", currency: "EUR"),
        administrator: .init(
          userName: "grace", email: "grace@\(tenant).test", firstName: "Grace", lastName: "Hopper"),
        requestID: "open"))
    let identity = service("identity")
    for account in accounts {
      _ = try await AccountsClient(identity).createAccount(
        .init(accountID: account, account: .init(displayName: account)))
      _ = try await AccountsClient(identity).createSite(
        .init(parent: "accounts/\(account)", siteID: "hq", site: .init(displayName: "HQ")))
      for contact in ["ada", "ben", "mia", "nil"] {
        _ = try await ContactsClient(identity).createContact(
          .init(
            parent: "accounts/\(account)", contactID: contact,
            contact: .init(firstName: contact, email: "\(contact)@\(account).test")))
      }
    }
  }

  /// One object of each kind that belongs to a contact or to its account, and of those of the tenant.
  func objects(_ account: String, _ contact: String) async throws -> [String] {
    let parent = "accounts/\(account)"
    let person = "\(parent)/contacts/\(contact)"
    let tickets = TicketsClient(service("ticketing"))
    let upload = try await tickets.createUpload { writer in
      try await writer.write(.init(fileName: "a.txt", file: .init(data: Array("log".utf8))))
    }
    let ticket = try await tickets.createTicket(
      .init(
        parent: parent, ticket: .init(title: "Help", details: "Now", contact: person),
        uploads: [upload.name]))
    let entry = try await tickets.createTimeEntry(
      .init(parent: ticket.name, timeEntry: .init(minutes: 5)))
    let asset = try await AssetsClient(service("ticketing")).createAsset(
      .init(parent: parent, asset: .init(kind: .hardware, displayName: "Box")))
    let conversation = try await ConversationsClient(service("messaging")).createConversation(
      .init(
        parent: parent, conversation: .init(subject: "Hello", contact: person), body: "Hi"))
    let contract = try await ContractsClient(service("billing")).createContract(
      .init(
        parent: parent,
        contract: .init(
          displayName: "Care", startDate: .init(year: 2026, month: 1, day: 1),
          terms: .timeAndMaterials(.init(hourlyRate: .init(currencyCode: "EUR", units: 90))))))
    let invoices = InvoicesClient(service("billing"))
    let draft = try await invoices.createInvoice(
      .init(
        parent: parent,
        invoice: .init(
          dueDate: .init(year: 2026, month: 5, day: 1),
          lines: [
            .init(
              description: "Work", quantityThousandths: 1000,
              unitPrice: .init(currencyCode: "EUR", units: 10))
          ], currency: "EUR")))
    let invoice = try await invoices.issueInvoice(.init(name: draft.name))
    return [
      parent, person, "\(parent)/sites/hq", ticket.name, entry.name, asset.name,
      conversation.name, contract.name, invoice.name,
    ] + ticket.attachments.map(\.name) + (try await tenantWide(account + contact))
  }

  private func tenantWide(_ id: String) async throws -> [String] {
    let role = try await RolesClient(service("identity")).createRole(
      .init(roleID: "r-\(id)", role: .init(displayName: id, grants: [])))
    let user = try await UsersClient(service("identity")).createUser(
      .init(
        userID: "u-\(id)",
        user: .init(
          userName: id, firstName: id, email: "\(id)@\(tenant).test", role: "roles/technician")))
    let entry = try await CatalogClient(service("ticketing")).createCatalogEntry(
      .init(catalogEntryID: "c-\(id)", catalogEntry: .init(kind: .category, displayName: id)))
    let news = try await NewsClient(service("cms")).createNewsItem(
      .init(newsID: "n-\(id)", newsItem: .init(title: id, publishTime: .init(seconds: 1))))
    return [role.name, user.name, entry.name, news.name]
  }
}
