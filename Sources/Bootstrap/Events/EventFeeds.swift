import Logging
import Store
import Synchronization
import Values

/// The feeds of a process: one for each tenant that somebody watches, for as long as somebody does.
///
/// A commit wakes its feed by the store's bell, which on PostgreSQL rings for other processes' commits too. What it missed,
/// and everything where it cannot hear others (behind a pooler, while its connection is away), is found by looking at the
/// heads of all watched logs at once.
final class EventFeeds: Sendable {
  private struct Entry {
    let feed: EventFeed
    let work: Task<Void, Never>
    var watchers = 0
  }

  private struct State {
    var entries: [TenantID: Entry] = [:]
    var hasEnded = false
  }

  let store: any Store
  let pace: EventPace
  private let logger: Logger
  private let state = Mutex(State())

  init(_ store: any Store, pace: EventPace, logger: Logger) {
    self.store = store
    self.pace = pace
    self.logger = logger
  }

  /// The feed of a tenant, for `body`.
  func with<Result>(
    _ tenant: TenantID, _ body: (EventFeed) async throws -> Result
  ) async throws -> Result {
    let feed = enter(tenant)
    defer { leave(tenant) }
    return try await body(feed)
  }

  private func enter(_ tenant: TenantID) -> EventFeed {
    state.withLock { state in
      if let feed = state.entries[tenant]?.feed {
        state.entries[tenant]?.watchers += 1
        return feed
      }
      let feed = EventFeed(tenant, store: store, capacity: pace.capacity, logger: logger)
      if state.hasEnded {
        feed.end()
        return feed
      }
      state.entries[tenant] = Entry(feed: feed, work: Task { await feed.run() }, watchers: 1)
      return feed
    }
  }

  private func leave(_ tenant: TenantID) {
    let idle = state.withLock { state -> Task<Void, Never>? in
      guard let entry = state.entries[tenant] else { return nil }
      state.entries[tenant]?.watchers -= 1
      guard entry.watchers == 1 else { return nil }
      state.entries[tenant] = nil
      return entry.work
    }
    idle?.cancel()
  }

  /// Rings, looks and beats until the task is cancelled; then every watch ends.
  func run() async {
    let number = store.bell.listen { [weak self] tenants in self?.wake(tenants) }
    var beats = 0
    var sinceLook = 0
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: pace.look)
        sinceLook += 1
        if store.engine == .postgres, !store.bell.hearsOthers || sinceLook >= pace.looksWhileHearing
        {
          // First: what is committed while it looks may have been rung for before.
          sinceLook = 0
          try await look()
        }
      } catch is CancellationError { break } catch {
        logger.warning("event logs not looked at", metadata: ["error": "\(error)"])
      }
      beats += 1
      if pace.look * beats >= pace.beat {
        beats = 0
        for feed in feeds { feed.beat() }
      }
    }
    store.bell.ignore(number)
    end()
  }

  /// Ends every watch, those still to come too.
  func end() {
    let entries = state.withLock { state in
      state.hasEnded = true
      defer { state.entries = [:] }
      return state.entries.values
    }
    for entry in entries {
      entry.feed.end()
      entry.work.cancel()
    }
  }

  /// Logs that are followed, streams that follow them, and how far the slowest of these is behind.
  var figures: (feeds: Int, watchers: Int, lag: Int64) {
    let feeds = feeds.map(\.figures)
    return (
      feeds.count, feeds.reduce(0) { $0 + $1.watchers }, feeds.map(\.lag).max() ?? 0
    )
  }

  /// How many logs are read.
  var count: Int { state.withLock { $0.entries.count } }

  private var feeds: [EventFeed] { state.withLock { $0.entries.values.map(\.feed) } }

  private func wake(_ tenants: Set<TenantID>) {
    for feed in state.withLock({ state in tenants.compactMap { state.entries[$0]?.feed } }) {
      feed.wake()
    }
  }

  private func look() async throws {
    let feeds = feeds
    guard !feeds.isEmpty else { return }
    let heads = try await store.readAcrossTenants { [tenants = feeds.map(\.tenant)] db in
      try db.lastEventPositions(of: tenants)
    }
    for feed in feeds where heads[feed.tenant] ?? 0 > feed.head { feed.wake() }
  }
}

/// How often things are done for those who watch events.
struct EventPace: Sendable {
  /// Between two looks for what other processes have committed.
  var look = Duration.milliseconds(500)
  /// While the bell rings for those, only every so many of these a look is due.
  var looksWhileHearing = 10
  /// Between two looks of each watcher at the time: whether a bookmark is due, whether a token has run out.
  var beat = Duration.seconds(5)
  /// A stream on which nothing was said for so long says how far it has come.
  var bookmark = Duration.seconds(15)
  /// Events of a tenant that are kept in memory; who falls further behind is ended.
  var capacity = 1024
}
