/// `grpc-timeout`: one to eight digits and a unit of H, M, S, m, u, n.
enum Timeout {
  private static let units: [(letter: UInt8, nanoseconds: Int64)] = [
    (UInt8(ascii: "n"), 1), (UInt8(ascii: "u"), 1_000), (UInt8(ascii: "m"), 1_000_000),
    (UInt8(ascii: "S"), 1_000_000_000), (UInt8(ascii: "M"), 60_000_000_000),
    (UInt8(ascii: "H"), 3_600_000_000_000),
  ]

  /// Nil when the text is not a timeout. Saturates; "99999999H" is a long time and no overflow.
  static func parse(_ text: some Collection<UInt8>) -> Duration? {
    guard (2...9).contains(text.count) else { return nil }
    let digits = text.dropLast()
    guard let letter = text.suffix(1).first,
      let unit = units.first(where: { $0.letter == letter }),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    let amount = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    let (nanoseconds, overflow) = amount.multipliedReportingOverflow(by: unit.nanoseconds)
    return .nanoseconds(overflow ? Int64.max : nanoseconds)
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
