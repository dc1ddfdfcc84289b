import Foundation

/// How far a long command has come: one line that is written over on a terminal, elsewhere a plain line at every tenth part,
/// so that a log stays one.
struct ProgressBar {
  private let what: String
  private let isTerminal: Bool
  private let write: (String) -> Void
  private static let width = 24

  /// - Parameters:
  ///   - what: `tickets`.
  ///   - write: takes what is to be shown as it is.
  init(
    _ what: String, isTerminal: Bool = isatty(2) == 1,
    write: @escaping (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
  ) {
    self.what = what
    self.isTerminal = isTerminal
    self.write = write
  }

  /// - Parameters:
  ///   - done: from 1 to `total`; the line ends with the last.
  ///   - previous: what was shown before; one less unless it is given.
  func show(_ done: Int, after previous: Int? = nil, of total: Int) {
    let previous = previous ?? done - 1
    guard total > 0, done > previous else { return }
    if isTerminal {
      let filled = max(0, min(Self.width, done * Self.width / total))
      let bar =
        String(repeating: "█", count: filled)
        + String(repeating: "░", count: Self.width - filled)
      write("\r\u{1B}[K\(bar) \(done)/\(total) \(what)\(done >= total ? "\n" : "")")
    } else if done >= total || done * 10 / total != previous * 10 / total {
      write("\(what): \(done) of \(total)\n")
    }
  }
}
