import RPC
import Values
import WellKnown

extension GoogleProtobuf.Timestamp {
  public init(_ instant: Instant) {
    let (seconds, micros) = instant.microseconds.flooredDivision(by: 1_000_000)
    self.init(seconds: seconds, nanos: Int32(micros * 1000))
  }
}

extension Instant {
  /// To the microsecond, downwards.
  /// - Throws: INVALID_ARGUMENT for nanoseconds outside a second or an instant outside the years 1 to 9999.
  public init(_ timestamp: GoogleProtobuf.Timestamp, field: String) throws(Status) {
    guard (0..<1_000_000_000).contains(timestamp.nanos),
      (-62_135_596_800...253_402_300_799).contains(timestamp.seconds)
    else { throw .invalid(field, "is not a time between the years 1 and 9999") }
    self.init(microseconds: timestamp.seconds * 1_000_000 + Int64(timestamp.nanos) / 1000)
  }
}

extension GoogleProtobuf.Duration {
  /// Saturates at the ±10,000 years that the message allows.
  public init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let limit: Int64 = 315_576_000_000
    let clamped = min(max(seconds, -limit), limit)
    self.init(seconds: clamped, nanos: clamped == seconds ? Int32(attoseconds / 1_000_000_000) : 0)
  }
}

extension Duration {
  /// - Throws: INVALID_ARGUMENT for parts out of range or of different signs.
  public init(_ message: GoogleProtobuf.Duration, field: String) throws(Status) {
    let (seconds, nanos) = (message.seconds, message.nanos)
    let isConsistent = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0)
    guard isConsistent, (-999_999_999...999_999_999).contains(nanos),
      (-315_576_000_000...315_576_000_000).contains(seconds)
    else { throw .invalid(field, "is not a duration") }
    self = .seconds(seconds) + .nanoseconds(Int64(nanos))
  }
}

extension GoogleType.Date {
  public init(_ date: CivilDate) {
    self.init(year: Int32(date.year), month: Int32(date.month), day: Int32(date.day))
  }
}

extension CivilDate {
  /// - Throws: INVALID_ARGUMENT unless it is a whole date of the calendar.
  public init(_ message: GoogleType.Date, field: String) throws(Status) {
    guard
      let date = CivilDate(
        year: Int(message.year), month: Int(message.month), day: Int(message.day))
    else { throw .invalid(field, "is not a date") }
    self = date
  }
}

extension GoogleType.Money {
  public init(_ money: Money) {
    let perMajor = money.currency.minorUnitsPerMajor
    let (units, rest) = money.minorUnits.quotientAndRemainder(dividingBy: perMajor)
    self.init(
      currencyCode: money.currency.code, units: units,
      nanos: Int32(rest * (1_000_000_000 / perMajor)))
  }
}

extension Money {
  /// - Throws: INVALID_ARGUMENT for an unknown currency, parts of different signs, an amount finer than the
  ///   currency's smallest unit, or one too large.
  public init(_ message: GoogleType.Money, field: String) throws(Status) {
    guard let currency = Currency(message.currencyCode) else {
      throw .invalid("\(field).currency_code", "is not a currency")
    }
    let nanosPerMinor = 1_000_000_000 / currency.minorUnitsPerMajor
    let nanos = Int64(message.nanos)
    let isConsistent = message.units == 0 || nanos == 0 || (message.units < 0) == (nanos < 0)
    guard isConsistent, (-999_999_999...999_999_999).contains(nanos) else {
      throw .invalid(field, "is not an amount of money")
    }
    guard nanos % nanosPerMinor == 0 else {
      throw .invalid(field, "has more decimals than \(currency.code) has")
    }
    let (major, overflow) = message.units.multipliedReportingOverflow(
      by: currency.minorUnitsPerMajor)
    let (sum, overflow2) = major.addingReportingOverflow(nanos / nanosPerMinor)
    guard !overflow, !overflow2 else { throw .invalid(field, "is too large") }
    self.init(minorUnits: sum, currency)
  }
}

extension Int64 {
  /// Quotient and remainder with the remainder never negative.
  fileprivate func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
