import Foundation

/// What a command tells the person in front of it: facts on standard output, the rest on standard error.
enum Console {
  static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  static func complain(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// One line that is written over on a terminal; elsewhere a line at every tenth part.
  static func progress(_ what: String, _ done: Int, of total: Int) {
    guard total > 0 else { return }
    if isatty(2) == 1 {
      let filled = done * 24 / total
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      let end = done == total ? "\n" : ""
      FileHandle.standardError.write(Data("\r\(bar) \(done)/\(total) \(what)  \(end)".utf8))
    } else if done == total || done % max(1, total / 10) == 0 {
      complain("\(what): \(done) of \(total)")
    }
  }
}
