import Foundation

extension CivilDate {
  /// The day an instant falls on in a time zone: "today" is `CivilDate(clock.now, in: account.zone)`.
  /// Instants outside the years 1 to 9999 clamp to the calendar's ends.
  public init(_ instant: Instant, in zone: TimeZone) {
    let offset = zone.secondsFromGMT(for: instant.date)
    let seconds = Self.floorDivide(instant.microseconds, by: 1_000_000)
    let local = Int(seconds) + offset
    let days = Int(Self.floorDivide(Int64(local), by: 86_400))
    self = CivilDate(daysSinceEpoch: days) ?? (days < 0 ? Self.earliest : Self.latest)
  }

  /// The first instant of this day in a zone: midnight, or the first moment after a clock change
  /// that skips midnight.
  public func start(in zone: TimeZone) -> Instant {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let noonUTC = Double(daysSinceEpoch) * 86_400 + 43_200
    let noon = noonUTC - Double(zone.secondsFromGMT(for: Date(timeIntervalSince1970: noonUTC)))
    let start = calendar.startOfDay(for: Date(timeIntervalSince1970: noon))
    return Instant(seconds: Int64(start.timeIntervalSince1970))
  }

  public static let earliest = CivilDate(unchecked: 1, 1, 1)
  public static let latest = CivilDate(unchecked: 9999, 12, 31)

  private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
