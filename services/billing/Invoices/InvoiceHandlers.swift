import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Serves `portico.billing.v1.Invoices`.
struct InvoiceHandlers: InvoicesService {
  let store: any Store
  let directory: AccountDirectory
  let ids: SortableIDGenerator

  func listInvoices(
    _ request: Billing.ListInvoicesRequest, _ call: Call
  ) async throws -> Billing.ListInvoicesResponse {
    let parent = try ResourceName(
      request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let scope = try call.scope
    guard request.number.utf8.count <= 100 else { throw Status.invalid("number", "is too long") }
    let filter = InvoiceStore.Filter(
      account: parent.id("accounts"), view: .init(request.view), number: request.number,
      includesDrafts: try call.principal.isStaff)
    let page = try request.page(
      [request.parent, "\(request.view.rawValue)", request.number], in: scope, size: 25, max: 100)
    return try await call.read(in: store) { db in
      let invoices = InvoiceStore(db)
      let found = try invoices.invoices(filter, page: page, in: scope)
      let summary = try invoices.summary(filter, in: scope)
      return try Billing.ListInvoicesResponse(
        invoices: found.items.map { try .init($0, at: db.now) }, nextPageToken: found.nextToken,
        totalSize: Int32(clamping: summary.count),
        totalDue: summary.due.map { GoogleType.Money($0) })
    }
  }

  func getInvoice(
    _ request: Billing.GetInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let name = try ResourceName(request.name, "accounts/*/invoices/*")
    let scope = try call.scope
    let drafts = try call.principal.isStaff
    return try await call.read(in: store) { db in
      try .init(InvoiceStore(db).invoice(named: name, drafts: drafts, in: scope), at: db.now)
    }
  }

  func createInvoice(
    _ request: Billing.CreateInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    let scope = try call.scope
    let account = try await directory.account(parent["accounts"], call)
    let draft = try Invoice(
      draft: request.invoice ?? .init(), id: "\(ids.next())", account: parent["accounts"],
      of: account, at: call.now)
    let actor = try call.auditActor
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      try InvoiceStore(db).insert(draft, in: scope)
      try db.record(.invoiceCreated, draft, by: actor)
      return try .init(draft, at: db.now)
    }
  }

  func issueInvoice(
    _ request: Billing.IssueInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, .invoiceIssued, call) { invoice, db in
      let date = invoice.invoiceDate ?? CivilDate(db.now, in: invoice.timeZone)
      try invoice.checkIssue()
      let number = try InvoiceStore(db).nextNumber(series: "INV", year: date.year)
      try invoice.issue(number: number, on: date, at: db.now)
    }
  }

  func voidInvoice(
    _ request: Billing.VoidInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, .invoiceVoided, call) { invoice, _ in
      try invoice.void()
    }
  }

  func writeOffInvoice(
    _ request: Billing.WriteOffInvoiceRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    try await change(request.name, etag: request.etag, .invoiceWrittenOff, call) { invoice, _ in
      try invoice.writeOff()
    }
  }

  func recordPayment(
    _ request: Billing.RecordPaymentRequest, _ call: Call
  ) async throws -> Billing.Invoice {
    let name = try ResourceName(request.name, "accounts/*/invoices/*")
    let scope = try call.scope
    let actor = try call.auditActor
    let id = "\(ids.next())"
    var check = Violations()
    check.require(!request.requestID.isEmpty, "request_id", "is required")
    check.require(request.payment?.amount != nil, "payment.amount", "is required")
    try check.end()
    // Money keys are kept for ever: a repetition years later must not pay again (D-14).
    return try await call.once(
      in: store, request: request, requestID: request.requestID, keepingFor: .days(36_500)
    ) { db in
      let invoices = InvoiceStore(db)
      var invoice = try invoices.invoice(named: name, drafts: true, in: scope)
      try Etag(version: invoice.version).require(request.etag)
      let payment = try Invoice.Payment(
        request.payment ?? .init(), id: id, today: CivilDate(db.now, in: invoice.timeZone))
      try invoice.record(payment)
      // The version moves with every payment, so that two of them cannot both see the same rest.
      let saved = try invoices.save(invoice, in: scope)
      try invoices.insert(payment, for: saved, in: scope)
      try db.record(.invoicePaymentRecorded, saved, by: actor)
      return try .init(saved, at: db.now)
    }
  }

  private func change(
    _ name: String, etag: String, _ event: EventType, _ call: Call,
    _ body: @escaping @Sendable (inout Invoice, Transaction) throws -> Void
  ) async throws -> Billing.Invoice {
    let name = try ResourceName(name, "accounts/*/invoices/*")
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: store) { db in
      let invoices = InvoiceStore(db)
      var invoice = try invoices.invoice(named: name, drafts: true, in: scope)
      try Etag(version: invoice.version).require(etag)
      try body(&invoice, db)
      let saved = try invoices.save(invoice, in: scope)
      try db.record(event, saved, by: actor)
      return try .init(saved, at: db.now)
    }
  }
}

extension Billing.ListInvoicesRequest: PagedRequest {}

extension InvoiceStore {
  fileprivate func invoice(
    named name: ResourceName, drafts: Bool, in scope: Scope
  ) throws -> Invoice {
    try invoice(account: name["accounts"], id: name["invoices"], drafts: drafts, in: scope)
  }
}

extension Transaction {
  /// The audit row and the event of a change to an invoice.
  fileprivate func record(_ event: EventType, _ invoice: Invoice, by actor: Actor) throws {
    let state = try invoice.state
    try audit(
      event.name, on: invoice.name, by: actor,
      after: [
        "state": "\(state)", "number": invoice.number ?? "",
        "grand_total": invoice.totals.grandTotal.description,
      ])
    try emit(event, on: invoice.name, at: EventPlace(account: invoice.account))
  }
}

extension InvoiceError: StatusConvertible {
  var status: Status {
    switch self {
    case .notDraft: .billing(.failedPrecondition, "NOT_DRAFT", "only a draft can be issued")
    case .noLines: .billing(.failedPrecondition, "NO_LINES", "an invoice needs at least one line")
    case .negativeTotal:
      .billing(.failedPrecondition, "NEGATIVE_TOTAL", "it asks for less than nothing")
    case .notIssued:
      .billing(.failedPrecondition, "NOT_ISSUED", "this can only be done with an issued invoice")
    case .alreadyPaidOn:
      .billing(.failedPrecondition, "PAID_ON", "something was paid on it already")
    case .nothingDue: .billing(.failedPrecondition, "NOTHING_DUE", "nothing is due on it")
    case .tooMuch(let due): .invalid("payment.amount", "is more than the \(due) that is due")
    case .discountTooLarge: .invalid("invoice.discount", "must be between zero and the total price")
    case .notPositive: .invalid("payment.amount", "must be more than zero")
    case .otherCurrency(let code): .invalid("payment.amount.currency_code", "must be \(code)")
    case .amount: .invalid("invoice.lines", "add up to more than can be reckoned with")
    }
  }
}

extension Status {
  static func billing(_ code: Code, _ reason: String, _ message: String) -> Status {
    Status(code, message, details: [.reason(reason, domain: "billing")])
  }
}
