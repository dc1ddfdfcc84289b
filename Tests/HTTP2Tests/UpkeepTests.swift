import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP2

@Suite struct UpkeepTests {
  private let ok = HeaderFields([":status": "200"])
  private static let ping = RawFrame.bytes(6, Array(repeating: 9, count: 8))

  @Test("R-029 a server pings after two hours of silence and closes when nothing comes back")
  func serverKeepalive() throws {
    let attacked = try Attacked()
    #expect(try attacked.wait(.minutes(119)).isEmpty)
    let frames = try attacked.wait(.seconds(65))
    #expect(frames.count == 1 && frames.first?.type == 6)
    #expect(!attacked.witness.isClosed)
    _ = try attacked.wait(.seconds(25))
    #expect(attacked.witness.isClosed)
    #expect(attacked.counters.snapshot.keepalivesLost == 1)
  }

  @Test("R-029 any byte counts as an answer")
  func alive() throws {
    let attacked = try Attacked()
    for _ in 0..<5 {
      let ping = try #require(try attacked.wait(.seconds(7205)).first { $0.type == 6 })
      try attacked.send(RawFrame.bytes(6, flags: 1, Array(ping.body)))
    }
    #expect(!attacked.witness.isClosed)
  }

  @Test("R-030 too many PINGs without calls: GOAWAY ENHANCE_YOUR_CALM too_many_pings")
  func strikes() throws {
    let attacked = try Attacked()
    for _ in 0..<3 { #expect(try attacked.send(Self.ping).map(\.type) == [6]) }
    let goAway = try #require(try attacked.send(Self.ping).first { $0.type == 7 })
    #expect(goAway.code(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
    #expect(goAway.debugData == "too_many_pings")
    #expect(attacked.witness.isClosed)
  }

  @Test("R-030 with calls every five minutes is often enough, and our frames forgive")
  func forgiven() throws {
    let attacked = try Attacked()
    try attacked.send(RawFrame.request(1))
    for _ in 0..<20 {
      try attacked.send(Self.ping)
      _ = try attacked.wait(.seconds(301))
    }
    #expect(!attacked.witness.isClosed)
    let stream = try #require(attacked.witness.accepted.first?.stream)
    stream.respond(HeaderFields([":status": "200"]))
    for _ in 0..<20 {
      stream.send { $0.writeInteger(UInt8(1)) }
      _ = try attacked.answers()
      for _ in 0..<3 { try attacked.send(Self.ping) }
    }
    #expect(!attacked.witness.isClosed)
    for _ in 0..<4 { try attacked.send(Self.ping) }
    #expect(attacked.witness.isClosed)
  }

  @Test(
    "R-073 a client pings only with calls, at most every ten seconds, and gives a dead server up")
  func clientKeepalive() throws {
    var calling = HTTP2Configuration()
    calling.keepaliveTime = .seconds(1)
    let counters = HTTP2Counters()
    calling.counters = counters
    let pair = try Pair(client: calling)
    try pair.wait(.seconds(60))
    #expect(counters.snapshot.pingsSent == 0)
    let stream = try pair.request()
    try pair.wait(.seconds(25))
    #expect((1...3).contains(counters.snapshot.pingsSent))
    #expect(stream.closure == nil)
    // From here on the server is silent.
    pair.wire.client.embeddedEventLoop.advanceTime(by: .seconds(5))
    pair.wire.client.embeddedEventLoop.advanceTime(by: .seconds(40))
    #expect(pair.atClient.isClosed)
    #expect(stream.closure == .connectionLost)
    #expect(counters.snapshot.keepalivesLost == 1)
  }

  @Test("R-073 pings without calls when asked for, and a server that had enough is told apart")
  func tooManyPings() throws {
    var calling = HTTP2Configuration()
    calling.keepaliveTime = .seconds(10)
    calling.keepaliveWithoutCalls = true
    let pair = try Pair(client: calling)
    try pair.wait(.seconds(120))
    #expect(pair.client.goAway?.isTooManyPings == true)
    #expect(pair.atClient.goAway == .enhanceYourCalm)
    #expect(pair.atClient.isClosed)
  }

  @Test("R-031 an idle connection is told to go, in two phases, and a used one is not")
  func idle() throws {
    var configuration = HTTP2Configuration()
    configuration.maximumConnectionIdle = .seconds(60)
    let pair = try Pair(configuration)
    let stream = try pair.request()
    try pair.wait(.seconds(100))
    #expect(pair.atClient.goAway == nil)
    stream.reset(.cancel)
    try pair.wait(.seconds(50))
    #expect(pair.atClient.goAway == nil)
    try pair.wait(.seconds(20))
    #expect(pair.client.goAway?.debugData == "max_idle" || pair.atClient.isClosed)
    #expect(pair.atServer.isClosed)
  }

  @Test("R-031 an old connection: GOAWAY max_age, PING, the real id, then the end by force")
  func age() throws {
    var configuration = HTTP2Configuration()
    configuration.maximumConnectionAge = .seconds(100)
    configuration.maximumConnectionAgeGrace = .seconds(30)
    let attacked = try Attacked(configuration)
    try attacked.send(RawFrame.request(1))
    #expect(try attacked.wait(.seconds(89)).isEmpty)
    var first: [RawFrame.Frame] = []
    for _ in 0..<23 where first.isEmpty { first = try attacked.wait(.seconds(1)) }
    #expect(first.map(\.type).sorted() == [6, 7])
    let notice = try #require(first.first { $0.type == 7 })
    #expect(notice.code() == 0x7fff_ffff && notice.code(at: 4) == 0)
    #expect(notice.debugData == "max_age")
    // A stream that was under way is still taken.
    try attacked.send(RawFrame.request(3))
    #expect(attacked.witness.accepted.count == 2)
    let ping = try #require(first.first { $0.type == 6 })
    let second = try attacked.send(RawFrame.bytes(6, flags: 1, Array(ping.body)))
    #expect(second.first?.type == 7 && second.first?.code() == 3)
    try attacked.send(RawFrame.request(5))
    #expect(attacked.witness.accepted.count == 2)
    #expect(!attacked.witness.isClosed)
    _ = try attacked.wait(.seconds(40))
    #expect(attacked.witness.isClosed)
  }

  @Test("R-031 a peer that never answers the PING gets the second GOAWAY all the same")
  func mute() throws {
    let attacked = try Attacked()
    try attacked.send(RawFrame.request(1))
    attacked.server.shutDown("drain")
    _ = try attacked.answers()
    let second = try attacked.wait(.seconds(7))
    #expect(second.first { $0.type == 7 }?.code() == 1)
    #expect(!attacked.witness.isClosed)
  }

  @Test("R-066 streams above the last id end as refused, those below go on, a second GOAWAY counts")
  func goAwayTwice() throws {
    let channel = EmbeddedChannel()
    let witness = Witness()
    let client = HTTP2Connection.client(
      on: channel.embeddedEventLoop, configuration: .init(), delegate: witness)
    try channel.pipeline.syncOperations.addHandler(client)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    func send(_ bytes: [UInt8]) throws {
      try channel.writeInbound(ByteBuffer(bytes: bytes))
      channel.embeddedEventLoop.run()
    }
    try send(RawFrame.bytes(4))
    let request = HeaderFields([
      ":method": "POST", ":scheme": "http", ":path": "/", ":authority": "x",
    ])
    let streams = try (0..<3).map { _ in
      try client.open(request, endStream: true, delegate: witness)
    }
    channel.embeddedEventLoop.run()
    try send(RawFrame.bytes(7, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0] + Array("drain".utf8)))
    #expect(client.goAway == GoAway(code: .noError, lastStream: .max, debugData: "drain"))
    #expect(streams.allSatisfy { $0.closure == nil })
    try send(RawFrame.bytes(7, [0, 0, 0, 3, 0, 0, 0, 0]))
    #expect(streams.map(\.closure) == [nil, nil, .reset(.refusedStream)])
    try send(RawFrame.bytes(7, [0, 0, 0, 1, 0, 0, 0, 0]))
    #expect(streams.map(\.closure) == [nil, .reset(.refusedStream), .reset(.refusedStream)])
    #expect(!witness.isClosed)
    try send(RawFrame.bytes(7, [0, 0, 0, 1, 0, 0, 0, 2]))
    #expect(streams[0].closure == .connectionLost)
    #expect(witness.isClosed)
  }

  @Test("R-026 windows grow while a reader keeps up, and not for one that sleeps")
  func windows() throws {
    var configuration = HTTP2Configuration()
    configuration.initialStreamWindow = 64 * 1024
    configuration.connectionWindow = 64 * 1024
    configuration.largestWindow = 1024 * 1024
    let pair = try Pair(configuration)
    let stream = try pair.request()
    for _ in 0..<40 {
      stream.send { $0.writeRepeatingByte(7, count: 64 * 1024) }
      try pair.wire.settle(roundTrip: .milliseconds(10))
    }
    let grown = try #require(pair.server.bandwidth?.window)
    #expect(grown > 64 * 1024 && grown <= 1024 * 1024)
    pair.atServer.consumes = false
    pair.atServer.bytes = []
    stream.send { $0.writeRepeatingByte(7, count: 4 * 1024 * 1024) }
    try pair.wait(.seconds(3))
    #expect(pair.server.bandwidth?.window == grown)
    #expect(pair.atServer.bytes.count <= grown)
    #expect(!pair.atClient.isClosed)
  }

  @Test("R-028 windows do not grow on a short path, where they are only a queue")
  func shortPath() throws {
    let pair = try Pair()
    let stream = try pair.request()
    for _ in 0..<100 {
      stream.send { $0.writeRepeatingByte(7, count: 256 * 1024) }
      try pair.wire.settle(roundTrip: .microseconds(500))
    }
    #expect(pair.atServer.bytes.count == 100 * 256 * 1024)
    #expect(pair.server.bandwidth?.window == 256 * 1024)
  }

  @Test(
    "R-026 a window reaches what is under way on its path, and not much more",
    arguments: [(5, 100), (20, 100), (100, 10), (3, 1000)])
  func estimate(milliseconds: Int, megabytesPerSecond: Int) {
    var estimate = BandwidthEstimate(window: 256 * 1024, cap: 16 * 1024 * 1024)
    let underWay = milliseconds * megabytesPerSecond * 1000
    var now = NIODeadline.uptimeNanoseconds(0)
    for _ in 0..<200 where estimate.took(estimate.window) {
      estimate.sampleStarted(at: now)
      // A whole window passes in one round trip; what is more than the path holds waits in front of it.
      let sample = estimate.window
      now = now + .microseconds(Int64(max(milliseconds * 1000, sample / megabytesPerSecond)))
      _ = estimate.took(sample)
      _ = estimate.sampleEnded(at: now)
    }
    #expect(estimate.window >= underWay)
    #expect(estimate.window <= max(256 * 1024, 4 * underWay))
  }

  @Test("R-216 what streams held is off the books when they end, however they end")
  func books() throws {
    let pair = try Pair()
    for kind in 0..<4 {
      let stream = try pair.request()
      stream.send { $0.writeRepeatingByte(7, count: 50_000) }
      if kind > 1 { pair.atServer.consumes = false }
      if kind != 0 { stream.finish() }
      try pair.wire.settle()
      let accepted = try #require(pair.atServer.accepted.last?.stream)
      accepted.respond(ok)
      accepted.send { $0.writeRepeatingByte(7, count: 300_000) }
      accepted.keep(1000)
      if kind == 3 { accepted.discardUnsent() }
      if kind == 0 { stream.reset(.cancel) } else { accepted.finish() }
      try pair.wire.settle()
    }
    #expect(pair.server.streamCount == 0 && pair.client.streamCount == 0)
    for load in [pair.server.load, pair.client.load] {
      #expect(load.unsent == 0)
      #expect(load.unread == 0)
    }
  }

  @Test("a connection at rest keeps no buffers, and works on when it wakes")
  func rest() throws {
    let pair = try Pair()
    for _ in 0..<3 {
      let stream = try pair.request("/", endStream: true)
      try pair.wire.settle()
      let accepted = try #require(pair.atServer.accepted.last?.stream)
      accepted.respond(ok)
      accepted.send { $0.writeRepeatingByte(7, count: 100) }
      accepted.finish()
      try pair.wire.settle()
      #expect(stream.closure == .finished)
      try pair.wait(.seconds(5))
      #expect(!pair.server.upkeep.isTicking && pair.server.output == nil)
      #expect(pair.server.spareBuffers.isEmpty)
    }
  }
}
