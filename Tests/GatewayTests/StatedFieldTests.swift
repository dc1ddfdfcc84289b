import Access
import Foundation
import PorticoAPI
import TestSupport
import Testing
import WellKnown

@testable import Gateway

/// What the source documents name one by one: each field of the form, the lists and the documents, with its value.
@Suite("Fields that the sources name")
struct StatedFieldTests {
  @Test(
    "The new-ticket form asks for each field by its name",
    arguments: [
      ("S-098", "site", "Site"), ("S-099", "type", "Ticket type"),
      ("S-100", "priority", "Priority"),
      ("S-101", "issue_type", "Issue type"), ("S-102", "sub_issue_type", "Sub-issue type"),
      ("S-103", "hardware_asset", "Affected hardware"),
      ("S-104", "software_asset", "Affected software"), ("S-106", "title", "Title"),
      ("S-107", "details", "Details"),
    ])
  func newTicket(_ id: String, _ field: String, _ label: String) throws {
    var choices = NewTicketChoices(account: "accounts/acme")
    for isQuick in [false, true] {
      choices.isQuick = isQuick
      let page = NewTicketForm.html(
        Form(), choices, errors: .init(), sent: [], csrf: "t", requestID: .empty
      ).description
      let name = UI.Field("ticket.\(field)", label)
      #expect(page.contains("name=\"\(name.name)\""), "\(id)")
      #expect(page.contains("<label class=\"label\" for=\"\(name.id)\">\(label)"), "\(id)")
    }
  }

  @Test(
    "A list of tickets says of each how it came, how urgent it is, how far, since when and by whom",
    arguments: [
      ("S-113", "Title", "added in the portal"), ("S-115", "High", "High"),
      ("S-116", "Notes", ">3"), ("S-117", "Waiting for you", "Waiting for you"),
      ("S-118", "Time taken", "1 d 2 h"), ("S-119", "Created", "1 Mar 2026, 21:20"),
      ("S-120", "Assigned to", "Tess Tech"),
    ])
  func ticketList(_ id: String, _ column: String, _ value: String) throws {
    var ticket = Samples.ticket("Printer jams")
    (ticket.source, ticket.state, ticket.noteCount) = (.portal, .pendingCustomer, 3)
    ticket.priority?.displayName = "High"
    ticket.assigneeDisplayName = "Tess Tech"
    let row = try Self.row(ticket)
    let cell = row.components(separatedBy: "data-label=\"\(column)\"")
    // Title, stage and priority have no heading of their own on a phone.
    let shown = cell.count > 1 ? cell[1].prefix(until: "</td>") : row
    #expect(shown.contains(value), "\(id)")
  }

  @Test("S-114 what came by e-mail has a symbol of its own")
  func source() throws {
    var ticket = Samples.ticket()
    ticket.source = .email
    let row = try Self.row(ticket)
    #expect(row.contains("aria-label=\"sent by e-mail\"") && !row.contains("added in the portal"))
  }

  private static func row(_ ticket: Ticketing.Ticket) throws -> String {
    let context = try Samples.context(target: "/tickets?view=closed")
    return TicketListPage.render(
      .init(tickets: [ticket], totalSize: 1), TicketListView(context), context, [], canSubmit: true
    ).description
  }

  private typealias Terms = Billing.Contract.Terms
  private static let recurring = Terms.recurring(
    .init(
      billingCycle: .monthly, billingPrice: money(50),
      history: [.init(startDate: Samples.day, endDate: Samples.day, price: money(51))]))
  private static let fixed = Terms.fixedPrice(
    .init(billingPrice: money(90), billAmount: money(60), remainingAmount: money(30)))
  private static let byAmount = Terms.retainerByAmount(
    .init(billingPrice: money(100), consumedAmount: money(20)))
  private static let byHours = Terms.retainerByHours(
    .init(
      billingCycle: .quarterly,
      prepaidHours: .init(purchasedMinutes: 600, consumedMinutes: 90, remainingMinutes: 510)))
  private static let hourly = Terms.timeAndMaterials(.init(hourlyRate: money(80)))

  private static func money(_ units: Int64) -> GoogleType.Money {
    .init(currencyCode: "EUR", units: units)
  }

  @Test(
    "A contract shows each of its fields, and those of its type",
    arguments: [
      ("S-163", hourly, "Name", "Care plan"), ("S-165", hourly, "Reference number", "REF-7"),
      ("S-166", hourly, "Start date", "2 Jan 2026"), ("S-167", hourly, "End date", "4 Mar 2026"),
      ("S-168", hourly, "SLA", "Gold"), ("S-169", hourly, "Setup fees", "€99.00"),
      ("S-170", hourly, "Status", "Active"), ("S-171", hourly, "Default contract", "Yes"),
      ("S-164", hourly, "Type", "Time &amp; Materials"), ("S-164", recurring, "Type", "Recurring"),
      ("S-164", fixed, "Type", "Fixed Price"), ("S-164", byAmount, "Type", "Retainer by Amount"),
      ("S-164", byHours, "Type", "Retainer by Hours"),
      ("S-172", recurring, "Billing cycle", "Monthly"),
      ("S-172", byHours, "Billing cycle", "Quarterly"),
      ("S-173", recurring, "Contract billing price", "€50.00"),
      ("S-173", fixed, "Contract billing price", "€90.00"),
      ("S-173", byAmount, "Contract billing price", "€100.00"),
      ("S-174", fixed, "Bill amount", "€60.00"), ("S-175", fixed, "Remaining amount", "€30.00"),
      ("S-176", byAmount, "Consumed amount", "€20.00"), ("S-180", byHours, "Purchased", "10 h"),
      ("S-180", byHours, "Remaining", "8 h 30 min"),
    ])
  private func contract(_ id: String, _ terms: Terms, _ term: String, _ value: String) throws {
    #expect(try #require(Self.contract(terms).fact(term), "\(id)").contains(value), "\(id)")
  }

  @Test("S-177 S-178 S-179 a contract's texts, and what it was billed so far, stand on their own")
  func contractTexts() {
    let page = Self.contract(Self.recurring)
    #expect(page.card("Description")?.contains("What is covered") == true)
    #expect(page.card("Billing information")?.contains("Net 30") == true)
    #expect(page.card("Contract history")?.contains("€51.00") == true)
  }

  private static func contract(_ terms: Terms) -> String {
    var contract = Billing.Contract(
      name: "accounts/acme/contracts/1", displayName: "Care plan", referenceNumber: "REF-7",
      startDate: .init(year: 2026, month: 1, day: 2), endDate: Samples.day, sla: "Gold",
      setupFee: money(99), status: .active, isDefault: true, description: "What is covered",
      billingInformation: "Net 30")
    contract.terms = terms
    return ContractView(contract: contract, isStaff: false).html.description
  }

  @Test(
    "An invoice shows each of its fields",
    arguments: [
      ("S-182", "Invoice number", "INV-7"), ("S-183", "Status", "Partly paid"),
      ("S-184", "P.O. number", "PO-9"), ("S-187", "Invoice date", "2 Jan 2026"),
      ("S-188", "Due date", "4 Mar 2026"), ("S-189", "Sales representative", "Sam Seller"),
      ("S-190", "Project", "Office move"), ("S-191", "Payment due", "€70.00"),
      ("S-192", "Paid amount", "€50.00"), ("S-193", "Total tax", "€20.00"),
      ("S-194", "Total price", "€110.00"), ("S-195", "Grand total", "€120.00"),
      ("S-196", "Sent on", "1 Mar 2026"), ("S-199", "Invoice discount", "€10.00"),
    ])
  func invoice(_ id: String, _ term: String, _ value: String) throws {
    let page = try Self.invoicePage()
    #expect(try #require(page.fact(term), "\(id)").contains(value), "\(id)")
  }

  @Test("S-185 S-186 S-197 S-198 S-200 an invoice's parties, lines, payments and notes have cards")
  func invoiceCards() throws {
    let page = try Self.invoicePage()
    for (card, text) in [
      ("From", "Brightwater IT"), ("To", "Acme Ltd"), ("Notes", "Thank you"),
      ("Invoice details", "Two days of work"), ("Payments", "Bank transfer"),
    ] { #expect(page.card(card)?.contains(text) == true, "\(card)") }
    #expect(page.card("From")?.contains("Acme Ltd") == false)
  }

  private static func invoicePage() throws -> String {
    var invoice = Samples.invoice("INV-7")
    (invoice.state, invoice.overdue, invoice.purchaseOrder) = (.partiallyPaid, false, "PO-9")
    invoice.from = .init(displayName: "Brightwater IT")
    invoice.to = .init(displayName: "Acme Ltd")
    invoice.invoiceDate = .init(year: 2026, month: 1, day: 2)
    (invoice.salesRepresentative, invoice.project) = ("Sam Seller", "Office move")
    (invoice.paymentDue, invoice.paidAmount) = (money(70), money(50))
    (invoice.totalTax, invoice.totalPrice) = (money(20), money(110))
    (invoice.grandTotal, invoice.discount) = (money(120), money(10))
    (invoice.sendTime, invoice.notes) = (Samples.time, "Thank you")
    invoice.lines[0].description = "Two days of work"
    invoice.payments[0].method = "Bank transfer"
    return InvoiceView(invoice: invoice, context: try Samples.context()).html.description
  }
}

extension StringProtocol {
  /// What comes before `mark`, or everything.
  func prefix(until mark: String) -> String { components(separatedBy: mark)[0] }

  /// What a page says beside a term; nil where it has none.
  func fact(_ term: String) -> String? {
    let parts = components(separatedBy: "<dt>\(term)</dt><dd>")
    return parts.count > 1 ? parts[1].prefix(until: "</dd>") : nil
  }

  /// The content of the card with this heading; nil where there is none.
  func card(_ title: String) -> String? {
    // Where a long word may break is nothing that a reader sees.
    let parts = components(separatedBy: "<wbr>").joined()
      .components(separatedBy: "<h2>\(title)</h2>")
    return parts.count > 1 ? parts[1].prefix(until: "</section>") : nil
  }
}
