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
    let text =
      switch style {
      case .relative: relative(instant, now: now) ?? stamp.day
      case .absolute: "\(stamp.day), \(stamp.clock)"
      case .day: stamp.day
      }
    return """
      <time datetime="\(CalendarStamp(instant, zone: .gmt).iso)Z" data-style="\(style.rawValue)" \
      title="\(stamp.day), \(stamp.clock) \(stamp.zoneName)">\(text)</time>
      """
  }

  /// A civil date (due, start, end): the same day in every zone, so no script touches it.
  static func date(year: Int, month: Int, day: Int) -> HTML {
    let iso = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    return
      "<time datetime=\"\(iso)\">\(day) \(CalendarStamp.months[(month - 1) % 12]) \(year)</time>"
  }

  /// `just now`, `5 minutes ago`, `in 3 days`; nil from 7 days on.
  static func relative(_ instant: Instant, now: Instant) -> String? {
    let seconds = (instant.microseconds - now.microseconds) / 1_000_000
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

  /// Money in minor units of an ISO 4217 currency: `€1,234.50`, `−US$20.00`, `¥900`, `KWD 1.250`.
  static func money(minorUnits: Int64, currency: String) -> HTML {
    "<span class=\"amount\">\(moneyText(minorUnits: minorUnits, currency: currency))</span>"
  }

  static func moneyText(minorUnits: Int64, currency: String) -> String {
    let digits =
      switch currency {
      case "JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "PYG": 0
      case "KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD": 3
      default: 2
      }
    let symbol =
      switch currency {
      case "EUR": "€"
      case "GBP": "£"
      case "USD": "US$"
      case "JPY": "¥"
      default: currency + "\u{A0}"
      }
    var number = String(minorUnits.magnitude)
    while number.count <= digits { number = "0" + number }
    let whole = grouped(number.dropLast(digits))
    let fraction = digits == 0 ? "" : "." + number.suffix(digits)
    return (minorUnits < 0 ? "−" : "") + symbol + whole + fraction
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

  fileprivate static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// The fields of a moment on the calendar of one zone, by arithmetic: a page formats hundreds.
struct CalendarStamp {
  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  let year: Int
  let month: Int
  let dayOfMonth: Int
  let secondOfDay: Int
  let zoneName: String

  init(_ instant: Instant, zone: TimeZone) {
    let seconds = Int((Double(instant.microseconds) / 1_000_000).rounded(.down))
    let offset = zone.secondsFromGMT(for: instant.date)
    let local = seconds + offset
    secondOfDay = ((local % 86_400) + 86_400) % 86_400
    // Days since 0000-03-01, so that leap days end a year.
    let days = (local - secondOfDay) / 86_400 + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    dayOfMonth = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let sign = offset < 0 ? "−" : "+"
    let (hours, minutes) = (abs(offset) / 3600, abs(offset) % 3600 / 60)
    zoneName =
      offset == 0 ? "UTC" : "UTC\(sign)\(hours)\(minutes == 0 ? "" : ":\(UI.padded(minutes, 2))")"
  }

  var day: String { "\(dayOfMonth) \(Self.months[month - 1]) \(year)" }
  var clock: String {
    "\(UI.padded(secondOfDay / 3600, 2)):\(UI.padded(secondOfDay % 3600 / 60, 2))"
  }
  /// `2026-05-04T14:05:09`
  var iso: String {
    "\(UI.padded(year, 4))-\(UI.padded(month, 2))-\(UI.padded(dayOfMonth, 2))T\(clock)"
      + ":\(UI.padded(secondOfDay % 60, 2))"
  }
}
