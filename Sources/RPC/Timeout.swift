/// `grpc-timeout`: one to eight digits and a unit of H, M, S, m, u, n.
package enum Timeout {
  private static let units: [(letter: UInt8, nanoseconds: Int64)] = [
    (UInt8(ascii: "n"), 1), (UInt8(ascii: "u"), 1_000), (UInt8(ascii: "m"), 1_000_000),
    (UInt8(ascii: "S"), 1_000_000_000), (UInt8(ascii: "M"), 60_000_000_000),
    (UInt8(ascii: "H"), 3_600_000_000_000),
  ]

  /// Nil when the text is not a timeout. Saturates; "99999999H" is a long time and no overflow.
  package static func parse(_ text: some Collection<UInt8>) -> Duration? {
    nanoseconds(text).map { .nanoseconds($0) }
  }

  /// The same in nanoseconds: a `Duration` counts in 128 bits.
  static func nanoseconds(_ text: some Collection<UInt8>) -> Int64? {
    guard (2...9).contains(text.count) else { return nil }
    var amount: Int64 = 0
    var rest = text.count
    for byte in text {
      rest -= 1
      guard rest > 0 else {
        guard let unit = nanoseconds(unit: byte) else { return nil }
        let (nanoseconds, overflow) = amount.multipliedReportingOverflow(by: unit)
        return overflow ? .max : nanoseconds
      }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      amount = amount * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return nil
  }

  private static func nanoseconds(unit letter: UInt8) -> Int64? {
    switch letter {
    case UInt8(ascii: "n"): 1
    case UInt8(ascii: "u"): 1_000
    case UInt8(ascii: "m"): 1_000_000
    case UInt8(ascii: "S"): 1_000_000_000
    case UInt8(ascii: "M"): 60_000_000_000
    case UInt8(ascii: "H"): 3_600_000_000_000
    default: nil
    }
  }

  /// The finest unit whose amount has at most eight digits, rounded down so that the deadline never grows.
  static func format(_ duration: Duration) -> String {
    let nanoseconds = max(0, Int64(clampedNanoseconds: duration))
    for unit in units where nanoseconds / unit.nanoseconds <= 99_999_999 {
      return "\(nanoseconds / unit.nanoseconds)" + String(UnicodeScalar(unit.letter))
    }
    return "99999999H"
  }
}
