import Access
import Synchronization
import Values

/// The last good answers behind the parts of pages, for the time that a service does not answer. Per session, and only
/// for as long as the person's rights stay exactly as they were: the whole principal is the key, so what a role, an
/// account or a site gave access to is out of reach with the change. In memory, bounded, forgotten after ten minutes.
final class PartMemory: Sendable {
  struct Key: Sendable, Hashable {
    let principal: Principal
    /// The account looked at.
    let parent: String
    let subject: String
    let name: String
  }

  private struct Entry {
    let answer: any Sendable
    let time: Instant
  }

  /// Older than this, nothing is better than something.
  static let longest = Duration.seconds(600)
  /// Answers of all sessions; a page's part is a list of at most some rows.
  private let capacity: Int
  private let entries = Mutex<[Key: Entry]>([:])

  init(capacity: Int = 4_000) { self.capacity = capacity }

  func remember(_ answer: some Sendable, for key: Key, at now: Instant) {
    entries.withLock { entries in
      if entries.count >= capacity, entries[key] == nil { Self.makeRoom(in: &entries, now) }
      entries[key] = Entry(answer: answer, time: now)
    }
  }

  func last<Answer>(
    _ type: Answer.Type, for key: Key, at now: Instant
  ) -> (answer: Answer, time: Instant)? {
    entries.withLock { entries in
      guard let entry = entries[key], now - entry.time < Self.longest,
        let answer = entry.answer as? Answer
      else { return nil }
      return (answer, entry.time)
    }
  }

  var count: Int { entries.withLock { $0.count } }

  /// What is too old goes; when that is not enough, the oldest eighth.
  private static func makeRoom(in entries: inout [Key: Entry], _ now: Instant) {
    let before = entries.count
    entries = entries.filter { now - $0.value.time < longest }
    guard entries.count == before else { return }
    let oldest = entries.sorted { $0.value.time < $1.value.time }.prefix(max(1, before / 8))
    for (key, _) in oldest { entries[key] = nil }
  }
}
