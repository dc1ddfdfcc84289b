import Logging
import Store
import StorePostgres
import TestSupport
import Testing
import Values

@testable import Bootstrap

@Suite("Event feeds", .timeLimit(.minutes(1)))
struct EventFeedTests {
  private static let acme = TenantID("acme")
  private static let logger = Logger(label: "feeds") { _ in SwiftLogNoOpLogHandler() }
  private static let type = EventType("t", permission: nil, isForStaff: false)

  private static func open(_ location: StoreLocation) async throws -> any Store {
    try await location.open(migrations: nil, clock: SystemClock(), logger: logger)
  }

  /// Waits until the feed has read up to a position.
  private static func reach(_ position: Int64, _ feed: EventFeed) async {
    let (wakes, number) = feed.subscribe()
    for await _ in wakes where feed.head >= position { break }
    feed.unsubscribe(number)
  }

  @Test(
    "N-05 what another process commits to the same PostgreSQL is found, heard or looked for",
    arguments: [false, true])
  func twoProcesses(isPooled: Bool) async throws {
    let database = try await PostgresServer.shared.database()
    // Behind a pooler nothing is heard.
    let address =
      isPooled ? try await PostgresServer.shared.pooled(database.app) : database.app
    let location = StoreLocation.postgres(Secret(address), owner: Secret(database.owner))
    let (ours, theirs) = (try await Self.open(location), try await Self.open(location))
    // A look a minute apart would not find it within the test: the real pace does.
    let feeds = EventFeeds(ours, pace: EventPace(), logger: Self.logger)
    let work = Task { await feeds.run() }
    try await feeds.with(Self.acme) { feed in
      await Self.reach(0, feed)
      for position in Int64(1)...3 {
        try await theirs.write(as: Self.acme) { try $0.emit(Self.type, on: "x/\(position)") }
        await Self.reach(position, feed)
        guard case .events(let events)? = feed.pull(after: position - 1, limit: 10) else {
          Issue.record("the event is not there")
          return
        }
        #expect(events.map(\.resource) == ["x/\(position)"])
      }
    }
    work.cancel()
    await work.value
    await ours.close()
    await theirs.close()
  }

  @Test("N-05 all who watch a tenant share one feed, which goes with the last of them")
  func shared() async throws {
    let store = try await Self.open(.memory)
    let feeds = EventFeeds(store, pace: EventPace(), logger: Self.logger)
    try await feeds.with(Self.acme) { first in
      try await feeds.with(Self.acme) { second in
        #expect(first === second)
        try await feeds.with(TenantID("zenith")) { other in
          #expect(other !== first)
          #expect(feeds.count == 2)
        }
      }
      #expect(feeds.count == 1)
    }
    #expect(feeds.count == 0)
    await store.close()
  }

  @Test("N-05 a feed keeps so many events and no more, and says who is behind them")
  func capacity() async throws {
    let store = try await Self.open(.memory)
    let pace = EventPace(
      look: .seconds(60), beat: .seconds(60), bookmark: .seconds(60), capacity: 8)
    let feeds = EventFeeds(store, pace: pace, logger: Self.logger)
    let work = Task { await feeds.run() }
    try await feeds.with(Self.acme) { feed in
      await Self.reach(0, feed)
      try await store.write(as: Self.acme) { db in
        for number in 1...20 { try db.emit(Self.type, on: "x/\(number)") }
      }
      await Self.reach(20, feed)
      guard case .behind? = feed.pull(after: 11, limit: 100) else {
        Issue.record("a cursor from before what is kept must be told so")
        return
      }
      guard case .events(let kept)? = feed.pull(after: 12, limit: 100) else {
        Issue.record("the newest events are kept")
        return
      }
      #expect(kept.map(\.position) == Array(13...20))
      guard case .events(let page)? = feed.pull(after: 12, limit: 3) else { return }
      #expect(page.map(\.position) == [13, 14, 15])
    }
    work.cancel()
    await work.value
    await store.close()
  }
}
