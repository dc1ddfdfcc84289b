import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP2

@Suite struct ConnectionTests {
  private let ok = HeaderFields([":status": "200"])

  @Test("a request with a body is answered with headers, body and trailers")
  func exchange() throws {
    let pair = try Pair()
    #expect(pair.atClient.isReady && pair.atServer.isReady)
    let stream = try pair.request("/hello")
    stream.send { $0.writeString("question") }
    stream.finish()
    try pair.wire.settle()
    let accepted = try #require(pair.atServer.accepted.first)
    #expect(accepted.headers[":path"] == "/hello")
    #expect(pair.atServer.bytes == Array("question".utf8))
    #expect(pair.atServer.ends == 1)
    accepted.stream.respond(ok)
    accepted.stream.send { $0.writeString("answer") }
    accepted.stream.finish(trailers: HeaderFields(["x-end": "1"]))
    try pair.wire.settle()
    #expect(pair.atClient.headers.first?[":status"] == "200")
    #expect(pair.atClient.bytes == Array("answer".utf8))
    #expect(pair.atClient.trailers.first?["x-end"] == "1")
    #expect(pair.atClient.closures == [.finished])
    #expect(pair.atServer.closures == [.finished])
    #expect(pair.server.streamCount == 0)
  }

  @Test("R-024 bytes that nobody consumed hold the sender at the window")
  func window() throws {
    var configuration = HTTP2Configuration()
    configuration.initialStreamWindow = 100_000
    let pair = try Pair(configuration)
    pair.atServer.consumes = false
    let stream = try pair.request()
    stream.send { $0.writeRepeatingByte(7, count: 500_000) }
    stream.finish()
    try pair.wire.settle()
    #expect(pair.atServer.bytes.count == 100_000)
    #expect(!stream.isWritable)
    let accepted = try #require(pair.atServer.accepted.first?.stream)
    accepted.consume(100_000)
    try pair.wire.settle()
    #expect(pair.atServer.bytes.count == 200_000)
  }

  @Test("R-216 unread bytes of a closed stream go back to the connection's window")
  func leak() throws {
    let pair = try Pair()
    pair.atServer.consumes = false
    pair.atServer.onAccept = { stream in stream.eventLoop.execute { stream.reset(.cancel) } }
    for _ in 0..<100 {
      let stream = try pair.request()
      stream.send { $0.writeRepeatingByte(7, count: 60_000) }
      stream.finish()
      try pair.wire.settle()
    }
    pair.atServer.onAccept = nil
    pair.atServer.consumes = true
    pair.atServer.bytes = []
    let stream = try pair.request()
    stream.send { $0.writeRepeatingByte(7, count: 60_000) }
    stream.finish()
    try pair.wire.settle()
    #expect(pair.atServer.bytes.count == 60_000)
  }

  @Test("R-020 an answer before the end of the request tells the client to stop")
  func earlyAnswer() throws {
    let pair = try Pair()
    pair.atServer.onAccept = { [ok] in $0.respond(ok, endStream: true) }
    let stream = try pair.request()
    stream.send { $0.writeString("and so on") }
    try pair.wire.settle()
    #expect(pair.atClient.headers.count == 1)
    #expect(pair.atClient.closures.count == 1)
    #expect(pair.server.streamCount == 0)
  }

  @Test("R-027 streams beyond the limit wait for the client or are refused by the server")
  func streamLimit() throws {
    var configuration = HTTP2Configuration()
    configuration.maximumConcurrentStreams = 3
    let pair = try Pair(configuration)
    #expect(pair.client.availableStreams == 3)
    for _ in 0..<5 { _ = try pair.request() }
    try pair.wire.settle()
    #expect(pair.atServer.accepted.count == 3)
    #expect(pair.client.availableStreams == 0)
  }

  @Test("R-213 oversized headers are answered with 431 and the connection lives")
  func headers() throws {
    let pair = try Pair()
    var fields = HeaderFields([
      ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "localhost",
    ])
    for index in 0..<30 { fields.append("x-\(index)", String(repeating: "a", count: 1000)) }
    _ = try pair.client.open(fields, endStream: true, delegate: pair.atClient)
    try pair.wire.settle()
    #expect(pair.atServer.accepted.isEmpty)
    #expect(pair.atClient.headers.first?[":status"] == "431")
    _ = try pair.request(endStream: true)
    try pair.wire.settle()
    #expect(pair.atServer.accepted.count == 1)
  }

  @Test("R-211 rapid resets end the connection")
  func rapidReset() throws {
    var configuration = HTTP2Configuration()
    configuration.resetBurst = 50
    configuration.resetRate = 1
    let pair = try Pair(configuration)
    for _ in 0..<200 where !pair.atServer.isClosed && !pair.client.isGoingAway {
      let stream = try pair.request()
      try pair.wire.settle()
      stream.reset(.cancel)
      try pair.wire.settle()
    }
    #expect(pair.client.isGoingAway || pair.atClient.isClosed)
    #expect(pair.atServer.accepted.count < 100)
  }

  @Test("R-066 a graceful end refuses nothing until the second GOAWAY and waits for streams")
  func shutDown() throws {
    let pair = try Pair()
    let stream = try pair.request(endStream: true)
    try pair.wire.settle()
    pair.server.shutDown()
    try pair.wire.settle()
    #expect(pair.atClient.goAway == .noError)
    #expect(!pair.atServer.isClosed)
    #expect(throws: HTTP2Error.connectionUnavailable) { try pair.request() }
    pair.atServer.accepted[0].stream.respond(ok, endStream: true)
    try pair.wire.settle()
    #expect(stream.closure == .finished)
    #expect(pair.atServer.isClosed)
  }

  @Test("V-20 a connection that goes away closes every stream once, also from inside a callback")
  func lost() throws {
    let pair = try Pair()
    pair.atServer.onAccept = { stream in
      // Closing the socket while nghttp2 is in the middle of the read that brought the request.
      stream.connection?.close(.cancel)
    }
    for _ in 0..<5 { _ = try pair.request() }
    try pair.wire.settle()
    #expect(pair.atServer.isClosed)
    #expect(pair.atServer.closures.allSatisfy { $0 == .connectionLost })
    #expect(pair.atServer.closures.count == pair.atServer.accepted.count)
  }

  @Test("R-040 a connection without a preface is closed by the timer")
  func silent() throws {
    let channel = EmbeddedChannel()
    let witness = Witness()
    let connection = HTTP2Connection.server(
      on: channel.embeddedEventLoop, configuration: .init(), delegate: witness)
    try channel.pipeline.syncOperations.addHandler(connection)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    #expect(!witness.isClosed)
    channel.embeddedEventLoop.advanceTime(by: .seconds(2))
    #expect(witness.isClosed)
  }

  private final class Reads: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0
    func read(context: ChannelHandlerContext) {
      count += 1
      context.read()
    }
  }

  @Test("V-16 a server that is told to wait reads once when its time is over, and not before")
  func pausedReading() throws {
    let attacked = try Attacked()
    let reads = Reads()
    try attacked.channel.pipeline.syncOperations.addHandler(reads, position: .first)
    attacked.channel.read()
    #expect(reads.count == 1)
    attacked.witness.pause = .milliseconds(20)
    attacked.channel.read()
    attacked.channel.read()
    _ = try attacked.wait(.milliseconds(19))
    #expect(reads.count == 1)
    _ = try attacked.wait(.milliseconds(1))
    #expect(reads.count == 2)
    attacked.witness.pause = nil
    attacked.channel.read()
    #expect(reads.count == 3)
    // One that ends meanwhile is not read again.
    attacked.witness.pause = .milliseconds(20)
    attacked.channel.read()
    attacked.channel.close(promise: nil)
    _ = try attacked.wait(.seconds(1))
    #expect(attacked.witness.isClosed && reads.count == 3)
  }

  @Test("V-17 the first answer of a connection stays out of HPACK's table, the second goes in")
  func firstAnswer() throws {
    let attacked = try Attacked()
    attacked.witness.onAccept = {
      $0.respond(HeaderFields([":status": "200", "x-a-name": "a-value"]), endStream: true)
    }
    let sizes = try (0..<3).map { round in
      let frames = try attacked.send(RawFrame.request(UInt32(1 + 2 * round)))
      return try #require(frames.first { $0.type == 1 }).body.count
    }
    #expect(sizes[0] == sizes[1])
    #expect(sizes[2] == 2)
  }
}
