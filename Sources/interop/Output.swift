import Foundation
import Logging
import RPC

/// What goes to the terminal, a whole line at a time and at once: another program may be reading it.
enum Output {
  static func line(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  static func complain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// `DEADLINE_EXCEEDED the deadline has passed`, on one line whatever the message holds.
  static func text(_ status: Status) -> String {
    var message = ""
    for scalar in status.message.unicodeScalars {
      switch scalar {
      case "\n": message += "\\n"
      case "\r": message += "\\r"
      case "\t": message += "\\t"
      case "\\": message += "\\\\"
      case _ where scalar.properties.generalCategory == .control:
        message += "\\u{\(String(scalar.value, radix: 16))}"
      default: message.unicodeScalars.append(scalar)
      }
    }
    return message.isEmpty ? status.code.name : "\(status.code.name) \(message)"
  }
}

/// What the runtime has to say is no part of a test's output.
enum QuietLog {
  static let logger = Logger(label: "interop") { _ in SwiftLogNoOpLogHandler() }
}
