import Access
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// One reader's stream: what was missed, then what comes.
struct EventStream {
  let feed: EventFeed
  let feeds: EventFeeds
  let filter: EventFilter
  let call: Call
  let responses: ResponseWriter<Events.Event>
  /// What the feed knows this reader by.
  let number: Int
  private var cursor: Int64 = 0
  /// The cursor that the reader has.
  private var said: Int64 = 0
  /// Has seen everything once; from then on it must keep up.
  private var isLive = false
  private var lastWrite = ContinuousClock.now

  init(
    feed: EventFeed, feeds: EventFeeds, filter: EventFilter, call: Call,
    responses: ResponseWriter<Events.Event>, number: Int
  ) {
    self.number = number
    self.feed = feed
    self.feeds = feeds
    self.filter = filter
    self.call = call
    self.responses = responses
  }

  /// Until the feed ends, which is when this returns; throws the status that ends the stream otherwise.
  mutating func run(from start: Int64?, _ wakes: AsyncStream<Void>) async throws {
    var hasBegun = false
    for await _ in wakes {
      if !hasBegun {
        hasBegun = try await begin(start)
        if !hasBegun { continue }
      }
      try await followLog()
      try checkToken()
      if ContinuousClock.now - lastWrite >= feeds.pace.bookmark { try await writeBookmark() }
    }
    try Task.checkCancellation()
  }

  /// Says where the stream begins. False while the feed has not been read yet.
  private mutating func begin(_ start: Int64?) async throws -> Bool {
    guard feed.pull(after: .max, limit: 0) != nil else { return false }
    if let start {
      cursor = start
      _ = try await page(limit: 0)
    } else {
      cursor = feed.head
    }
    feed.reached(cursor, number)
    try await writeBookmark()
    return true
  }

  private mutating func followLog() async throws {
    while true {
      let events: [Event]
      switch feed.pull(after: cursor, limit: 256) {
      case nil: return
      case .events(let found):
        events = found
        if found.isEmpty { try await catchUp() }
      case .behind:
        guard !isLive else {
          throw Self.ended("SLOW_READER", "you do not read as fast as things happen")
        }
        events = try await page(limit: 256)
      }
      guard let last = events.last else { return }
      for event in events {
        guard let message = filter.told(event) else { continue }
        try checkToken()
        try await responses.write(message)
        (lastWrite, said) = (.now, event.position)
      }
      cursor = last.position
      feed.reached(cursor, number)
    }
  }

  /// Everything is told. Whoever was told nothing of the last of it learns at least how far that is.
  private mutating func catchUp() async throws {
    guard !isLive else { return }
    isLive = true
    if said < cursor { try await writeBookmark() }
  }

  /// From the log itself. Throws when what comes after the cursor is not there any more, or was never there.
  private func page(limit: Int) async throws -> [Event] {
    let page = try await feeds.store.read(as: feed.tenant) { [cursor] db in
      try db.eventPage(after: cursor, limit: limit)
    }
    guard cursor >= page.forgotten, cursor <= page.head else {
      throw Status(
        .outOfRange, "what came after the cursor is not kept any more; read anew",
        details: [.reason("CURSOR_EXPIRED", domain: "events")])
    }
    return page.events
  }

  private mutating func writeBookmark() async throws {
    try await responses.write(
      Events.Event(
        cursor: EventCursor.text(cursor), type: "bookmark",
        createTime: GoogleProtobuf.Timestamp(call.now)))
    (lastWrite, said) = (.now, cursor)
  }

  /// A person's rights are looked at again with the next token (ASVS 8.3.2).
  private func checkToken() throws {
    guard let expiry = call.principalExpiry, expiry <= call.now else { return }
    throw Self.ended("TOKEN_EXPIRED", "sign in again and resume after the last cursor")
  }

  private static func ended(_ reason: String, _ message: String) -> Status {
    Status(.aborted, message, details: [.reason(reason, domain: "events")])
  }
}
