import Access
import Bootstrap
import Foundation
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@testable import BillingService
@testable import IdentityService

/// A provider's books on a stage, with the real identity beside them: acme in Auckland, birch in
/// Honolulu, whose days begin 23 hours later.
struct Office {
  let stage: Stage
  let host: ServiceHost<BillingService>

  static func run(
    on engine: Engine = .sqlite, _ body: (Office) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      try await stage.start(IdentityService.self)
      let host = try await stage.start(
        BillingService.self, store: try await TestStore.location(engine))
      let office = Office(stage: stage, host: host)
      try await office.fill()
      try await body(office)
    }
  }

  private func fill() async throws {
    let tenant = TestPrincipal.tenant
    _ = try await TenantsClient(stage.caller("identity", asService: "operator")).createTenant(
      .init(
        tenantID: tenant.rawValue,
        tenant: .init(displayName: "Northwind", timeZone: "Europe/Berlin", currency: "EUR"),
        administrator: .init(
          userName: "grace", email: "grace@northwind.test", firstName: "Grace", lastName: "Hopper"),
        requestID: "open"))
    let administrator = TestPrincipal.staff(.administrator, user: "users/grace-hopper")
    let accounts = AccountsClient(stage.caller("identity", as: administrator))
    for (id, zone) in [("acme", "Pacific/Auckland"), ("birch", "Pacific/Honolulu")] {
      _ = try await accounts.createAccount(
        .init(
          accountID: id,
          account: .init(
            displayName: id.capitalized,
            address: .init(street: "1 Quay", city: "Harbour"), timeZone: zone)))
    }
  }

  let clerk = TestPrincipal.staff(.billingClerk)
  let mia = TestPrincipal.customer(contact: "mia", role: .externalManager)
  let birch = TestPrincipal.customer(account: "birch", contact: "mia", role: .externalManager)
  let stranger = TestPrincipal.customer(
    tenant: TenantID("rival"), contact: "mia", role: .externalManager)

  func invoices(_ principal: Principal? = nil) -> InvoicesClient {
    InvoicesClient(stage.caller("billing", as: principal ?? clerk))
  }
  func contracts(_ principal: Principal? = nil) -> ContractsClient {
    ContractsClient(stage.caller("billing", as: principal ?? clerk))
  }

  /// A draft of one line without tax, due on 10 March 2026.
  func draft(
    _ cents: Int64 = 10_000, for account: String = "acme", requestID: String = "",
    _ change: (inout Billing.Invoice) -> Void = { _ in }
  ) async throws -> Billing.Invoice {
    var invoice = Billing.Invoice(
      dueDate: .init(year: 2026, month: 3, day: 10),
      lines: [.init(description: "Support", quantityThousandths: 1000, unitPrice: amount(cents))],
      currency: "EUR")
    change(&invoice)
    return try await invoices().createInvoice(
      .init(parent: "accounts/\(account)", invoice: invoice, requestID: requestID))
  }

  func issued(_ cents: Int64 = 10_000, for account: String = "acme") async throws -> Billing.Invoice
  {
    try await invoices().issueInvoice(.init(name: try await draft(cents, for: account).name))
  }

  @discardableResult
  func pay(
    _ cents: Int64, on invoice: Billing.Invoice, id: String, currency: String = "EUR"
  ) async throws -> Billing.Invoice {
    try await invoices().recordPayment(
      .init(
        name: invoice.name,
        payment: .init(amount: amount(cents, currency), method: "Bank transfer"), requestID: id))
  }

  func trail() async throws -> (audit: [AuditRecord], events: [Event]) {
    try await #require(await host.store).read(as: TestPrincipal.tenant) { db in
      (try db.auditRecords(limit: 500), try db.events(limit: 500))
    }
  }
}

func amount(_ cents: Int64, _ currency: String = "EUR") -> GoogleType.Money {
  .init(currencyCode: currency, units: cents / 100, nanos: Int32(cents % 100 * 10_000_000))
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
