import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Serves `portico.billing.v1.Invoices`.
struct InvoiceHandlers: InvoicesService {
  let context: BillingContext

  func listInvoices(
    _ request: Billing.ListInvoicesRequest, _ call: Call
  ) async throws -> Billing.ListInvoicesResponse {
    let parent = try ResourceName(request.parent, matching: "accounts/*", field: "parent")
    let scope = try call.scope
    let filter = InvoiceStore.Filter(
      account: parent.account, view: .init(request.view), number: request.number,
      includesDrafts: call.seesDrafts, today: context.today(at: call.now))
    let page = try PageRequest(
      size: request.pageSize, default: 25, maximum: 100, token: request.pageToken,
      query: ["invoices", request.parent, "\(filter)", "\(scope)"])
    return try await context.store.read(as: scope.tenant) { db in
      let invoices = InvoiceStore(db)
      let found = try invoices.invoices(filter, page: page, in: scope)
      let summary = try invoices.summary(filter, in: scope)
      return try Billing.ListInvoicesResponse(
        invoices: found.items.map { try .init($0, today: filter.today) },
        nextPageToken: found.nextToken, totalSize: Int32(clamping: summary.count),
        totalDue: summary.due.map(GoogleType.Money.init))
    }
  }

  func getInvoice(
    _ request: Billing.GetInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let name = try InvoiceName(request.name)
    let scope = try call.scope
    let drafts = call.seesDrafts
    let today = context.today(at: call.now)
    return try await context.store.read(as: scope.tenant) { db in
      try .init(
        InvoiceStore(db).invoice(account: name.account, id: name.id, drafts: drafts, in: scope),
        today: today)
    }
  }

  func createInvoice(
    _ request: Billing.CreateInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let parent = try ResourceName(request.parent, matching: "accounts/*", field: "parent")
    let account = try await context.account(parent.description, call)
    let scope = try call.scope
    let today = context.today(at: call.now)
    let draft = try Invoice(
      draft: request.invoice ?? .init(), account: parent.segments[0], of: account,
      provider: try await context.providerName(call), id: context.ids.next(), today: today,
      now: call.now)
    return try await call.once(in: context.store, request: request, requestID: request.requestID) { db in
      try InvoiceStore(db).insert(draft, timeZone: account.timeZone, in: scope)
      try call.record("invoice.create", draft, in: db)
      return try .init(draft, today: today)
    }
  }

  func issueInvoice(
    _ request: Billing.IssueInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, "invoice.issue", call) { invoice, db, today in
      let year = (invoice.invoiceDate ?? today).year
      // The counter moves only if the invoice may be issued: a refusal rolls the transaction back.
      let number = try InvoiceStore(db).nextNumber(series: "INV", year: year)
      try invoice.issue(number: number, on: today, at: db.now)
    }
  }

  func voidInvoice(
    _ request: Billing.VoidInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, "invoice.void", call) { invoice, _, _ in
      try invoice.void()
    }
  }

  func writeOffInvoice(
    _ request: Billing.WriteOffInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, "invoice.write_off", call) { invoice, _, _ in
      try invoice.writeOff()
    }
  }

  func recordPayment(
    _ request: Billing.RecordPaymentRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let name = try InvoiceName(request.name)
    let scope = try call.scope
    let today = context.today(at: call.now)
    let paymentID = context.ids.next()
    var check = Violations()
    check.require(!request.requestID.isEmpty, "request_id", "is required")
    let payment = try Invoice.Payment(
      request.payment ?? .init(), id: paymentID, today: today, &check)
    try check.end()
    return try await call.once(in: context.store, request: request, requestID: request.requestID) { db in
      let invoices = InvoiceStore(db)
      var invoice = try invoices.invoice(
        account: name.account, id: name.id, drafts: true, in: scope)
      try Etag(version: invoice.version).require(request.etag)
      try invoice.record(payment)
      // The version moves with every payment, so that two of them cannot both see the same rest.
      let saved = try invoices.save(invoice, in: scope)
      try invoices.insert(payment, for: saved, in: scope)
      try call.record("invoice.record_payment", saved, in: db)
      return try .init(saved, today: today)
    }
  }

  private func change(
    _ name: String, etag: String, _ action: String, _ call: Call,
    _ body: @escaping @Sendable (inout Invoice, Transaction, CivilDate) throws -> Void
  ) async throws -> Billing.Invoice {
    let name = try InvoiceName(name)
    let scope = try call.scope
    let today = context.today(at: call.now)
    return try await context.store.write(as: scope.tenant) { db in
      let invoices = InvoiceStore(db)
      var invoice = try invoices.invoice(
        account: name.account, id: name.id, drafts: true, in: scope)
      try Etag(version: invoice.version).require(etag)
      try body(&invoice, db, today)
      let saved = try invoices.save(invoice, in: scope)
      try call.record(action, saved, in: db)
      return try .init(saved, today: today)
    }
  }
}
