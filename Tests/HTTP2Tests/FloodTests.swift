import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP2

/// The attacks of CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2024-27316 and CVE-2025-8671, frame by frame.
@Suite struct FloodTests {
  private static let calm = HTTP2ErrorCode.enhanceYourCalm.rawValue

  private static let controls: [(String, [UInt8])] = [
    ("SETTINGS", RawFrame.bytes(4)),
    ("PING acknowledgements", RawFrame.bytes(6, flags: 1, Array(repeating: 0, count: 8))),
    ("PRIORITY", RawFrame.bytes(2, stream: 1, [0, 0, 0, 3, 7])),
    ("unknown frames", RawFrame.bytes(0xbe, stream: 0, [1, 2, 3])),
    ("unknown frames on a stream", RawFrame.bytes(0x42, stream: 1)),
    ("empty DATA", RawFrame.bytes(0, stream: 1)),
    ("DATA of padding only", RawFrame.bytes(0, flags: 8, stream: 1, [3, 0, 0, 0])),
    ("WINDOW_UPDATE", RawFrame.bytes(8, stream: 0, [0, 0, 0, 1])),
    ("GOAWAY", RawFrame.bytes(7, [0, 0, 0, 0, 0, 0, 0, 0])),
  ]

  @Test("R-214 a flood of frames that carry nothing ends with ENHANCE_YOUR_CALM", arguments: 0..<9)
  func control(index: Int) throws {
    var configuration = HTTP2Configuration()
    configuration.controlBurst = 500
    configuration.controlRate = 1
    let attacked = try Attacked(configuration)
    try attacked.send(RawFrame.request(1))
    let (_, frame) = Self.controls[index]
    let (goAway, rounds) = try attacked.flood(1000) { _ in frame }
    #expect(goAway?.code(at: 4) == Self.calm)
    #expect((400...510).contains(rounds))
    #expect(attacked.witness.isClosed)
    #expect(attacked.counters.snapshot.limitsBroken == 1)
  }

  @Test("R-214 an honest receiver's WINDOW_UPDATEs do not count")
  func windowUpdates() throws {
    var configuration = HTTP2Configuration()
    configuration.controlBurst = 50
    configuration.controlRate = 1
    let attacked = try Attacked(configuration)
    try attacked.send(RawFrame.request(1))
    let stream = try #require(attacked.witness.accepted.first?.stream)
    stream.respond(HeaderFields([":status": "200"]))
    for _ in 0..<500 {
      stream.send { $0.writeRepeatingByte(7, count: 100) }
      _ = try attacked.answers()
      let update = RawFrame.bytes(8, stream: 1, [0, 0, 0, 100])
      try attacked.send(update + RawFrame.bytes(8, stream: 0, [0, 0, 0, 100]))
    }
    #expect(!attacked.server.isLingering)
  }

  @Test("R-214 nor do those with which a client opens its streams, whatever the answer")
  func windowsOfNewStreams() throws {
    var configuration = HTTP2Configuration()
    configuration.controlBurst = 50
    configuration.controlRate = 1
    let attacked = try Attacked(configuration)
    attacked.witness.onAccept = {
      $0.respond(HeaderFields([":status": "200"]), endStream: true)
    }
    let (goAway, _) = try attacked.flood(500) { round in
      let id = UInt32(2 * round + 1)
      return RawFrame.request(id) + RawFrame.bytes(8, stream: id, [0, 0, 0, 5])
        + RawFrame.bytes(8, stream: 0, [0, 0, 0, 5]) + RawFrame.bytes(0, flags: 1, stream: id)
    }
    #expect(goAway == nil)
  }

  @Test("R-211 rapid reset ends with ENHANCE_YOUR_CALM, not nghttp2's INTERNAL_ERROR")
  func rapidReset() throws {
    let attacked = try Attacked(.publicListener)
    let (goAway, rounds) = try attacked.flood(2000) { round in
      let id = UInt32(2 * round + 1)
      return RawFrame.request(id) + RawFrame.bytes(3, stream: id, [0, 0, 0, 8])
    }
    #expect(goAway?.code(at: 4) == Self.calm)
    #expect(goAway?.debugData == "too many resets")
    #expect((999...1100).contains(rounds))
    #expect(attacked.server.streamCount == 0)
    #expect(attacked.counters.snapshot.resetsReceived >= 1000)
  }

  @Test("R-211 a client that resets what we ended first is honest, and earns nothing by it")
  func resetsAfterTheEnd() throws {
    var configuration = HTTP2Configuration()
    configuration.resetBurst = 50
    configuration.resetRate = 1
    configuration.maximumConcurrentStreams = 10
    let attacked = try Attacked(configuration)
    attacked.witness.onAccept = {
      $0.respond(HeaderFields([":status": "200"]), endStream: true)
    }
    let (goAway, _) = try attacked.flood(15_000) { round in
      let id = UInt32(2 * round + 1)
      return round % 2 == 0
        ? RawFrame.request(id) : RawFrame.bytes(3, stream: id - 2, [0, 0, 0, 0])
    }
    #expect(goAway == nil)
    #expect(!attacked.server.isLingering)
    // Ends that were not answered by a reset are no store of resets to come.
    for round in 0..<1000 { try attacked.send(RawFrame.request(UInt32(40_001 + 2 * round))) }
    attacked.witness.onAccept = nil
    let (end, rounds) = try attacked.flood(1000) { round in
      let id = UInt32(50_001 + 2 * round)
      return RawFrame.request(id) + RawFrame.bytes(3, stream: id, [0, 0, 0, 8])
    }
    #expect(end?.debugData == "too many resets")
    #expect((50...65).contains(rounds))
  }

  @Test(
    "R-211 answered calls forgive as many resets, where a listener says so",
    arguments: [true, false])
  func forgiven(answersForgive: Bool) throws {
    var configuration = HTTP2Configuration()
    configuration.resetBurst = 50
    configuration.resetRate = 1
    configuration.answersForgiveResets = answersForgive
    let attacked = try Attacked(configuration)
    attacked.witness.onAccept = {
      if $0.id % 4 == 1 { $0.respond(HeaderFields([":status": "200"]), endStream: true) }
    }
    let (goAway, rounds) = try attacked.flood(1000) { round in
      let id = UInt32(4 * round + 1)
      let answered = RawFrame.request(id) + RawFrame.bytes(0, flags: 1, stream: id)
      return answered + RawFrame.request(id + 2)
        + RawFrame.bytes(3, stream: id + 2, [0, 0, 0, 8])
    }
    #expect(rounds == 1000 || !answersForgive)
    #expect(goAway?.debugData == (answersForgive ? nil : "too many resets"))
  }

  @Test("R-027 one stream too many is refused and nothing else", arguments: [true, false])
  func tooManyStreams(acknowledged: Bool) throws {
    var configuration = HTTP2Configuration()
    configuration.maximumConcurrentStreams = 3
    let attacked = try Attacked(configuration, acknowledges: acknowledged)
    var frames: [RawFrame.Frame] = []
    for index in 0..<6 { frames += try attacked.send(RawFrame.request(UInt32(2 * index + 1))) }
    #expect(attacked.witness.accepted.count == 3)
    let resets = frames.filter { $0.type == 3 }
    #expect(resets.map(\.stream) == [7, 9, 11])
    #expect(resets.allSatisfy { $0.code() == HTTP2ErrorCode.refusedStream.rawValue })
    #expect(!frames.contains { $0.type == 7 })
    // What still comes for a refused stream is no fault, and a place that is free again is there.
    try attacked.send(RawFrame.bytes(0, flags: 1, stream: 7, [1, 2, 3]))
    try attacked.send(RawFrame.bytes(3, stream: 1, [0, 0, 0, 8]) + RawFrame.request(13))
    #expect(attacked.witness.accepted.count == 4)
    #expect(!attacked.server.isLingering)
  }

  @Test("R-212 streams that the server is made to reset are limited")
  func madeYouReset() throws {
    let attacked = try Attacked(.publicListener)
    let (goAway, rounds) = try attacked.flood(2000) { round in
      let id = UInt32(2 * round + 1)
      return RawFrame.request(id) + RawFrame.bytes(8, stream: id, [0x7f, 0xff, 0xff, 0xff])
    }
    #expect(goAway?.code(at: 4) == Self.calm)
    #expect(goAway?.debugData == "too many stream errors")
    #expect((99...120).contains(rounds))
  }

  @Test("R-212 a body that differs from content-length counts as a fault")
  func contentLength() throws {
    var configuration = HTTP2Configuration.publicListener
    configuration.faultBurst = 20
    configuration.faultRate = 1
    let attacked = try Attacked(configuration)
    // content-length: 1, literal with the static table's name.
    let length: [UInt8] = [0x0f, 0x0d, 0x01, 0x31]
    let (goAway, _) = try attacked.flood(200) { round in
      let id = UInt32(2 * round + 1)
      return RawFrame.request(id, length) + RawFrame.bytes(0, stream: id, [1, 2, 3])
    }
    #expect(goAway?.code(at: 4) == Self.calm)
  }

  @Test("R-213 CONTINUATION without end is cut off")
  func continuations() throws {
    let attacked = try Attacked()
    try attacked.send(RawFrame.bytes(1, flags: 0, stream: 1, [0x83]))
    let (goAway, rounds) = try attacked.flood(100) { _ in
      RawFrame.bytes(9, stream: 1, [0x00, 0x01, 0x78, 0x01, 0x79])
    }
    #expect(goAway?.code(at: 4) == Self.calm)
    #expect(rounds < 12)
  }

  @Test("R-213 a header bomb before our settings are acknowledged is refused, a larger one ends it")
  func headerBomb() throws {
    let attacked = try Attacked(acknowledges: false)
    // One field of 3,900 bytes into the table, then references to it, a byte each.
    let name: [UInt8] = [0x40, 0x01, 0x78, 0x7f, 0xbd, 0x1d]
    let field = name + Array(repeating: 0x61, count: 3900)
    let small = try attacked.send(
      RawFrame.request(1, field + Array(repeating: 0xbe, count: 20)))
    #expect(small.contains { $0.type == 1 && $0.stream == 1 })
    #expect(attacked.witness.accepted.isEmpty)
    // The table is still in step: a reference into it works.
    try attacked.send(RawFrame.request(3, [0xbe]))
    #expect(attacked.witness.accepted.first?.headers["x"]?.count == 3900)
    let bomb = try attacked.send(RawFrame.request(5, Array(repeating: 0xbe, count: 12_000)))
    #expect(bomb.first { $0.type == 7 }?.debugData == "header bomb")
  }

  @Test("R-216 a peer that does not read its answers fills no queue")
  func unread() throws {
    var configuration = HTTP2Configuration()
    configuration.maximumOutboundQueue = 300
    configuration.faultBurst = 100_000
    let attacked = try Attacked(configuration)
    attacked.channel.isWritable = false
    attacked.witness.onAccept = {
      $0.respond(HeaderFields([":status": "200"]), endStream: true)
    }
    for round in 0..<1000 where !attacked.server.isLingering && !attacked.server.isClosed {
      try attacked.send(RawFrame.request(UInt32(2 * round + 1)))
    }
    #expect(attacked.server.isLingering)
    #expect(attacked.witness.accepted.count <= 302)
  }

  @Test("R-028 a small answer passes a large one: DATA goes round in frames of 16 KiB")
  func fairness() throws {
    let attacked = try Attacked()
    // The peer's windows are no bound here.
    let open: [UInt8] = [0x7f, 0, 0, 0]
    try attacked.send(
      RawFrame.bytes(4, [0, 4] + open) + RawFrame.bytes(8, stream: 0, open) + RawFrame.request(1)
        + RawFrame.request(3) + RawFrame.request(5))
    let streams = attacked.witness.accepted.map(\.stream)
    for stream in streams { stream.respond(HeaderFields([":status": "200"])) }
    for stream in streams.prefix(2) {
      stream.send { $0.writeRepeatingByte(7, count: 4 * 1024 * 1024) }
    }
    streams[2].send { $0.writeRepeatingByte(7, count: 100) }
    streams[2].finish()
    let data = try attacked.answers().filter { $0.type == 0 }
    #expect(data.count > 500)
    #expect(data.allSatisfy { $0.body.count <= 16 * 1024 })
    let small = try #require(data.firstIndex { $0.stream == 5 })
    #expect(small < 4)
    let first = data.prefix(100).count { $0.stream == 1 }
    #expect((45...55).contains(first))
  }

  @Test("R-216 a peer that opens no window, or a byte now and then, is cut off")
  func zeroWindow() throws {
    let attacked = try Attacked(.publicListener)
    // Our answers may be one byte a stream.
    try attacked.send(RawFrame.bytes(4, [0, 4, 0, 0, 0, 1]) + RawFrame.request(1))
    let stream = try #require(attacked.witness.accepted.first?.stream)
    stream.respond(HeaderFields([":status": "200"]))
    stream.send { $0.writeRepeatingByte(7, count: 10_000) }
    for _ in 0..<5 {
      _ = try attacked.wait(.seconds(10))
      try attacked.send(RawFrame.bytes(8, stream: 1, [0, 0, 0, 1]))
    }
    #expect(!attacked.witness.isClosed)
    _ = try attacked.wait(.seconds(20))
    #expect(attacked.witness.isClosed)
    #expect(stream.closure == .connectionLost)
  }

  @Test(
    "R-216 a peer that reads on is not cut off, however slow, unless the memory it holds is needed",
    arguments: [false, true])
  func slow(isTight: Bool) throws {
    var configuration = HTTP2Configuration.publicListener
    configuration.budget = BufferBudget(limit: 1_000_000)
    if isTight { configuration.budget.change(by: 800_000) }
    let attacked = try Attacked(configuration)
    try attacked.send(RawFrame.bytes(4, [0, 4, 0, 0, 0, 1]) + RawFrame.request(1))
    let stream = try #require(attacked.witness.accepted.first?.stream)
    stream.respond(HeaderFields([":status": "200"]))
    stream.send { $0.writeRepeatingByte(7, count: 100_000) }
    for _ in 0..<30 {
      _ = try attacked.wait(.seconds(10))
      if !attacked.witness.isClosed {
        try attacked.send(RawFrame.bytes(8, stream: 1, [0, 0, 8, 0]))
      }
    }
    #expect(attacked.witness.isClosed == isTight)
  }

  @Test(
    "R-216 the budget for buffers: over it, new streams are refused and growing connections end")
  func budget() throws {
    let budget = BufferBudget(limit: 1_000_000)
    var configuration = HTTP2Configuration()
    configuration.budget = budget
    configuration.connectionWindow = 16 * 1024 * 1024
    configuration.initialStreamWindow = 8 * 1024 * 1024
    let first = try Attacked(configuration)
    first.witness.consumes = false
    try first.send(RawFrame.request(1))
    let chunk = RawFrame.bytes(0, stream: 1, Array(repeating: 7, count: 16_000))
    let (goAway, rounds) = try first.flood(200) { _ in chunk }
    #expect(goAway?.code(at: 4) == Self.calm)
    #expect(rounds < 75)
    #expect(budget.used == 0)
    budget.change(by: 2_000_000)
    let second = try Attacked(configuration)
    let answer = try second.send(RawFrame.request(1))
    #expect(answer.first { $0.type == 3 }?.code() == HTTP2ErrorCode.refusedStream.rawValue)
    #expect(second.witness.accepted.isEmpty)
  }

  @Test("R-041 HTTP/1.1 with Upgrade: h2c is not answered with 101")
  func upgrade() throws {
    let channel = EmbeddedChannel()
    let witness = Witness()
    let server = HTTP2Connection.server(
      on: channel.embeddedEventLoop, configuration: .init(), delegate: witness)
    try channel.pipeline.syncOperations.addHandler(server)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    let text =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
      + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    try channel.writeInbound(ByteBuffer(string: text))
    channel.embeddedEventLoop.run()
    var answer: [UInt8] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
      answer += bytes.readableBytesView
    }
    #expect(witness.isClosed)
    #expect(witness.accepted.isEmpty)
    #expect(!String(decoding: answer, as: UTF8.self).contains("101"))
  }
}
