extension Money {
  /// Splits this amount over weights so that the parts sum to the whole (D-04): each part is its
  /// share rounded towards zero, and the units left go one each to the largest remainders, the
  /// earlier part first when two are equal.
  public func split(over weights: [Int64]) throws(MoneyError) -> [Money] {
    var total: Int64 = 0
    for weight in weights {
      let (sum, overflow) = total.addingReportingOverflow(weight)
      guard weight >= 0 else { throw .invalidWeights }
      guard !overflow else { throw .overflow }
      total = sum
    }
    guard total > 0 else { throw .invalidWeights }

    var parts: [UInt64] = []
    var remainders: [UInt64] = []
    for weight in weights {
      let share = minorUnits.magnitude.multipliedFullWidth(by: weight.magnitude)
      let (quotient, remainder) = total.magnitude.dividingFullWidth(share)
      parts.append(quotient)
      remainders.append(remainder)
    }
    let left = Int(minorUnits.magnitude - parts.reduce(0, +))
    let byRemainder = remainders.indices.sorted {
      (remainders[$1], $0) < (remainders[$0], $1)
    }
    for index in byRemainder.prefix(left) { parts[index] += 1 }

    var amounts: [Money] = []
    for part in parts {
      guard let units = Int64(exactly: part) else { throw .overflow }
      amounts.append(Money(minorUnits: isNegative ? -units : units, currency))
    }
    return amounts
  }
}
