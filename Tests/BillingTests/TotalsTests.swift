import Testing
import Values

@testable import BillingService

@Suite("What random invoices add up to")
struct TotalsTests {
  /// Splitmix64: the same numbers on every run.
  struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  @Test(
    "D-03 D-04 D-05 D-06 sums are exact, the discount's shares add up to it, tax is near its exact value",
    arguments: ["EUR", "JPY", "KWD"])
  func property(code: String) throws {
    let currency = try #require(Currency(code))
    var dice = Dice(state: 42)
    for _ in 0..<500 {
      let rates: [Int32] = [0, 7_000, 13_500, 19_000, 100_000]
      let lines = try (0..<Int.random(in: 1...12, using: &dice)).map { _ in
        try Invoice.Line(
          "x", quantityThousandths: .random(in: 1...20_000, using: &dice),
          unitPrice: Money(minorUnits: .random(in: -300...100_000, using: &dice), currency),
          taxRateThousandths: rates.randomElement(using: &dice) ?? 0)
      }
      let net = lines.reduce(Int64(0)) { $0 + $1.net.minorUnits }
      let off = Money(minorUnits: .random(in: 0...max(0, net), using: &dice), currency)
      let totals = try InvoiceTotals(lines: lines, discount: off, currency: currency)
      #expect(totals.totalPrice.minorUnits == net)
      let tax = totals.taxes.reduce(Int64(0)) { $0 + $1.amount.minorUnits }
      #expect(totals.totalTax.minorUnits == tax)
      #expect(totals.grandTotal.minorUnits == net - off.minorUnits + tax)
      let taxable = totals.taxes.reduce(Int64(0)) { $0 + $1.taxable.minorUnits }
      #expect(taxable == net - off.minorUnits)
      for group in totals.taxes {
        // Exact tax in hundred-thousandths of a minor unit; rounding moves it by half a unit at most.
        let exact = group.taxable.minorUnits * Int64(group.rateThousandths)
        #expect(abs(group.amount.minorUnits * 100_000 - exact) <= 50_000)
      }
      #expect(totals.taxes.map(\.rateThousandths) == Set(lines.map(\.taxRateThousandths)).sorted())
    }
  }

  @Test("D-01 what is too large to reckon with is refused, not wrapped")
  func overflow() throws {
    let large = Money(minorUnits: .max / 2, euro)
    #expect(throws: InvoiceError.self) {
      try Invoice.Line(
        "x", quantityThousandths: 1_000_000_000, unitPrice: large, taxRateThousandths: 0)
    }
    let line = try Invoice.Line(
      "x", quantityThousandths: 1000, unitPrice: large, taxRateThousandths: 0)
    #expect(throws: InvoiceError.amount(.overflow)) {
      try InvoiceTotals(lines: [line], discount: .zero(euro), currency: euro)
    }
    #expect(throws: InvoiceError.amount(.overflow)) {
      try InvoiceTotals(lines: [line, line, line], discount: .zero(euro), currency: euro)
    }
  }
}
