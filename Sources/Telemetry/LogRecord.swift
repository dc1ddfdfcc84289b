import Foundation
import Logging
import Values

/// What one call of the logger says, ready to be spelled.
struct LogRecord {
  let time: Instant
  let level: Logger.Level
  let label: String
  let message: String
  let fields: Logger.Metadata

  /// `{"time":"2026-02-03T04:05:06.789012Z","level":"info","logger":"ticketing","message":"…","call":"…"}`
  ///
  /// A field that would hide one of the four fixed ones is written with a trailing underscore.
  var json: String {
    var line = "{\"time\":\"\(timestamp)\",\"level\":\"\(level.rawValue)\",\"logger\":"
    line.appendJSON(label)
    line += ",\"message\":"
    line.appendJSON(message)
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      line += ","
      line.appendJSON(Self.fixed.contains(key) ? key + "_" : key)
      line += ":"
      line.appendJSON(value)
    }
    return line + "}"
  }

  /// `04:05:06.789 info  ticketing  message  call=…`
  var text: String {
    let clock = timestamp.dropFirst(11).prefix(12)
    var line =
      "\(clock) \(level.rawValue.padded(to: 8))\(label.padded(to: 11))\(message.neutralised)"
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      let value = value.description.neutralised
      let quoted = value.contains(" ") ? "\"\(value)\"" : value
      line += "  \(key.neutralised)=\(quoted)"
    }
    return line
  }

  private static let fixed: Set<String> = ["time", "level", "logger", "message"]

  private var timestamp: String {
    var seconds = time_t(time.microseconds / 1_000_000)
    var micros = time.microseconds % 1_000_000
    if micros < 0 {
      micros += 1_000_000
      seconds -= 1
    }
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))."
      + String(String(1_000_000 + micros).dropFirst()) + "Z"
  }

  private func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension String {
  /// The text with every control character (line breaks, ANSI escapes, C1, Unicode line separators and the
  /// marks that turn the reading direction) written out as `\u{…}`, so that what a stranger typed cannot forge a
  /// line or move a terminal's cursor (X-29).
  var neutralised: String {
    guard unicodeScalars.contains(where: \.isUnsafeInLog) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isUnsafeInLog {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  fileprivate func padded(to width: Int) -> String {
    count < width ? self + String(repeating: " ", count: width - count) : self + " "
  }

  fileprivate mutating func appendJSON(_ text: String) {
    append("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": append("\\\"")
      case "\\": append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case _ where scalar.isUnsafeInLog:
        append("\\u" + String(String(0x10000 + scalar.value, radix: 16).dropFirst()))
      default: unicodeScalars.append(scalar)
      }
    }
    append("\"")
  }

  fileprivate mutating func appendJSON(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): appendJSON(text)
    case .stringConvertible(let value): appendJSON(value.description)
    case .array(let values):
      append("[")
      for (index, value) in values.enumerated() {
        if index > 0 { append(",") }
        appendJSON(value)
      }
      append("]")
    case .dictionary(let fields):
      append("{")
      for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { append(",") }
        appendJSON(field.key)
        append(":")
        appendJSON(field.value)
      }
      append("}")
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isUnsafeInLog: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
      true
    default: false
    }
  }
}
