import PorticoAPI
import RPC
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// The log of one service as a test tells it, to every gateway that watches.
final class ToldEvents: Sendable {
  private struct State {
    var events: [Events.Event] = []
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    var next = 0
    var cursors: [String] = []
  }
  private let state = Mutex(State())

  /// What the gateways asked to resume after, in order.
  var cursors: [String] { state.withLock { $0.cursors } }

  func tell(_ type: String, _ resource: String, _ audience: Events.EventAudience = .init()) {
    state.withLock { state in
      state.events.append(
        .init(
          cursor: "\(state.events.count + 1)", type: type, resource: resource, audience: audience))
      for watcher in state.watchers.values { watcher.yield() }
    }
  }

  /// Ends every stream, as a restart does.
  func breakOff() {
    let watchers = state.withLock { state in
      defer { state.watchers = [:] }
      return state.watchers.values
    }
    for watcher in watchers { watcher.finish() }
  }

  func watch(
    _ request: Events.WatchEventsRequest, _ responses: ResponseWriter<Events.Event>
  ) async throws {
    let (wakes, waker) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    var position = state.withLock { state in
      state.next += 1
      state.watchers[state.next] = waker
      state.cursors.append(request.cursor)
      return Int(request.cursor) ?? state.events.count
    }
    try await responses.write(.init(cursor: "\(position)", type: "bookmark"))
    waker.yield()
    for await _ in wakes {
      let events = state.withLock { Array($0.events.dropFirst(position)) }
      for event in events { try await responses.write(event) }
      position += events.count
    }
    throw Status(.unavailable, "going away")
  }
}

/// One service's log, served under each service's own name.
private protocol TellingLog: Sendable {
  var told: ToldEvents { get }
}
extension TellingLog {
  func watchEvents(
    _ request: Events.WatchEventsRequest, _ call: Call, _ responses: ResponseWriter<Events.Event>
  ) async throws { try await told.watch(request, responses) }
}
private struct TicketingLog: TicketingEventsService, TellingLog { let told: ToldEvents }
private struct IdentityLog: IdentityEventsService, TellingLog { let told: ToldEvents }
private struct MessagingLog: MessagingEventsService, TellingLog { let told: ToldEvents }
private struct BillingLog: BillingEventsService, TellingLog { let told: ToldEvents }
private struct CmsLog: CmsEventsService, TellingLog { let told: ToldEvents }

@Suite("Live updates", .timeLimit(.minutes(2)))
struct LiveTests {
  private struct Logs {
    let identity = ToldEvents()
    let ticketing = ToldEvents()
    let quiet = ToldEvents()

    var services: [String: [any RPCService]] {
      [
        "identity": [IdentityLog(told: identity)], "ticketing": [TicketingLog(told: ticketing)],
        "messaging": [MessagingLog(told: quiet)], "billing": [BillingLog(told: quiet)],
        "cms": [CmsLog(told: quiet)],
      ]
    }
  }

  private static func run(
    _ logs: Logs = Logs(), _ body: (EdgeStage, Logs) async throws -> Void
  ) async throws {
    try await EdgeStage.run(serving: logs.services) { try await body($0, logs) }
  }

  @Test("F-40 a session hears what it may read, as one stream with cursors, and nothing else")
  func audience() async throws {
    try await Self.run { stage, logs in
      var stream = EventSource(stage.port, session: stage.identity.open())
      let head = try await stream.read { $0.isWhole }
      #expect(head.hasPrefix("HTTP/1.1 200") && head.contains("content-type: text/event-stream"))
      #expect(head.contains("cache-control: no-store") && head.contains("retry: 2000"))
      logs.ticketing.tell(
        "ticket.note.created", "accounts/zenith/tickets/1",
        .init(permission: "TICKETS_READ", account: "zenith"))
      logs.ticketing.tell(
        "ticket.internal_note.created", "accounts/acme/tickets/2", .init(staffOnly: true))
      logs.ticketing.tell(
        "ticket.note.created", "accounts/acme/tickets/3", .init(user: "users/else"))
      logs.ticketing.tell("news.created", "news/4")
      let told = try await stream.read(until: "news/4\n\n")
      #expect(told.contains("event: change\ndata: news.created news/4"))
      #expect(!told.contains("tickets/"))
      // The cursor counts what this session was not told as well: it is one place in the log.
      #expect(told.contains("id: 0.0.0.0.4\nevent: change"))
    }
  }

  @Test("F-40 who comes back is told once what they missed, and of a lost past to read all anew")
  func resume() async throws {
    let logs = Logs()
    for number in 1...2 { logs.ticketing.tell("news.created", "news/before-\(number)") }
    try await Self.run(logs) { stage, logs in
      let session = stage.identity.open()
      var first = EventSource(stage.port, session: session)
      _ = try await first.read { $0.isWhole }
      for number in 3...5 { logs.ticketing.tell("news.created", "news/\(number)") }
      _ = try await first.read(until: "news/5\n\n")
      for given in ["header", "query"] {
        var second = EventSource(
          stage.port, session: session, after: "0.0.0.0.3", inHeader: given == "header")
        let missed = try await second.read(until: "news/5\n\n")
        #expect(missed.contains("event: hello") && !missed.contains("resync"), "\(given)")
        #expect(missed.contains("news/4\n\n") && !missed.contains("news/3\n\n"), "\(given)")
      }
      // Before this process began to listen; of another installation; no cursor at all.
      for past in ["0.0.0.0.1", "9.9", "garbage"] {
        var third = EventSource(stage.port, session: session, after: past)
        let told = try await third.read(until: "event: ")
        #expect(told.contains("event: resync"), "\(past)")
      }
    }
  }

  @Test("N-05 a watch that breaks is resumed where it stood; who listens hears what came meanwhile")
  func upstream() async throws {
    try await Self.run { stage, logs in
      var stream = EventSource(stage.port, session: stage.identity.open())
      _ = try await stream.read { $0.isWhole }
      logs.ticketing.tell("news.created", "news/1")
      _ = try await stream.read(until: "news/1\n\n")
      logs.ticketing.breakOff()
      logs.ticketing.tell("news.updated", "news/1")
      let told = try await stream.read(until: "news.updated news/1\n\n")
      #expect(told.contains("event: fresh\ndata: ticketing"))
      #expect(logs.ticketing.cursors.last == "1")
    }
  }

  @Test("X-06 a session that ends is told so, and its stream ends; another user's goes on")
  func revoked() async throws {
    try await Self.run { stage, logs in
      let customer = TestPrincipal.customer()
      let ended = stage.identity.open(customer, name: "sessions/ended")
      let other = stage.identity.open(customer, name: "sessions/other")
      var first = EventSource(stage.port, session: ended)
      var second = EventSource(stage.port, session: other)
      _ = try await first.read { $0.isWhole }
      _ = try await second.read { $0.isWhole }
      logs.identity.tell("session.ended", "sessions/ended", .init(user: customer.user))
      let last = try await first.readAll()
      #expect(last.contains("event: signed-out") && last.hasSuffix("0\r\n\r\n"))
      logs.identity.tell("news.created", "news/1")
      #expect(!(try await second.read(until: "news/1\n\n")).contains("signed-out"))
      // All of a user's: each comes back and is looked at anew.
      logs.identity.tell("user.sessions_ended", customer.user, .init(user: customer.user))
      #expect(try await second.readAll().contains("event: renew"))
    }
  }

  @Test("F-40 without a session there is no stream, nor for another site, nor by another method")
  func refused() async throws {
    try await EdgeStage.run { stage in
      #expect(try await stage.send("GET", "/events").status == 401)
      let foreign = try await stage.send("GET", "/events", ["sec-fetch-site": "cross-site"])
      #expect(foreign.status == 403)
      let posted = try await stage.send("POST", "/events")
      #expect(posted.status == 405)
    }
  }

  @Test("R-224 a seventh stream of a session ends the oldest")
  func surplus() async throws {
    try await Self.run { stage, _ in
      let session = stage.identity.open()
      var streams: [EventSource] = []
      for _ in 0..<7 {
        var stream = EventSource(stage.port, session: session)
        _ = try await stream.read(until: "event: hello")
        streams.append(stream)
      }
      #expect(try await streams[0].readAll().contains("event: replaced"))
      #expect(!(try await streams[1].read(until: "event: hello")).contains("replaced"))
    }
  }

  @Test("ASVS 7.3.1 what a page asks for by itself does not count as a use of the session")
  func background() async throws {
    try await Self.run { stage, _ in
      let session = stage.identity.open()
      let cookie = ["Cookie": "portico=\(session)"]
      var stream = EventSource(stage.port, session: session)
      _ = try await stream.read { $0.isWhole }
      let page = try await stage.send(
        "GET", "/", cookie.merging(["x-portico-background": "1"]) { $1 })
      #expect(page.status == 200 && stage.identity.uses == 0)
      // A person who comes now is told to identity, although the answer is remembered.
      #expect(try await stage.send("GET", "/", cookie).status == 200)
      #expect(stage.identity.uses == 1)
      stage.clock.advance(by: .seconds(6))
      let later = try await stage.send(
        "GET", "/", cookie.merging(["x-portico-background": "1"]) { $1 })
      #expect(later.status == 200 && stage.identity.uses == 1)
    }
  }

  @Test("F-40 cursors come back as they were given, and nothing else does")
  func cursors() {
    for text in ["1.2.3.4.5", "-.0.-.9223372036854775807.1"] {
      #expect(LiveCursor(text, services: 5).map { "\($0)" } == text)
    }
    for text in [
      "", "1.2.3.4", "1.2.3.4.5.6", "1.2.3.4.x", "01.2.3.4.5", "-1.2.3.4.5", "....",
      "1.2.3.4.9223372036854775808",
    ] {
      #expect(LiveCursor(text, services: 5) == nil, "\(text)")
    }
  }
}

/// A signed-in browser that listens: a thread of its own reads until the gateway ends the stream, or stops.
private struct EventSource {
  private var chunks: AsyncThrowingStream<String, any Error>.Iterator
  /// Everything so far.
  private var text = ""

  init(_ port: Int, session: String, after past: String? = nil, inHeader: Bool = true) {
    let header = past.map { inHeader ? "Last-Event-ID: \($0)\r\n" : "" } ?? ""
    let query = past.map { inHeader ? "" : "?after=\($0)" } ?? ""
    let request =
      "GET /events\(query) HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nConnection: close\r\n"
      + "Cookie: portico=\(session)\r\n\(header)\r\n"
    let (stream, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
    chunks = stream.makeAsyncIterator()
    Task {
      do {
        try await onOwnThread {
          let socket = try RawSocket(port: port)
          try socket.send(Array(request.utf8))
          while case let bytes = try socket.read(), !bytes.isEmpty {
            continuation.yield(String(decoding: bytes, as: UTF8.self))
          }
        }
        continuation.finish()
      } catch { continuation.finish(throwing: error) }
    }
  }

  /// All that came so far, once it satisfies `isEnough` or the stream has ended.
  mutating func read(_ isEnough: (String) -> Bool) async throws -> String {
    while !isEnough(text), let chunk = try await chunks.next() { text += chunk }
    return text
  }

  mutating func read(until mark: String) async throws -> String {
    try await read { $0.contains(mark) }
  }

  mutating func readAll() async throws -> String { try await read { _ in false } }
}

extension String {
  /// The gateway knows where every service stands: from here on nothing is missed.
  fileprivate var isWhole: Bool { contains(/id: \d+\.\d+\.\d+\.\d+\.\d+\n/) }
}
