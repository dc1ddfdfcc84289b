import Foundation
import Synchronization
import Values

/// `Sat, 21 Nov 2026 22:00:47 GMT`, made once a second.
enum HTTPDate {
  private static let last = Mutex<(second: Int64, text: String)>((.min, ""))

  static func text(_ now: Instant) -> String {
    let second = now.microseconds / 1_000_000
    return last.withLock { last in
      if last.second != second { last = (second, format(second)) }
      return last.text
    }
  }

  private static func format(_ second: Int64) -> String {
    var time = time_t(second)
    var parts = tm()
    gmtime_r(&time, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ value: CInt) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
      + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
