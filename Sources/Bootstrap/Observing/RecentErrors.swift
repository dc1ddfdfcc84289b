import Synchronization
import Values

/// The newest calls that failed through no fault of their caller, for who looks at the service.
final class RecentErrors: Sendable {
  struct Entry: Sendable {
    let time: Instant
    let method: String
    /// A code of gRPC, or `failed` for a job.
    let code: String
    let requestID: String
  }

  private static let most = 20
  private let entries = Mutex<[Entry]>([])

  /// The newest first.
  var all: [Entry] { entries.withLock { $0.reversed() } }

  func add(_ entry: Entry) {
    entries.withLock { entries in
      if entries.count == Self.most { entries.removeFirst() }
      entries.append(entry)
    }
  }
}
