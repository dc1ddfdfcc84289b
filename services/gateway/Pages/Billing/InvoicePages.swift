import PorticoAPI
import RPC
import WellKnown

/// `/invoices` and `/accounts/{account}/invoices/{invoice}` (S-181..S-201).
enum InvoicePages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/invoices") { context in
      let view = views.first { $0.value == context.query["view"] } ?? views[0]
      if let page = try await context.pageOfInvoice(quoted: context.query["number"]) {
        return .redirect(to: page)
      }
      let number = context.query["number"] ?? ""
      let answer = try await InvoicesClient(context.caller).listInvoices(
        .init(
          parent: context.listParent, pageSize: 25, pageToken: context.query["page_token"] ?? "",
          view: view.view, number: number))
      return await shell(
        context, title: "Invoices", active: "/invoices",
        list(answer, view: view.value, number: number, context))
    },
    PageRoute(.GET, "/{name=accounts/*/invoices/*}") { context in
      let invoice = try await InvoicesClient(context.caller).getInvoice(
        .init(name: context.path["name"]))
      return await shell(
        context, title: invoice.number.nonEmpty ?? "Draft invoice", active: "/invoices",
        InvoiceView(invoice: invoice, context: context).html)
    },
  ]

  private static let views: [(value: String, title: String, view: Billing.InvoiceView)] = [
    ("", "All", .init()), ("unpaid", "Unpaid", .unpaid), ("overdue", "Overdue", .overdue),
    ("paid", "Paid", .paid),
  ]

  static func list(
    _ answer: Billing.ListInvoicesResponse, view: String, number: String, _ context: PageContext
  ) -> HTML {
    let isStaff = context.principal?.isStaff ?? false
    let tabs = UI.tabs(
      views.map { choice in
        .init(
          title: choice.title,
          url: context.link("view", choice.value.nonEmpty), isCurrent: choice.value == view)
      }, label: "Which invoices")
    let clear = context.link("number", nil)
    let filter = UI.filterBar(
      action: "/invoices",
      search: UI.searchField("Invoice number", name: "number", value: number),
      keeping: view.isEmpty ? [] : [("view", view)],
      chips: number.isEmpty ? [] : [.init(text: "Number: \(number)", removeURL: clear)])
    let due = answer.totalDue.compactMap { UI.money($0) }
    return """
      \(UI.pageHead("Invoices", meta: due.isEmpty ? .empty : "<span>Due in total: \(due.joined(separator: ", "))</span>"))
      \(tabs)\(filter)
      \(UI.live("list", on: ["invoice."], """
        \(when: answer.invoices.isEmpty, empty(view, number, clear))
        \(when: !answer.invoices.isEmpty, UI.table(answer.invoices, caption: "Invoices", columns: columns(isStaff)))
        """))
      \(UI.pages(context, count: answer.invoices.count, total: answer.totalSize, things: "invoices", next: answer.nextPageToken))
      """
  }

  private static func empty(_ view: String, _ number: String, _ clear: SafeURL) -> HTML {
    guard number.isEmpty else { return UI.noMatch("invoices", clear: clear) }
    switch view {
    case "unpaid", "overdue":
      return UI.emptyState("Nothing to pay", text: "All invoices are settled.", icon: .check)
    default:
      return UI.emptyState(
        "No invoices", text: "Invoices appear here once they are sent.", icon: .invoice)
    }
  }

  private static func columns(_ isStaff: Bool) -> [UI.Column<Billing.Invoice>] {
    [
      .init("Number", .title) { invoice in
        """
        <a href="/\(invoice.name)">\(invoice.number.nonEmpty ?? "Draft")</a>\
        \(when: isStaff, "<div class=\"sub\">\(invoice.accountDisplayName)</div>")
        """
      },
      .init("Status", .bare) { UI.invoiceStage(UI.InvoiceStage($0)) },
      .init("Invoice date") { UI.date($0.invoiceDate) ?? UI.notSet },
      .init("Due date") { UI.date($0.dueDate) ?? UI.notSet },
      .init("P.O. number") { UI.text($0.purchaseOrder) ?? UI.notSet },
      .init("Total", .number) { UI.money($0.grandTotal) ?? UI.notSet },
      .init("Payment due", .number) { UI.money($0.paymentDue) ?? UI.notSet },
    ]
  }
}
