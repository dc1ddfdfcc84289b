import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// The wire's invoice from the domain's, and the domain's draft from the wire's.
extension Billing.Invoice {
  init(_ invoice: Invoice, at now: Instant) throws {
    let today = CivilDate(now, in: invoice.timeZone)
    self.init(
      name: invoice.name, number: invoice.number ?? "", state: .init(try invoice.state),
      overdue: try invoice.isOverdue(today: today), purchaseOrder: invoice.purchaseOrder,
      from: .init(invoice.from), to: .init(invoice.to),
      invoiceDate: invoice.invoiceDate.map { .init($0) }, dueDate: .init(invoice.dueDate),
      salesRepresentative: invoice.salesRepresentative, project: invoice.project,
      notes: invoice.notes, lines: invoice.lines.map { .init($0) },
      discount: .init(invoice.totals.discount), totalPrice: .init(invoice.totals.totalPrice),
      totalTax: .init(invoice.totals.totalTax), grandTotal: .init(invoice.totals.grandTotal),
      paidAmount: .init(try invoice.paid), paymentDue: .init(try invoice.due),
      sendTime: invoice.issued.map { .init($0) },
      taxes: invoice.totals.taxes.map { tax in
        .init(
          taxRateThousandths: tax.rateThousandths, taxableAmount: .init(tax.taxable),
          taxAmount: .init(tax.amount))
      },
      payments: invoice.payments.map { payment in
        .init(
          name: "accounts/\(invoice.account)/payments/\(payment.id)",
          amount: .init(payment.amount), paymentDate: .init(payment.date),
          method: payment.method, reference: payment.reference)
      },
      etag: "\(Etag(version: invoice.version))", currency: invoice.currency.code,
      accountDisplayName: invoice.accountDisplayName, createTime: .init(invoice.created))
  }
}

extension Invoice {
  var name: String { "accounts/\(account)/invoices/\(id)" }

  /// A draft from what a caller sent; server-owned fields of the message are not looked at.
  init(
    draft message: Billing.Invoice, id: String, account: String, of owner: AccountDirectory.Entry,
    at now: Instant
  ) throws {
    var check = Violations()
    let currency = Currency(message.currency)
    check.require(currency != nil, "invoice.currency", "is not a currency")
    check.require(message.dueDate != nil, "invoice.due_date", "is required")
    check.require(message.lines.count <= 500, "invoice.lines", "must be at most 500")
    let purchaseOrder = check.text(
      message.purchaseOrder, "invoice.purchase_order", limit: 100, required: false)
    let representative = check.text(
      message.salesRepresentative, "invoice.sales_representative", limit: 200, required: false)
    let project = check.text(message.project, "invoice.project", limit: 200, required: false)
    let notes = check.text(
      message.notes, "invoice.notes", limit: 4000, required: false, multiline: true)
    let from = Party(message.from ?? .init(), "invoice.from", &check)
    var to = Party(message.to ?? .init(), "invoice.to", &check)
    if to.displayName.isEmpty { to.displayName = owner.displayName }
    if to.address.isEmpty { to.address = owner.address }
    try check.end()
    guard let currency, let due = message.dueDate else { throw check.status }
    let lines = try message.lines.enumerated().map { index, line in
      try Line(line, "invoice.lines[\(index)]", currency)
    }
    let discount = try message.discount.map {
      try Money($0, field: "invoice.discount", in: currency)
    }
    let off = discount ?? .zero(currency)
    self.init(
      id: id, account: account, accountDisplayName: owner.displayName, timeZone: owner.timeZone,
      currency: currency, number: nil, phase: .draft, purchaseOrder: purchaseOrder, from: from,
      to: to,
      invoiceDate: try message.invoiceDate.map {
        try CivilDate($0, field: "invoice.invoice_date")
      },
      dueDate: try CivilDate(due, field: "invoice.due_date"),
      salesRepresentative: representative, project: project, notes: notes, lines: lines,
      discount: off, payments: [],
      totals: try InvoiceTotals(lines: lines, discount: off, currency: currency), issued: nil,
      created: now, version: 1)
  }
}

extension Invoice.Party {
  fileprivate init(_ message: Billing.Party, _ field: String, _ check: inout Violations) {
    self.init(
      displayName: check.text(
        message.displayName, "\(field).display_name", limit: 200, required: false),
      address: check.text(
        message.address, "\(field).address", limit: 1000, required: false, multiline: true),
      taxNumber: check.text(message.taxNumber, "\(field).tax_number", limit: 50, required: false))
  }
}

extension Invoice.Line {
  fileprivate init(_ message: Billing.InvoiceLine, _ field: String, _ currency: Currency) throws {
    var check = Violations()
    let description = check.text(
      message.description, "\(field).description", limit: 1000, multiline: true)
    check.require(message.unitPrice != nil, "\(field).unit_price", "is required")
    check.require(
      (1...1_000_000_000).contains(message.quantityThousandths), "\(field).quantity_thousandths",
      "must be between 1 and 1,000,000,000")
    check.require(
      (0...100_000).contains(message.taxRateThousandths), "\(field).tax_rate_thousandths",
      "must be between 0 and 100,000")
    try check.end()
    try self.init(
      description, quantityThousandths: message.quantityThousandths,
      unitPrice: Money(
        message.unitPrice ?? .init(), field: "\(field).unit_price", in: currency),
      taxRateThousandths: message.taxRateThousandths)
  }
}

extension Invoice.Payment {
  init(_ message: Billing.Payment, id: String, today: CivilDate) throws {
    var check = Violations()
    let method = check.text(message.method, "payment.method", limit: 100, required: false)
    let reference = check.text(message.reference, "payment.reference", limit: 200, required: false)
    try check.end()
    self.init(
      id: id, amount: try Money(message.amount ?? .init(), field: "payment.amount"),
      date: try message.paymentDate.map { try CivilDate($0, field: "payment.payment_date") }
        ?? today, method: method, reference: reference)
  }
}

extension Money {
  /// An amount that must be of one currency.
  fileprivate init(_ message: GoogleType.Money, field: String, in currency: Currency) throws {
    let money = try Money(message, field: field)
    guard money.currency == currency else {
      throw Status.invalid("\(field).currency_code", "must be \(currency.code)")
    }
    self = money
  }
}

extension Billing.InvoiceState {
  fileprivate init(_ state: Invoice.State) {
    switch state {
    case .draft: self = .draft
    case .issued: self = .issued
    case .partiallyPaid: self = .partiallyPaid
    case .paid: self = .paid
    case .void: self = .void
    case .uncollectible: self = .uncollectible
    }
  }
}

extension InvoiceStore.Filter.View {
  init(_ view: Billing.InvoiceView) {
    switch view {
    case .unpaid: self = .unpaid
    case .paid: self = .paid
    case .overdue: self = .overdue
    default: self = .all
    }
  }
}

extension Billing.Party {
  fileprivate init(_ party: Invoice.Party) {
    self.init(
      displayName: party.displayName, address: party.address, taxNumber: party.taxNumber)
  }
}

extension Billing.InvoiceLine {
  fileprivate init(_ line: Invoice.Line) {
    self.init(
      description: line.description, quantityThousandths: line.quantityThousandths,
      unitPrice: .init(line.unitPrice), taxRateThousandths: line.taxRateThousandths,
      netAmount: .init(line.net))
  }
}
