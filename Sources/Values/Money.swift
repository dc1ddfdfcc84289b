/// Why an amount could not be computed. Nothing rounds or wraps instead.
public enum MoneyError: Error, Hashable, Sendable {
  /// Two currencies in one sum (D-02).
  case mixedCurrencies(String, String)
  /// The result does not fit 64 bits of minor units.
  case overflow
  /// A quantity or rate with a denominator of zero.
  case divisionByZero
  /// A split over weights that are negative or sum to nothing.
  case invalidWeights
}

/// An amount in minor units of one currency (D-01). Arithmetic is exact; the places that round say so.
public struct Money: Hashable, Sendable {
  /// Cents for EUR, yen for JPY, fils for KWD.
  public let minorUnits: Int64
  public let currency: Currency

  public init(minorUnits: Int64, _ currency: Currency) {
    self.minorUnits = minorUnits
    self.currency = currency
  }

  public static func zero(_ currency: Currency) -> Money { Money(minorUnits: 0, currency) }

  public var isZero: Bool { minorUnits == 0 }
  public var isNegative: Bool { minorUnits < 0 }

  public func adding(_ other: Money) throws(MoneyError) -> Money {
    try combined(with: other, minorUnits.addingReportingOverflow(other.minorUnits))
  }

  public func subtracting(_ other: Money) throws(MoneyError) -> Money {
    try combined(with: other, minorUnits.subtractingReportingOverflow(other.minorUnits))
  }

  public func negated() throws(MoneyError) -> Money {
    try Money.zero(currency).subtracting(self)
  }

  /// This amount times an exact quantity, rounded once, half up away from zero (D-03).
  public func multiplied(by quantity: Rational) throws(MoneyError) -> Money {
    let product = minorUnits.multipliedFullWidth(by: quantity.numerator)
    let units = try Rational.roundedQuotient(product, by: quantity.denominator)
    return Money(minorUnits: units, currency)
  }

  /// Which of two amounts of one currency is smaller.
  public func isLess(than other: Money) throws(MoneyError) -> Bool {
    guard currency == other.currency else {
      throw .mixedCurrencies(currency.code, other.currency.code)
    }
    return minorUnits < other.minorUnits
  }

  private func combined(
    with other: Money, _ result: (partialValue: Int64, overflow: Bool)
  ) throws(MoneyError) -> Money {
    guard currency == other.currency else {
      throw .mixedCurrencies(currency.code, other.currency.code)
    }
    guard !result.overflow else { throw .overflow }
    return Money(minorUnits: result.partialValue, currency)
  }
}

extension Sequence<Money> {
  /// The exact sum of already rounded amounts (D-03); `currency` names the sum of none.
  public func sum(in currency: Currency) throws(MoneyError) -> Money {
    var total = Money.zero(currency)
    for amount in self { total = try total.adding(amount) }
    return total
  }
}

extension Money: CustomStringConvertible {
  /// `EUR 1234.50`: for logs and tests. Pages print by locale.
  public var description: String {
    let magnitude = minorUnits.magnitude
    let unit = currency.minorUnitsPerMajor.magnitude
    let sign = minorUnits < 0 ? "-" : ""
    guard currency.decimals > 0 else { return "\(currency) \(sign)\(magnitude)" }
    let fraction = String(magnitude % unit)
    let zeros = String(repeating: "0", count: currency.decimals - fraction.count)
    return "\(currency) \(sign)\(magnitude / unit).\(zeros)\(fraction)"
  }
}
