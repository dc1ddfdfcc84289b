import Foundation

/// What a command tells the person in front of it: facts on standard output, the rest on standard error.
enum Console {
  static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  static func complain(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// As it is, without a line feed of its own.
  static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

  /// - Parameter previous: what was done when it was last shown; one less unless it is given.
  static func progress(_ what: String, _ done: Int, after previous: Int? = nil, of total: Int) {
    ProgressBar(what).show(done, after: previous, of: total)
  }
}
