import PorticoAPI
import WellKnown

/// An invoice on screen and on paper (S-182..S-200).
struct InvoiceView {
  let invoice: Billing.Invoice
  let context: PageContext

  private var number: String { invoice.number.nonEmpty ?? "Draft invoice" }

  var html: HTML {
    """
    \(UI.printHead(house: UI.House(context.portal), title: number, detail: invoice.accountDisplayName))
    \(UI.pageHead(number, crumbs: [("Invoices", "/invoices")], meta: meta))
    \(overdue)
    \(UI.card("Invoice", body: UI.descriptionList(general, isWide: true)))
    <div class="field-row">\(UI.card("From", body: party(invoice.from)))\
    \(UI.card("To", body: party(invoice.to)))</div>
    \(UI.card("Invoice details", isFlush: true, body: "\(lines)<div class=\"card-sums\">\(UI.sums(totals))</div>"))
    \(UI.card("Payments", isFlush: !invoice.payments.isEmpty, body: payments))
    \(UI.paragraphs(invoice.notes).map { UI.card("Notes", body: $0) })
    """
  }

  private var meta: HTML {
    """
    \(UI.invoiceStage(UI.InvoiceStage(invoice)))\
    <span>\(UI.money(invoice.paymentDue) ?? UI.notSet) due</span>
    """
  }

  private var overdue: HTML {
    guard invoice.overdue, let due = UI.money(invoice.paymentDue) else { return .empty }
    return UI.callout(
      .warning, title: "This invoice is overdue",
      body: "<p>\(due) were due on \(UI.date(invoice.dueDate) ?? UI.notSet).</p>")
  }

  private var general: [(term: String, value: HTML?)] {
    [
      ("Invoice number", invoice.number.nonEmpty.map { UI.copyable($0) }),
      ("Status", UI.invoiceStage(UI.InvoiceStage(invoice))),
      ("P.O. number", UI.text(invoice.purchaseOrder)),
      ("Invoice date", UI.date(invoice.invoiceDate)), ("Due date", UI.date(invoice.dueDate)),
      ("Sent on", context.time(invoice.sendTime, style: .day)),
      ("Sales representative", UI.text(invoice.salesRepresentative)),
      ("Project", UI.text(invoice.project)),
    ]
  }

  private func party(_ party: Billing.Party?) -> HTML {
    guard let party else { return UI.notSet }
    let address = party.address.split(separator: "\n").map { HTML(text: $0) }.joined(
      separator: "<br>")
    return """
      <p><strong>\(party.displayName)</strong></p><p>\(address)</p>\
      \(when: !party.taxNumber.isEmpty, "<p class=\"quiet\">Tax number \(party.taxNumber)</p>")
      """
  }

  private var lines: HTML {
    UI.table(
      invoice.lines, caption: "Lines of the invoice",
      columns: [
        .init("Description", .title) { "\($0.description)" },
        .init("Quantity", .number) { "\(Self.thousandths($0.quantityThousandths))" },
        .init("Unit price", .number) { UI.money($0.unitPrice) ?? UI.notSet },
        .init("Tax", .number) { "\(Self.thousandths(Int64($0.taxRateThousandths))) %" },
        .init("Amount", .number) { UI.money($0.netAmount) ?? UI.notSet },
      ])
  }

  private var totals: [(term: HTML, value: HTML?)] {
    var rows: [(term: HTML, value: HTML?)] = [
      ("Total price", UI.money(invoice.totalPrice)),
      ("Invoice discount", UI.money(invoice.discount)),
    ]
    for tax in invoice.taxes {
      let rate = Self.thousandths(Int64(tax.taxRateThousandths))
      let base: HTML? = UI.money(tax.taxableAmount).map { " on \($0)" }
      rows.append(("Tax \(rate) %\(base)", UI.money(tax.taxAmount)))
    }
    rows += [
      ("Total tax", UI.money(invoice.totalTax)), ("Grand total", UI.money(invoice.grandTotal)),
      ("Paid amount", UI.money(invoice.paidAmount)),
      ("Payment due", UI.money(invoice.paymentDue)),
    ]
    return rows
  }

  private var payments: HTML {
    guard !invoice.payments.isEmpty else {
      return "<p class=\"quiet\">Nothing has been paid yet.</p>"
    }
    return UI.table(
      invoice.payments, caption: "Payments on this invoice",
      columns: [
        .init("Date", .title) { UI.date($0.paymentDate) ?? UI.notSet },
        .init("Method") { UI.text($0.method) ?? UI.notSet },
        .init("Reference") { UI.text($0.reference) ?? UI.notSet },
        .init("Amount", .number) { UI.money($0.amount) ?? UI.notSet },
      ])
  }

  /// `1500` → `1.5`, `2000` → `2`.
  static func thousandths(_ value: Int64) -> String {
    let whole = value.magnitude / 1000
    var rest = String(value.magnitude % 1000)
    rest = String(repeating: "0", count: 3 - rest.count) + rest
    while rest.hasSuffix("0") { rest.removeLast() }
    return (value < 0 ? "−" : "") + String(whole) + (rest.isEmpty ? "" : "." + rest)
  }
}
