import Logging
import Values

/// A line of JSON as it is spelled, in UTF-8. What could break a line or move a terminal's cursor is escaped.
struct JSONLine {
  private var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  var finished: String { String(decoding: bytes, as: UTF8.self) }
  /// The same, as it goes to a file.
  var finishedBytes: [UInt8] { bytes }

  /// Text that is JSON already.
  mutating func raw(_ text: String) { text.withBytes { bytes.append(contentsOf: $0) } }

  /// The same for what is written in our code.
  mutating func raw(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// A number that is not negative, with leading zeros up to `digits`.
  mutating func number(_ number: Int, digits: Int) {
    magnitude(UInt64(clamping: number), digits: digits)
  }

  mutating func number(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    magnitude(number.magnitude, digits: 1)
  }

  private mutating func magnitude(_ number: UInt64, digits: Int) {
    var divisor: UInt64 = 1
    var width = 1
    while width < digits || number / divisor >= 10 {
      divisor *= 10
      width += 1
    }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// With three digits behind the point, and nothing below zero.
  mutating func milliseconds(_ duration: Duration) {
    let microseconds = max(0, duration.wholeMicroseconds)
    number(Int(microseconds / 1000), digits: 1)
    bytes.append(UInt8(ascii: "."))
    number(Int(microseconds % 1000), digits: 3)
  }

  /// A JSON string.
  mutating func text(_ text: String) {
    bytes.append(0x22)
    // Nearly every text is plain ASCII and is copied as it stands.
    let isPlain = text.withBytes { utf8 in
      guard utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
        return false
      }
      bytes.append(contentsOf: utf8)
      return true
    }
    if !isPlain { for scalar in text.unicodeScalars { self.scalar(scalar) } }
    bytes.append(0x22)
  }

  private mutating func scalar(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": raw("\\\"")
    case "\\": raw("\\\\")
    case "\n": raw("\\n")
    case "\r": raw("\\r")
    case "\t": raw("\\t")
    case _ where scalar.isUnsafeInLog:
      raw("\\u" + String(String(0x10000 + scalar.value, radix: 16).dropFirst()))
    default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  /// Any value of a record's metadata, nested ones included.
  mutating func value(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): self.text(text)
    case .stringConvertible(let value as LogNumber): raw(value.description)
    case .stringConvertible(let value): text(value.description)
    case .array(let values):
      raw("[")
      for (index, value) in values.enumerated() {
        if index > 0 { raw(",") }
        self.value(value)
      }
      raw("]")
    case .dictionary(let fields):
      raw("{")
      for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { raw(",") }
        text(field.key)
        raw(":")
        self.value(field.value)
      }
      raw("}")
    }
  }
}
