import Foundation
import Values

/// The sums of an invoice. Lines are rounded one by one, sums are exact, tax is worked out once per
/// rate on the rounded sum after its share of the discount (D-03..D-06). Half rounds away from zero.
struct InvoiceTotals: Sendable, Hashable {
  struct Tax: Sendable, Hashable {
    var rateThousandths: Int32
    var taxable: Money
    var amount: Money
  }

  var totalPrice: Money
  var discount: Money
  var totalTax: Money
  var grandTotal: Money
  var taxes: [Tax]

  init(lines: [Invoice.Line], discount: Money, currency: Currency) throws(InvoiceError) {
    let totalPrice = try exact { () throws(MoneyError) in try lines.map(\.net).sum(in: currency) }
    guard discount.minorUnits >= 0, discount.minorUnits <= max(0, totalPrice.minorUnits) else {
      throw .discountTooLarge
    }
    let taxes = try Self.taxes(lines: lines, discount: discount, currency: currency)
    do {
      let totalTax = try taxes.map(\.amount).sum(in: currency)
      self.totalPrice = totalPrice
      self.discount = discount
      self.totalTax = totalTax
      self.taxes = taxes
      grandTotal = try totalPrice.subtracting(discount).adding(totalTax)
    } catch {
      throw .amount(error)
    }
    guard grandTotal.minorUnits.magnitude <= UInt64(Invoice.largestAmount),
      totalPrice.minorUnits.magnitude <= UInt64(Invoice.largestAmount)
    else { throw .amount(.overflow) }
  }

  /// One entry a rate, ascending. The discount is shared out over the rates by largest remainder,
  /// so that the shares add up to it exactly (D-04); it lowers the taxable amount (D-05).
  private static func taxes(
    lines: [Invoice.Line], discount: Money, currency: Currency
  ) throws(InvoiceError) -> [Tax] {
    let groups = Dictionary(grouping: lines, by: \.taxRateThousandths).sorted { $0.key < $1.key }
    do {
      var sums: [Money] = []
      for group in groups { sums.append(try group.value.map(\.net).sum(in: currency)) }
      let shares =
        discount.isZero
        ? sums.map { Money.zero($0.currency) }
        : try discount.split(over: sums.map { max(0, $0.minorUnits) })
      var taxes: [Tax] = []
      for (index, group) in groups.enumerated() {
        let taxable = try sums[index].subtracting(shares[index])
        let amount = try taxable.multiplied(by: Rational(Int64(group.key), over: 100_000))
        taxes.append(Tax(rateThousandths: group.key, taxable: taxable, amount: amount))
      }
      return taxes
    } catch {
      throw .amount(error)
    }
  }
}

extension Invoice.Line {
  /// A line whose net amount is quantity × unit price, rounded to the currency's exponent.
  init(
    _ description: String, quantityThousandths: Int64, unitPrice: Money, taxRateThousandths: Int32
  ) throws(InvoiceError) {
    self.description = description
    self.quantityThousandths = quantityThousandths
    self.unitPrice = unitPrice
    self.taxRateThousandths = taxRateThousandths
    net = try exact { () throws(MoneyError) in
      try unitPrice.multiplied(by: Rational(quantityThousandths, over: 1000))
    }
  }
}
