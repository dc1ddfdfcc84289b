/// An exact fraction: quantities (`2.5` = 5/2), rates (`19 %` = 19/100), durations in hours.
public struct Rational: Hashable, Sendable {
  public let numerator: Int64
  /// Always positive.
  public let denominator: Int64

  public init(_ numerator: Int64, over denominator: Int64 = 1) throws(MoneyError) {
    guard denominator != 0 else { throw .divisionByZero }
    let divisor = Self.commonDivisor(numerator.magnitude, denominator.magnitude)
    let top = numerator.magnitude / divisor
    let bottom = denominator.magnitude / divisor
    guard top <= Int64.max.magnitude, bottom <= Int64.max.magnitude else { throw .overflow }
    let isNegative = (numerator < 0) != (denominator < 0)
    self.numerator = isNegative ? -Int64(top) : Int64(top)
    self.denominator = Int64(bottom)
  }

  /// Reads `-12`, `2.5`, `0.125`: a sign, digits, at most one point with digits after it.
  public init?(decimal text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else { return nil }
    let isNegative = first.hasPrefix("-")
    let whole = String(first.dropFirst(isNegative ? 1 : 0))
    let fraction = parts.count == 2 ? String(parts[1]) : "0"
    guard !whole.isEmpty, !fraction.isEmpty, fraction.count <= 18,
      (whole + fraction).utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let digits = Int64(isNegative ? "-\(whole)\(fraction)" : "\(whole)\(fraction)")
    else { return nil }
    let scale = (0..<fraction.count).reduce(into: Int64(1)) { power, _ in power *= 10 }
    do { try self.init(digits, over: scale) } catch { return nil }
  }

  /// A billed duration: whole minutes rounded up to the increment, at least the minimum (D-07). The
  /// only rounding of time there is; the price per hour multiplies the exact result.
  public static func hours(
    ofMinutes minutes: Int64, increment: Int64 = 1, minimum: Int64 = 0
  ) throws(MoneyError) -> Rational {
    guard increment > 0 else { throw .divisionByZero }
    guard minutes > 0 else { return try Rational(0) }
    let due = max(minutes, minimum)
    let (steps, rest) = due.quotientAndRemainder(dividingBy: increment)
    let (billed, overflow) = (rest == 0 ? steps : steps + 1).multipliedReportingOverflow(
      by: increment)
    guard !overflow else { throw .overflow }
    return try Rational(billed, over: 60)
  }

  /// The nearest whole number, half away from zero.
  public func rounded() throws(MoneyError) -> Int64 {
    try Self.roundedQuotient(numerator.multipliedFullWidth(by: 1), by: denominator)
  }

  /// A 128-bit dividend over a positive divisor, rounded half away from zero.
  static func roundedQuotient(
    _ dividend: (high: Int64, low: UInt64), by divisor: Int64
  ) throws(MoneyError) -> Int64 {
    let isNegative = dividend.high < 0
    var high = UInt64(bitPattern: dividend.high)
    var low = dividend.low
    if isNegative {
      (low, high) = (~low &+ 1, ~high &+ (low == 0 ? 1 : 0))
    }
    let unit = divisor.magnitude
    guard high < unit else { throw .overflow }
    let (quotient, remainder) = unit.dividingFullWidth((high, low))
    // remainder >= unit - remainder is 2 * remainder >= unit without the doubling that overflows.
    let roundsUp = remainder >= unit - remainder
    let (magnitude, overflow) = quotient.addingReportingOverflow(roundsUp ? 1 : 0)
    guard !overflow, magnitude <= Int64.max.magnitude else { throw .overflow }
    return isNegative ? -Int64(magnitude) : Int64(magnitude)
  }

  private static func commonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return max(a, 1)
  }
}
