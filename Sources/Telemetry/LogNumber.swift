/// A number in a record's metadata that JSON has as a number: `"ms":3.125`.
public struct LogNumber: Sendable, CustomStringConvertible {
  public let description: String

  public init(_ value: some BinaryInteger & Sendable) { description = "\(value)" }

  /// Milliseconds with three digits behind the point.
  public init(milliseconds duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let microseconds = attoseconds / 1_000_000_000_000
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let milliseconds = overflow ? Int64.max / 2 : whole
    let digits = String(1000 + abs(microseconds) % 1000).dropFirst()
    description = "\(max(0, milliseconds + microseconds / 1000)).\(digits)"
  }
}
