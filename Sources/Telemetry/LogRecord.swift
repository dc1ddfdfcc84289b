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

  /// `{"time":"2026-02-03T04:05:06.789012Z","level":"info","service":"ticketing","message":"…","call":"…"}`
  ///
  /// A field that would hide one of the four fixed ones is written with a trailing underscore.
  var json: String {
    var line = fixedFields
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      line.raw(",")
      line.text(Self.fixed.contains(key) ? key + "_" : key)
      line.raw(":")
      line.value(value)
    }
    line.raw("}")
    return line.finished
  }

  /// The same with fields that are in their order.
  func json(_ fields: [LogField]) -> [UInt8] {
    var line = fixedFields
    for field in fields {
      line.raw(",\"")
      // Ours are plain words.
      line.raw(field.name)
      line.raw("\":")
      switch field.value {
      case .text(let text): line.text(text)
      case .number(let number): line.number(number)
      case .milliseconds(let duration): line.milliseconds(duration)
      }
    }
    line.raw("}")
    return line.finishedBytes
  }

  /// As bytes: a line a request is spelled, and a String grown scalar by scalar costs ten times as much.
  private var fixedFields: JSONLine {
    var line = JSONLine()
    line.raw("{\"time\":\"")
    appendTimestamp(to: &line)
    line.raw("\",\"level\":\"")
    line.raw(level.rawValue)
    line.raw("\",\"service\":")
    line.text(label)
    line.raw(",\"message\":")
    line.text(message)
    return line
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

  private static let fixed: Set<String> = ["time", "level", "service", "message"]

  private var timestamp: String {
    var text = JSONLine()
    appendTimestamp(to: &text)
    return text.finished
  }

  private func appendTimestamp(to line: inout JSONLine) {
    var seconds = time_t(time.microseconds / 1_000_000)
    var micros = time.microseconds % 1_000_000
    if micros < 0 {
      micros += 1_000_000
      seconds -= 1
    }
    var parts = tm()
    gmtime_r(&seconds, &parts)
    line.number(Int(parts.tm_year) + 1900, digits: 4)
    line.raw("-")
    line.number(Int(parts.tm_mon) + 1, digits: 2)
    line.raw("-")
    line.number(Int(parts.tm_mday), digits: 2)
    line.raw("T")
    line.number(Int(parts.tm_hour), digits: 2)
    line.raw(":")
    line.number(Int(parts.tm_min), digits: 2)
    line.raw(":")
    line.number(Int(parts.tm_sec), digits: 2)
    line.raw(".")
    line.number(Int(micros), digits: 6)
    line.raw("Z")
  }
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
}

extension Unicode.Scalar {
  var isUnsafeInLog: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
      true
    default: false
    }
  }
}
