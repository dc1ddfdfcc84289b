/// `google.protobuf.Timestamp` and `Duration` as JSON spells them.
enum JSONTime {
  /// Whole seconds since 1970 and nanoseconds 0..<1e9.
  struct Stamp: Hashable {
    var seconds: Int64
    var nanos: Int32
  }

  static let stampRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
  static let durationLimit: Int64 = 315_576_000_000

  /// RFC 3339 in UTC with 0, 3, 6 or 9 digits; nil outside of years 1 to 9999.
  static func text(_ stamp: Stamp) -> String? {
    var text = ""
    return spell(stamp) { text = String(decoding: $0, as: UTF8.self) } ? text : nil
  }

  /// Gives `body` the same as bytes; false, and no call, outside of years 1 to 9999.
  static func spell(_ stamp: Stamp, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    guard stampRange.contains(stamp.seconds), (0..<1_000_000_000).contains(stamp.nanos) else {
      return false
    }
    let (quotient, remainder) = Int(stamp.seconds).quotientAndRemainder(dividingBy: 86400)
    let days = remainder < 0 ? quotient - 1 : quotient
    let second = Int(stamp.seconds) - days * 86400
    let (year, month, day) = civil(fromDays: days)
    withUnsafeTemporaryAllocation(byteCount: 30, alignment: 1) { room in
      var digits = Digits(room: room)
      digits.put(year, 4, then: "-")
      digits.put(month, 2, then: "-")
      digits.put(day, 2, then: "T")
      digits.put(second / 3600, 2, then: ":")
      digits.put(second / 60 % 60, 2, then: ":")
      digits.put(second % 60, 2, then: stamp.nanos == 0 ? "Z" : ".")
      switch Int(stamp.nanos) {
      case 0: break
      case let nanos where nanos % 1_000_000 == 0: digits.put(nanos / 1_000_000, 3, then: "Z")
      case let nanos where nanos % 1000 == 0: digits.put(nanos / 1000, 6, then: "Z")
      case let nanos: digits.put(nanos, 9, then: "Z")
      }
      body(UnsafeRawBufferPointer(rebasing: room[..<digits.count]))
    }
    return true
  }

  /// Numbers with leading zeros, one after the other.
  private struct Digits {
    let room: UnsafeMutableRawBufferPointer
    var count = 0

    mutating func put(_ number: Int, _ width: Int, then separator: Unicode.Scalar) {
      var rest = number
      for place in (count..<(count + width)).reversed() {
        room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      room[count + width] = UInt8(ascii: separator)
      count += width + 1
    }
  }

  /// RFC 3339 with any offset and up to nine digits of a second.
  static func stamp(_ text: String) -> Stamp? {
    var scanner = Scanner(text)
    guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2),
      scanner.skip("-"), let day = scanner.digits(2), scanner.skip("T") || scanner.skip("t"),
      let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2),
      scanner.skip(":"), let second = scanner.digits(2), let nanos = scanner.fraction(),
      let offset = scanner.offset(), scanner.isAtEnd,
      (1...12).contains(month), (1...daysIn(month, year)).contains(day), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    let seconds = Int64(days * 86400 + hour * 3600 + minute * 60 + second - offset)
    guard stampRange.contains(seconds) else { return nil }
    return Stamp(seconds: seconds, nanos: nanos)
  }

  /// `1.5s`, `-0.250s`, with 0, 3, 6 or 9 digits; nil for values that are no Duration.
  static func text(seconds: Int64, nanos: Int32) -> String? {
    guard (-durationLimit...durationLimit).contains(seconds), abs(Int(nanos)) < 1_000_000_000,
      seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0)
    else { return nil }
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(fraction(Int32(nanos.magnitude)))s"
  }

  static func duration(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard text.hasSuffix("s") else { return nil }
    var scanner = Scanner(String(text.dropLast()))
    let isNegative = scanner.skip("-")
    guard let seconds = scanner.digits(1...12), let nanos = scanner.fraction(), scanner.isAtEnd,
      Int64(seconds) < durationLimit || (Int64(seconds) == durationLimit && nanos == 0)
    else { return nil }
    return isNegative ? (-Int64(seconds), -nanos) : (Int64(seconds), nanos)
  }

  // MARK: Calendar, proleptic Gregorian

  /// Days since 1970-01-01.
  static func days(year: Int, month: Int, day: Int) -> Int {
    // Years counted from March put the leap day last.
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func daysIn(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  // MARK: Digits

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// "", ".123", ".123456" or ".123456789", the shortest that is exact.
  private static func fraction(_ nanos: Int32) -> String {
    switch Int(nanos) {
    case 0: ""
    case let nanos where nanos % 1_000_000 == 0: "." + padded(nanos / 1_000_000, 3)
    case let nanos where nanos % 1000 == 0: "." + padded(nanos / 1000, 6)
    case let nanos: "." + padded(nanos, 9)
    }
  }

  private struct Scanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) { rest = Array(text.utf8)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func digits(_ count: Int) -> Int? { digits(count...count) }

    /// A run of digits; nil when there are fewer or more than allowed.
    mutating func digits(_ count: ClosedRange<Int>) -> Int? {
      let run = rest.prefix(count.upperBound).prefix { (0x30...0x39).contains($0) }
      guard count.contains(run.count) else { return nil }
      rest.removeFirst(run.count)
      return run.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Nanoseconds from a fraction, 0 when there is none, nil when it is broken.
    mutating func fraction() -> Int32? {
      guard skip(".") else { return 0 }
      let before = rest.count
      guard var value = digits(1...9) else { return nil }
      for _ in (before - rest.count)..<9 { value *= 10 }
      return Int32(value)
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
      if skip("Z") || skip("z") { return 0 }
      let isWest = rest.first == UInt8(ascii: "-")
      guard skip("+") || skip("-"), let hours = digits(2), skip(":"), let minutes = digits(2),
        hours < 24, minutes < 60
      else { return nil }
      return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
  }
}
