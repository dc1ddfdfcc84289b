import Foundation
import Store
import Values

/// Invoices by account and id, with their lines and payments. Lists: latest date first, then id.
struct InvoiceStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Which invoices a list is narrowed to.
  struct Filter: Sendable, Hashable {
    enum View: Sendable, Hashable { case all, unpaid, paid, overdue }
    var account: String?
    var view: View = .all
    var number = ""
    /// Drafts are the provider's own business (D-12).
    var includesDrafts = false
  }

  func invoice(account: String, id: String, drafts: Bool, in scope: Scope) throws -> Invoice {
    let row = try db.first(
      """
      SELECT * FROM invoices WHERE tenant = \(db.tenant) AND account = \(account) AND id = \(id)
        AND \(scope.predicate(account: "account")) AND \(drafts ? "TRUE" : "phase <> 'draft'" as SQL)
      """, else: .notFound)
    return try loaded([row])[0]
  }

  func invoices(_ filter: Filter, page: PageRequest, in scope: Scope) throws -> Page<Invoice> {
    let conditions =
      try self.conditions(filter, in: scope) + [page.after("sort_date", "id", order: .descending)]
    let rows = try db.all(
      """
      SELECT * FROM invoices WHERE \(.all(conditions)) ORDER BY sort_date DESC, id DESC \(page.limit)
      """)
    let fetched = try loaded(rows)
    return page.page(fetched) { [($0.invoiceDate ?? $0.dueDate).sqlValue, $0.id.sqlValue] }
  }

  /// How many match, and what is due on them, per currency.
  func summary(_ filter: Filter, in scope: Scope) throws -> (count: Int64, due: [Money]) {
    let rows = try db.all(
      """
      SELECT currency, COUNT(*) AS matches,
        CAST(SUM(CASE WHEN phase IN ('issued', 'uncollectible') THEN grand_total - \(paid) ELSE 0 END)
          AS BIGINT) AS due
      FROM invoices WHERE \(.all(try conditions(filter, in: scope))) GROUP BY currency ORDER BY currency
      """)
    var count: Int64 = 0
    var due: [Money] = []
    for row in rows {
      count += try row["matches"] as Int64
      let amount = Money(minorUnits: try row["due"], try currency(row))
      if !amount.isZero { due.append(amount) }
    }
    return (count, due)
  }

  /// Takes the next number of a series and year, `INV-2026-0007`. The counter's row stays locked until
  /// the transaction ends, so numbers are unbroken and unique (D-11).
  func nextNumber(series: String, year: Int) throws -> String {
    let row = try db.first(
      """
      INSERT INTO invoice_numbers (tenant, series, year, last)
      VALUES (\(db.tenant), \(series), \(year), 1)
      ON CONFLICT (tenant, series, year) DO UPDATE SET last = invoice_numbers.last + 1
      RETURNING last
      """, else: .corrupt("invoice_numbers"))
    let digits = String(try row["last"] as Int64)
    let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
    return "\(series)-\(year)-\(zeros)\(digits)"
  }

  func insert(_ invoice: Invoice, in scope: Scope) throws {
    guard scope.allows(account: invoice.account) else { throw StoreError.notFound }
    try db.run(
      """
      INSERT INTO invoices (tenant, account, id, account_display_name, time_zone, currency, number,
        phase, purchase_order, from_display_name, from_address, from_tax_number, to_display_name,
        to_address, to_tax_number, invoice_date, due_date, sales_representative, project, notes,
        discount, total_price, total_tax, grand_total, issued, created, version, sort_date)
      VALUES (\(db.tenant), \(invoice.account), \(invoice.id), \(invoice.accountDisplayName),
        \(invoice.timeZone.identifier),
        \(invoice.currency.code), \(invoice.number), \(invoice.phase),
        \(invoice.purchaseOrder), \(invoice.from.displayName), \(invoice.from.address),
        \(invoice.from.taxNumber), \(invoice.to.displayName), \(invoice.to.address),
        \(invoice.to.taxNumber), \(invoice.invoiceDate), \(invoice.dueDate),
        \(invoice.salesRepresentative), \(invoice.project), \(invoice.notes),
        \(invoice.discount.minorUnits), \(invoice.totals.totalPrice.minorUnits),
        \(invoice.totals.totalTax.minorUnits), \(invoice.totals.grandTotal.minorUnits),
        \(invoice.issued), \(invoice.created), \(invoice.version),
        \(invoice.invoiceDate ?? invoice.dueDate))
      """)
    for (position, line) in invoice.lines.enumerated() {
      try db.run(
        """
        INSERT INTO invoice_lines (tenant, account, invoice, position, description,
          quantity_thousandths, unit_price, tax_rate_thousandths, net_amount)
        VALUES (\(db.tenant), \(invoice.account), \(invoice.id), \(position), \(line.description),
          \(line.quantityThousandths), \(line.unitPrice.minorUnits),
          \(Int64(line.taxRateThousandths)), \(line.net.minorUnits))
        """)
    }
  }

  /// Writes what may still change after creation: number, phase and dates of issue. The content of an
  /// issued invoice has no UPDATE at all (D-10).
  func save(_ invoice: Invoice, in scope: Scope) throws -> Invoice {
    guard scope.allows(account: invoice.account) else { throw StoreError.notFound }
    try db.run(
      """
      UPDATE invoices SET number = \(invoice.number), phase = \(invoice.phase),
        invoice_date = \(invoice.invoiceDate), issued = \(invoice.issued),
        sort_date = \(invoice.invoiceDate ?? invoice.dueDate), version = version + 1
      WHERE tenant = \(db.tenant) AND account = \(invoice.account) AND id = \(invoice.id)
        AND version = \(invoice.version)
      """, else: .stale)
    var saved = invoice
    saved.version += 1
    return saved
  }

  func insert(_ payment: Invoice.Payment, for invoice: Invoice, in scope: Scope) throws {
    guard scope.allows(account: invoice.account) else { throw StoreError.notFound }
    try db.run(
      """
      INSERT INTO payments (tenant, account, id, currency, amount, payment_date, method, reference,
        created)
      VALUES (\(db.tenant), \(invoice.account), \(payment.id), \(payment.amount.currency.code),
        \(payment.amount.minorUnits), \(payment.date), \(payment.method), \(payment.reference),
        \(db.now))
      """)
    try db.run(
      """
      INSERT INTO payment_allocations (tenant, account, payment, invoice, amount)
      VALUES (\(db.tenant), \(invoice.account), \(payment.id), \(invoice.id),
        \(payment.amount.minorUnits))
      """)
  }
}

extension InvoiceStore {
  private var paid: SQL {
    """
    COALESCE((SELECT SUM(a.amount) FROM payment_allocations a WHERE a.tenant = invoices.tenant
      AND a.account = invoices.account AND a.invoice = invoices.id), 0)
    """
  }

  private func conditions(_ filter: Filter, in scope: Scope) throws -> [SQL] {
    var conditions: [SQL] = ["tenant = \(db.tenant)", scope.predicate(account: "account")]
    if let account = filter.account { conditions.append("account = \(account)") }
    if !filter.includesDrafts { conditions.append("phase <> 'draft'") }
    if !filter.number.isEmpty {
      conditions.append("LOWER(number) \(containing: filter.number.lowercased())")
    }
    switch filter.view {
    case .all: break
    case .unpaid:
      conditions.append("phase IN ('issued', 'uncollectible') AND grand_total > \(paid)")
    case .paid: conditions.append("phase IN ('issued', 'uncollectible') AND grand_total <= \(paid)")
    case .overdue:
      conditions.append("phase = 'issued' AND grand_total > \(paid)")
      conditions.append(.any(try daysByZone()))
    }
    return conditions
  }

  /// A due date has passed when it is before today where the account is; accounts share few zones.
  private func daysByZone() throws -> [SQL] {
    let rows = try db.all("SELECT DISTINCT time_zone FROM invoices WHERE tenant = \(db.tenant)")
    return try rows.map { row in
      let zone = try TimeZone(stored: row["time_zone"])
      return "(time_zone = \(zone.identifier) AND due_date < \(CivilDate(db.now, in: zone)))"
    }
  }

  private func currency(_ row: Row) throws -> Currency {
    try Currency(stored: row["currency"]).known
  }

  /// The invoices of these rows, with lines and payments fetched in two statements.
  private func loaded(_ rows: [Row]) throws -> [Invoice] {
    guard !rows.isEmpty else { return [] }
    let ids: [String] = try rows.map { try $0["id"] }
    let lines = try db.all(
      """
      SELECT * FROM invoice_lines WHERE tenant = \(db.tenant) AND invoice IN \(ids)
      ORDER BY invoice, position
      """)
    let payments = try db.all(
      """
      SELECT p.*, a.invoice AS invoice, a.amount AS allocated FROM payment_allocations a
      JOIN payments p ON p.tenant = a.tenant AND p.account = a.account AND p.id = a.payment
      WHERE a.tenant = \(db.tenant) AND a.invoice IN \(ids) ORDER BY p.payment_date, p.id
      """)
    let linesByInvoice = try Dictionary(grouping: lines) { try $0["invoice"] as String }
    let paymentsByInvoice = try Dictionary(grouping: payments) { try $0["invoice"] as String }
    return try rows.map { row in
      let id: String = try row["id"]
      return try Invoice(
        row, currency: currency(row), lines: linesByInvoice[id] ?? [],
        payments: paymentsByInvoice[id] ?? [])
    }
  }
}

extension Invoice {
  fileprivate init(_ row: Row, currency: Currency, lines: [Row], payments: [Row]) throws {
    let discount = Money(minorUnits: try row["discount"], currency)
    let lines = try lines.map { line in
      Line(
        description: try line["description"], quantityThousandths: try line["quantity_thousandths"],
        unitPrice: Money(minorUnits: try line["unit_price"], currency),
        taxRateThousandths: Int32(clamping: try line["tax_rate_thousandths"] as Int64),
        net: Money(minorUnits: try line["net_amount"], currency))
    }
    self.init(
      id: try row["id"], account: try row["account"],
      accountDisplayName: try row["account_display_name"],
      timeZone: try TimeZone(stored: row["time_zone"]),
      currency: currency,
      number: try row["number"], phase: try row["phase"],
      purchaseOrder: try row["purchase_order"], from: try Party(row, "from"),
      to: try Party(row, "to"), invoiceDate: try row["invoice_date"], dueDate: try row["due_date"],
      salesRepresentative: try row["sales_representative"], project: try row["project"],
      notes: try row["notes"], lines: lines, discount: discount,
      payments: try payments.map { payment in
        Payment(
          id: try payment["id"], amount: Money(minorUnits: try payment["allocated"], currency),
          date: try payment["payment_date"], method: try payment["method"],
          reference: try payment["reference"])
      },
      totals: try InvoiceTotals(lines: lines, discount: discount, currency: currency),
      issued: try row["issued"], created: try row["created"], version: try row["version"])
    // Stored sums serve lists and reports; should they ever differ from the lines, nobody may be
    // shown either figure.
    guard totals.grandTotal.minorUnits == (try row["grand_total"] as Int64) else {
      throw StoreError.corrupt("grand total of invoice \(id)")
    }
  }
}

extension Invoice.Party {
  fileprivate init(_ row: Row, _ prefix: String) throws {
    self.init(
      displayName: try row["\(prefix)_display_name"], address: try row["\(prefix)_address"],
      taxNumber: try row["\(prefix)_tax_number"])
  }
}
