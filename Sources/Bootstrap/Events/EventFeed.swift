import Logging
import Store
import Synchronization
import Values

/// The newest events of one tenant's log, read once for all who watch it in this process. Watchers keep nothing but a
/// cursor, and take what is after it when they are woken: nobody's slowness makes a queue grow.
final class EventFeed: Sendable {
  /// What there is after a cursor.
  enum Pull: Sendable {
    case events([Event])
    /// The cursor is older than what is kept in memory.
    case behind
  }

  private struct State {
    /// Positions `floor + 1 ... head`, without a hole.
    var recent: ArraySlice<Event> = []
    var floor: Int64 = 0
    var head: Int64 = 0
    var isOpen = false
    var hasEnded = false
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    /// Where each watcher is.
    var cursors: [Int: Int64] = [:]
    var next = 0
  }

  let tenant: TenantID
  private let store: any Store
  private let capacity: Int
  private let logger: Logger
  private let state = Mutex(State())
  private let wakes: AsyncStream<Void>
  private let waker: AsyncStream<Void>.Continuation

  init(_ tenant: TenantID, store: any Store, capacity: Int, logger: Logger) {
    self.tenant = tenant
    self.store = store
    self.capacity = capacity
    self.logger = logger
    (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The newest position that was read.
  var head: Int64 { state.withLock { $0.head } }

  /// There may be something new in the log.
  func wake() { waker.yield() }

  /// Wakes the watchers though nothing happened, so that they look at the time.
  func beat() { tell() }

  /// Follows the log until the task is cancelled.
  func run() async {
    waker.yield()
    for await _ in wakes {
      do { try await read() } catch is CancellationError { break } catch {
        logger.warning("events not read", metadata: ["tenant": "\(tenant)", "error": "\(error)"])
        do { try await Task.sleep(for: .seconds(1)) } catch { break }
        waker.yield()
      }
    }
    end()
  }

  /// Ends every watch, those still to come too.
  func end() {
    let watchers = state.withLock { state in
      state.hasEnded = true
      defer {
        state.watchers = [:]
        state.cursors = [:]
      }
      return state.watchers.values
    }
    waker.finish()
    for watcher in watchers { watcher.finish() }
  }

  private func read() async throws {
    if !state.withLock({ $0.isOpen }) {
      let head = try await store.read(as: tenant) { try $0.lastEventPosition() }
      state.withLock { state in
        (state.floor, state.head, state.isOpen) = (head, head, true)
      }
      tell()
    }
    while true {
      let head = head
      let events = try await store.read(as: tenant) {
        try $0.events(after: head, limit: Self.batch)
      }
      guard !events.isEmpty else { return }
      take(events)
      tell()
      if events.count < Self.batch { return }
    }
  }

  private static let batch = 256

  private func take(_ events: [Event]) {
    state.withLock { state in
      state.recent += events
      state.head = events.last?.position ?? state.head
      guard state.recent.count > capacity else { return }
      // An array of its own, so that what is dropped is given back.
      state.recent = ArraySlice(Array(state.recent.suffix(capacity)))
      state.floor = state.head - Int64(capacity)
    }
  }

  private func tell() {
    for watcher in state.withLock({ $0.watchers.values }) { watcher.yield() }
  }

  // MARK: Watchers

  /// Something to wait on, woken at once when the feed is open already. Ends with the feed.
  func subscribe() -> (wakes: AsyncStream<Void>, number: Int) {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    return state.withLock { state in
      state.next += 1
      if state.hasEnded { continuation.finish() } else { state.watchers[state.next] = continuation }
      if state.isOpen { continuation.yield() }
      return (stream, state.next)
    }
  }

  func unsubscribe(_ number: Int) {
    state.withLock { state in
      state.watchers[number] = nil
      state.cursors[number] = nil
    }
  }

  /// A watcher has been given everything up to a position.
  func reached(_ cursor: Int64, _ number: Int) {
    state.withLock { state in
      if state.watchers[number] != nil { state.cursors[number] = cursor }
    }
  }

  /// How many watch, and how many events the last of them has not been given.
  var figures: (watchers: Int, lag: Int64) {
    state.withLock { state in
      let last = state.cursors.values.min() ?? state.head
      return (state.watchers.count, max(0, state.head - last))
    }
  }

  /// Nil until the log was read for the first time.
  func pull(after cursor: Int64, limit: Int) -> Pull? {
    state.withLock { state in
      guard state.isOpen else { return nil }
      guard cursor >= state.floor else { return .behind }
      let skipped = Int(clamping: cursor - state.floor)
      return .events(Array(state.recent.dropFirst(skipped).prefix(limit)))
    }
  }
}
