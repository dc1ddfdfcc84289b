import Foundation
import Testing
import Values

@testable import BillingService

@Suite("Invoices: what they add up to and what may happen to them")
struct InvoiceTests {
  @Test("D-03 a line is rounded when it is made, half away from zero")
  func lineRounding() throws {
    let line = try Invoice.Line(
      "Cable", quantityThousandths: 1500, unitPrice: euros(0, 35), taxRateThousandths: 0)
    #expect(line.net == euros(0, 53))
    let credit = try Invoice.Line(
      "Returned cable", quantityThousandths: 1500, unitPrice: euros(0, -35), taxRateThousandths: 0)
    #expect(credit.net == euros(0, -53))
  }

  @Test("D-03 D-04 D-05 D-06 discount lowers what is taxed, its shares add up, totals are exact")
  func totals() throws {
    let lines = [
      try Invoice.Line(
        "Support", quantityThousandths: 3000, unitPrice: euros(33, 33), taxRateThousandths: 23_000),
      try Invoice.Line(
        "Books", quantityThousandths: 1000, unitPrice: euros(10, 1), taxRateThousandths: 0),
      try Invoice.Line(
        "Heating", quantityThousandths: 1000, unitPrice: euros(20, 2), taxRateThousandths: 13_500),
    ]
    let totals = try InvoiceTotals(lines: lines, discount: euros(10, 0), currency: euro)
    #expect(totals.totalPrice == euros(130, 2))
    #expect(totals.taxes.map(\.rateThousandths) == [0, 13_500, 23_000])
    let taxable = try totals.taxes.map(\.taxable).sum(in: euro)
    #expect(taxable == euros(120, 2))
    #expect(totals.taxes.map(\.amount) == [euros(0, 0), euros(2, 49), euros(21, 23)])
    #expect(totals.grandTotal == euros(143, 74))
  }

  @Test("D-01 a currency without decimals is rounded to whole units")
  func yen() throws {
    let yen = try #require(Currency("JPY"))
    let line = try Invoice.Line(
      "Visit", quantityThousandths: 333, unitPrice: Money(minorUnits: 1000, yen),
      taxRateThousandths: 10_000)
    let totals = try InvoiceTotals(lines: [line], discount: .zero(yen), currency: yen)
    #expect(totals.grandTotal.minorUnits == 333 + 33)
  }

  @Test("D-06 a discount above the price is refused")
  func excessiveDiscount() {
    #expect(throws: InvoiceError.discountTooLarge) {
      try InvoiceTotals(lines: [], discount: euros(1, 0), currency: euro)
    }
  }

  @Test("D-08 the state follows from payments, overdue from the date")
  func state() throws {
    var invoice = try draft(net: euros(100, 0))
    #expect(try invoice.state == .draft)
    #expect(try invoice.due.isZero)
    try invoice.issue(number: "INV-2026-0001", on: day(2026, 3, 1), at: Instant(seconds: 0))
    #expect(try invoice.state == .issued)
    #expect(try !invoice.isOverdue(today: day(2026, 3, 31)))
    #expect(try invoice.isOverdue(today: day(2026, 4, 1)))
    try invoice.record(payment(euros(40, 0)))
    #expect(try invoice.state == .partiallyPaid)
    #expect(try invoice.due == euros(60, 0))
    try invoice.record(payment(euros(60, 0)))
    #expect(try invoice.state == .paid)
    #expect(try !invoice.isOverdue(today: day(2027, 1, 1)))
  }

  @Test(
    "D-08 D-15 X-25 what cannot happen: paying too much, in another currency, nothing, or a draft")
  func refusals() throws {
    var invoice = try draft(net: euros(10, 0))
    #expect(throws: InvoiceError.notIssued) { try invoice.record(payment(euros(1, 0))) }
    #expect(throws: InvoiceError.notIssued) { try invoice.void() }
    try invoice.issue(number: "INV-2026-0002", on: day(2026, 3, 1), at: Instant(seconds: 0))
    #expect(throws: InvoiceError.notDraft) {
      try invoice.issue(number: "INV-2026-0003", on: day(2026, 3, 1), at: Instant(seconds: 0))
    }
    #expect(throws: InvoiceError.tooMuch(due: euros(10, 0))) {
      try invoice.record(payment(euros(10, 1)))
    }
    #expect(throws: InvoiceError.notPositive) { try invoice.record(payment(euros(0, 0))) }
    let dollar = try #require(Currency("USD"))
    #expect(throws: InvoiceError.otherCurrency("EUR")) {
      try invoice.record(payment(Money(minorUnits: 1, dollar)))
    }
    try invoice.record(payment(euros(1, 0)))
    #expect(throws: InvoiceError.alreadyPaidOn) { try invoice.void() }
    try invoice.writeOff()
    #expect(try invoice.state == .uncollectible)
    try invoice.record(payment(euros(9, 0)))
    #expect(try invoice.state == .paid)
  }

  @Test("D-11 an invoice without lines takes no number")
  func noLines() throws {
    var invoice = try draft(net: euros(1, 0))
    invoice.lines = []
    #expect(throws: InvoiceError.noLines) { try invoice.checkIssue() }
  }
}

@Suite("Contracts")
struct ContractTests {
  @Test("D-23 periods are anchored on the start and clamped to month ends")
  func periods() throws {
    let contract = contract(
      from: try day(2026, 1, 31), to: nil,
      .recurring(cycle: .monthly, price: euros(10, 0)))
    let periods = contract.periods(of: .monthly, until: try day(2026, 4, 1))
    #expect(periods.map(\.start.description) == ["2026-01-31", "2026-02-28", "2026-03-31"])
    #expect(periods.last?.end.description == "2026-04-30")
  }

  @Test("S-162 S-170 active from the first to the last day")
  func status() throws {
    let contract = contract(
      from: try day(2026, 1, 1), to: try day(2026, 12, 31),
      .timeAndMaterials(hourlyRate: euros(90, 0)))
    #expect(contract.status(today: try day(2025, 12, 31)) == .upcoming)
    #expect(contract.status(today: try day(2026, 12, 31)) == .active)
    #expect(contract.status(today: try day(2027, 1, 1)) == .expired)
  }

  @Test("D-24 overuse is overage, not a negative rest")
  func overage() {
    let hours = PrepaidHours(purchasedMinutes: 600, consumedMinutes: 660)
    #expect(hours.remainingMinutes == 0)
    #expect(hours.overageMinutes == 60)
  }

  @Test("D-02 one currency a contract")
  func currencies() throws {
    let dollar = try #require(Currency("USD"))
    var contract = contract(
      from: try day(2026, 1, 1), to: nil, .timeAndMaterials(hourlyRate: euros(90, 0)))
    contract.setupFee = Money(minorUnits: 1, dollar)
    #expect(throws: ContractError.mixedCurrencies) { try contract.validate() }
  }

  private func contract(
    from start: CivilDate, to end: CivilDate?, _ terms: Contract.Terms
  ) -> Contract {
    Contract(
      id: "c", account: "acme", accountDisplayName: "Acme", timeZone: .gmt, displayName: "Care",
      referenceNumber: "", startDate: start, endDate: end, sla: "", setupFee: nil,
      isDefault: false, description: "", billingInformation: "", terms: terms,
      created: Instant(seconds: 0))
  }
}

let euro: Currency = {
  guard let euro = Currency("EUR") else { preconditionFailure("the currency table has EUR") }
  return euro
}()

func euros(_ major: Int64, _ cents: Int64) -> Money {
  Money(minorUnits: major * 100 + cents, euro)
}

func day(_ year: Int, _ month: Int, _ day: Int) throws -> CivilDate {
  try #require(CivilDate(year: year, month: month, day: day))
}

func payment(_ amount: Money) throws -> Invoice.Payment {
  Invoice.Payment(
    id: "p", amount: amount, date: try day(2026, 3, 5), method: "Bank transfer", reference: "")
}

/// A draft of one line without tax, due on 31 March 2026.
func draft(net: Money) throws -> Invoice {
  let line = try Invoice.Line(
    "Support", quantityThousandths: 1000, unitPrice: net, taxRateThousandths: 0)
  return Invoice(
    id: "i", account: "acme", accountDisplayName: "Acme", timeZone: .gmt, currency: euro,
    number: nil, phase: .draft, purchaseOrder: "", from: .init(), to: .init(), invoiceDate: nil,
    dueDate: try day(2026, 3, 31), salesRepresentative: "", project: "", notes: "", lines: [line],
    discount: euros(0, 0), payments: [],
    totals: try InvoiceTotals(lines: [line], discount: euros(0, 0), currency: euro), issued: nil,
    created: Instant(seconds: 0), version: 1)
}
