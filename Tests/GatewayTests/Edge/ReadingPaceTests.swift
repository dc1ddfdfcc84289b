import HTTP2
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("X-26 how connections are read whose requests are refused", .timeLimit(.minutes(2)))
struct ReadingPaceTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test("V-16 while requests are refused, and 100 ms after, there is a pause before each reading")
  func pace() {
    let pace = ReadingPace()
    #expect(pace.pause(at: Self.start) == nil)
    pace.noteRefusal(at: Self.start)
    #expect(pace.pause(at: Self.start) == .milliseconds(20))
    #expect(pace.pause(at: Self.start + .milliseconds(99)) == .milliseconds(20))
    #expect(pace.pause(at: Self.start + .milliseconds(100)) == nil)
    pace.noteRefusal(at: Self.start + .milliseconds(90))
    #expect(pace.pause(at: Self.start + .milliseconds(189)) == .milliseconds(20))
    #expect(pace.pause(at: Self.start + .milliseconds(190)) == nil)
  }

  @Test("Only answers that say to come back later set it")
  func statuses() {
    for status in [HTTPResponseStatus.tooManyRequests, .serviceUnavailable] {
      let pace = ReadingPace()
      pace.noteAnswer(status, at: Self.start)
      #expect(pace.pause(at: Self.start) != nil)
    }
    let pace = ReadingPace()
    for status in [HTTPResponseStatus.ok, .notFound, .internalServerError, .gatewayTimeout] {
      pace.noteAnswer(status, at: Self.start)
    }
    #expect(pace.pause(at: Self.start) == nil)
  }

  private final class Clock: Sendable {
    private let time = Mutex(ReadingPaceTests.start)
    var now: NIODeadline { time.withLock { $0 } }
    func advance(by time: TimeAmount) { self.time.withLock { $0 = $0 + time } }
  }

  /// One connection of HTTP/2 to a stage's edge, whose pace goes by a clock of the test's.
  private final class Line: Sendable {
    let clock: Clock
    private let port: any Channel
    private let client: Unchecked<RawHTTP2Client>
    private let connection: HTTP2Connection
    private let requests: HTTP2Requests

    init(_ edge: Edge) async throws {
      let clock = Clock()
      let (opened, opening) = AsyncStream<(HTTP2Connection, HTTP2Requests)>.makeStream()
      let port = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let requests = HTTP2Requests(
              edge, origin: ConnectionOrigin(address: IPAddress("127.0.0.1"), isTLS: false)
            ) { clock.now }
            let connection = HTTP2Connection.server(
              on: channel.eventLoop, configuration: .publicListener, delegate: requests)
            try channel.pipeline.syncOperations.addHandler(connection)
            opening.yield((connection, requests))
          }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let number = try #require(port.localAddress?.port)
      let client = try await onOwnThread { Unchecked(try RawHTTP2Client(port: number)) }
      var connections = opened.makeAsyncIterator()
      let ends = await connections.next()
      (connection, requests) = try #require(ends)
      (self.clock, self.port, self.client) = (clock, port, client)
    }

    /// What the next reading waits for.
    func pause() async throws -> TimeAmount? {
      try await connection.eventLoop.submit { self.requests.pauseBeforeReading(self.connection) }
        .get()
    }

    /// Asks for pages at once and gives whole bodies back.
    func get(_ path: String, streams: [UInt32]) async throws -> [String] {
      let client = self.client
      return try await onOwnThread {
        for stream in streams {
          try client.value.request(
            [
              (":method", "GET"), (":scheme", "http"), (":path", path),
              (":authority", EdgeStage.host),
            ], stream: stream)
        }
        return try streams.map { stream in
          _ = try client.value.outcome(of: stream)
          let (body, isWhole) = try client.value.rest(of: stream)
          #expect(isWhole)
          return String(decoding: body, as: UTF8.self)
        }
      }
    }

    func close() async throws { try await port.close() }
  }

  @Test(
    "Pages that are refused with 503 set the pace of their connection, and are answered in full")
  func busy() async throws {
    let page = WaitingPage()
    try await EdgeStage.run(pages: page.table, limits: .roomForOne) { stage in
      let line = try await Line(stage.server.edge)
      async let first = stage.send("GET", "/wait")
      for await _ in page.started { break }
      _ = try await line.get("/healthz", streams: [1])
      #expect(try await line.pause() == nil)
      let refused = try await line.get("/wait", streams: [3, 5, 7])
      #expect(refused == Array(repeating: "<p>503</p>", count: 3))
      // Read in steps as long as the clock stands still: what comes now is answered as well.
      #expect(try await line.pause() == ReadingPace.pause)
      #expect(try await line.get("/wait", streams: [9, 11]) == ["<p>503</p>", "<p>503</p>"])
      #expect(try await line.pause() == ReadingPace.pause)
      line.clock.advance(by: ReadingPace.memory)
      #expect(try await line.pause() == nil)
      page.releasing.finish()
      #expect(try await first.status == 200)
      #expect(try await line.get("/wait", streams: [13]) == ["<p>done</p>"])
      #expect(try await line.pause() == nil)
      try await line.close()
    }
  }

  @Test("Pages that are refused with 429 set it too")
  func rate() async throws {
    var rates = RateTable.none
    rates[.page, .address] = .init(burst: 1, perSecond: 0.0001)
    try await EdgeStage.run(rates: rates) { stage in
      let line = try await Line(stage.server.edge)
      #expect(try await line.get("/login", streams: [1]).first?.contains("<form>") == true)
      #expect(try await line.pause() == nil)
      let refused = try await line.get("/login", streams: [3, 5])
      #expect(refused.count == 2 && refused.allSatisfy { $0.contains("<h1>429</h1>") })
      #expect(try await line.pause() == ReadingPace.pause)
      // Another connection is read as ever.
      let other = try await Line(stage.server.edge)
      _ = try await other.get("/healthz", streams: [1])
      #expect(try await other.pause() == nil)
      try await line.close()
      try await other.close()
    }
  }
}
