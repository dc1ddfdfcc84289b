import Foundation
import Values
import WellKnown

/// The value of a `datetime-local` input: a wall-clock time in the zone that pages write times in.
enum LocalTime {
  /// `2026-05-04T14:05`, "" for none.
  static func text(_ timestamp: GoogleProtobuf.Timestamp?, in zone: TimeZone) -> String {
    guard let instant = Instant(timestamp) else { return "" }
    return String(CalendarStamp(instant, zone: zone).iso.prefix(16))
  }

  /// The moment of a typed time; nil for what is no time. One that the clock skips is read as shortly after.
  static func instant(_ text: String, in zone: TimeZone) -> Instant? {
    let parts = text.split(separator: "T", maxSplits: 1)
    guard parts.count == 2, let day = CivilDate(parts[0]) else { return nil }
    let clock = parts[1].split(separator: ":").map { Int($0) }
    guard clock.count == 2 || clock.count == 3, let hour = clock[0], let minute = clock[1],
      (0..<24).contains(hour), (0..<60).contains(minute)
    else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let components = DateComponents(
      year: day.year, month: day.month, day: day.day, hour: hour, minute: minute)
    guard let date = calendar.date(from: components) else { return nil }
    return Instant(seconds: Int64(date.timeIntervalSince1970.rounded()))
  }

  /// `Europe/Berlin`, for the hint beside such a field.
  static func hint(_ zone: TimeZone) -> String { "In the time of \(zone.identifier)." }
}
