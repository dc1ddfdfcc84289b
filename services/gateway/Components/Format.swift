import Foundation
import Values

extension UI {
  enum TimeStyle: String, Sendable {
    /// `5 minutes ago`, up to 7 days away; then the date.
    case relative
    /// `4 May 2026, 14:05`
    case absolute
    /// `4 May 2026`
    case day
  }

  /// A moment. The server writes it in `zone`; a script puts it into the browser's own zone. The exact
  /// time with its zone is in the title (U-19).
  static func time(
    _ instant: Instant, now: Instant, zone: TimeZone = .gmt, style: TimeStyle = .relative
  ) -> HTML {
    let stamp = CalendarStamp(instant, zone: zone)
    let day = stamp.day
    let moment = "\(day), \(stamp.clock)"
    let text =
      switch style {
      case .relative: relative(instant, now: now) ?? day
      case .absolute: moment
      case .day: day
      }
    return """
      <time datetime="\(CalendarStamp(instant, zone: .gmt).iso)Z" data-style="\(style.rawValue)" \
      title="\(moment) \(stamp.zoneName)">\(text)</time>
      """
  }

  /// A civil date (due, start, end): the same day in every zone, so no script touches it.
  static func date(_ date: CivilDate) -> HTML {
    "<time datetime=\"\(date.description)\">\(dayText(date))</time>"
  }

  /// `4 May 2026`
  static func dayText(_ date: CivilDate) -> String {
    "\(date.day) \(CalendarStamp.months[date.month - 1]) \(date.year)"
  }

  /// `just now`, `5 minutes ago`, `in 3 days`; nil from 7 days on.
  static func relative(_ instant: Instant, now: Instant) -> String? {
    let seconds = (instant - now).components.seconds
    let distance = abs(seconds)
    if distance < 45 { return "just now" }
    guard distance < 604_800 else { return nil }
    let (count, unit): (Int64, String) =
      switch distance {
      case ..<3570: (max(1, (distance + 30) / 60), "minute")
      case ..<84_600: ((distance + 1800) / 3600, "hour")
      default: ((distance + 43_200) / 86_400, "day")
      }
    let words = "\(count) \(unit)\(count == 1 ? "" : "s")"
    return seconds < 0 ? "\(words) ago" : "in \(words)"
  }

  /// A length of time in its two largest units: `2 d 4 h`, `35 min`.
  static func duration(minutes: Int64) -> HTML {
    let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60)
    let text =
      if days > 0 {
        hours > 0 ? "\(days) d \(hours) h" : "\(days) d"
      } else if hours > 0 {
        rest > 0 ? "\(hours) h \(rest) min" : "\(hours) h"
      } else {
        "\(rest) min"
      }
    return "<span class=\"amount\">\(text)</span>"
  }

  /// `€1,234.50`, `−US$20.00`, `¥900`, `KWD 1.250`: the currency is always shown (U-20).
  static func money(_ money: Money) -> HTML {
    "<span class=\"amount\">\(moneyText(money))</span>"
  }

  static func moneyText(_ money: Money) -> String {
    let decimals = money.currency.decimals
    let symbol =
      switch money.currency.code {
      case "EUR": "€"
      case "GBP": "£"
      case "USD": "US$"
      case "JPY": "¥"
      default: money.currency.code + "\u{A0}"
      }
    var digits = String(money.minorUnits.magnitude)
    digits = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let fraction = decimals == 0 ? "" : "." + digits.suffix(decimals)
    return (money.isNegative ? "−" : "") + symbol + grouped(digits.dropLast(decimals)) + fraction
  }

  /// `12,345`
  static func grouped(_ digits: some StringProtocol) -> String {
    var out = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { out.append(",") }
      out.append(digit)
    }
    return out
  }

  /// `0 bytes`, `12 KB`, `3.4 MB`: powers of 1,000, as file managers show them.
  static func fileSize(_ bytes: Int64) -> String {
    guard bytes >= 1000 else { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
    var tenths = (bytes + 50) / 100
    for unit in ["KB", "MB", "GB"] {
      if tenths < 9995 || unit == "GB" {
        return tenths < 100
          ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\((tenths + 5) / 10) \(unit)"
      }
      tenths = (tenths + 500) / 1000
    }
    return "\(bytes) bytes"
  }

  fileprivate static func padded(_ number: Int) -> String {
    number < 10 ? "0\(number)" : String(number)
  }
}

/// A moment on the calendar of one zone, by arithmetic: a page formats hundreds.
struct CalendarStamp {
  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  let date: CivilDate
  let secondOfDay: Int
  let zoneName: String

  init(_ instant: Instant, zone: TimeZone) {
    let offset = zone.secondsFromGMT(for: instant.date)
    // Rounded down, so that a moment before 1970 keeps its day.
    let (second, rest) = instant.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let local = Int(second) - (rest < 0 ? 1 : 0) + offset
    secondOfDay = ((local % 86_400) + 86_400) % 86_400
    let days = (local - secondOfDay) / 86_400
    date = CivilDate(daysSinceEpoch: days) ?? (days < 0 ? .earliest : .latest)
    let (hours, minutes) = (abs(offset) / 3600, abs(offset) % 3600 / 60)
    zoneName =
      offset == 0
      ? "UTC"
      : "UTC\(offset < 0 ? "−" : "+")\(hours)\(minutes == 0 ? "" : ":\(UI.padded(minutes))")"
  }

  var day: String { UI.dayText(date) }
  var clock: String { "\(UI.padded(secondOfDay / 3600)):\(UI.padded(secondOfDay % 3600 / 60))" }
  /// `2026-05-04T14:05:09`
  var iso: String { "\(date)T\(clock):\(UI.padded(secondOfDay % 60))" }
}
