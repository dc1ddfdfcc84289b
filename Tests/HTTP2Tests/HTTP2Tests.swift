import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP2

/// Two connections joined by hand: what one writes the other reads.
final class Wire {
  let client = EmbeddedChannel()
  let server = EmbeddedChannel()

  /// Carries bytes both ways until neither side has any. An answer comes `roundTrip` after what it answers.
  func settle(roundTrip: TimeAmount = .zero) throws {
    var isMoving = true
    while isMoving {
      isMoving = false
      client.embeddedEventLoop.advanceTime(by: roundTrip)
      server.embeddedEventLoop.advanceTime(by: roundTrip)
      while let bytes = try client.readOutbound(as: ByteBuffer.self) {
        try server.writeInbound(bytes)
        isMoving = true
      }
      while let bytes = try server.readOutbound(as: ByteBuffer.self) {
        try client.writeInbound(bytes)
        isMoving = true
      }
    }
  }
}

/// What a peer of our own making sends and sees: frames, byte by byte.
enum RawFrame {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  static func bytes(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ body: [UInt8] = []
  ) -> [UInt8] {
    let count = body.count
    return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
      + withUnsafeBytes(of: stream.bigEndian, Array.init) + body
  }

  /// A request's HEADERS from the static table: POST http / on stream `id`, without END_STREAM.
  static func request(_ id: UInt32, _ more: [UInt8] = []) -> [UInt8] {
    bytes(1, flags: 4, stream: id, [0x83, 0x86, 0x84, 0x01, 0x01, 0x78] + more)
  }

  struct Frame {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var body: ArraySlice<UInt8>
    /// Of RST_STREAM (at 0) or GOAWAY (at 4).
    func code(at offset: Int = 0) -> UInt32 {
      body.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  static func split(_ bytes: [UInt8]) -> [Frame] {
    var frames: [Frame] = []
    var rest = bytes[...]
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      frames.append(
        Frame(
          type: head[3], flags: head[4], stream: stream, body: rest.dropFirst(9).prefix(count)))
      rest = rest.dropFirst(9 + count)
    }
    return frames
  }
}

/// A server under the hands of a raw peer.
struct Attacked {
  let channel = EmbeddedChannel()
  let witness = Witness()
  let server: HTTP2Connection
  let counters = HTTP2Counters()

  init(_ configuration: HTTP2Configuration = .init(), acknowledges: Bool = true) throws {
    var configuration = configuration
    configuration.counters = counters
    server = .server(
      on: channel.embeddedEventLoop, configuration: configuration, delegate: witness)
    try channel.pipeline.syncOperations.addHandler(server)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    let acknowledgement = acknowledges ? RawFrame.bytes(4, flags: 1) : []
    _ = try send(RawFrame.preface + RawFrame.bytes(4) + acknowledgement)
  }

  /// Sends bytes; the frames that come back.
  @discardableResult
  func send(_ bytes: [UInt8]) throws -> [RawFrame.Frame] {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
    return try answers()
  }

  func answers() throws -> [RawFrame.Frame] {
    channel.embeddedEventLoop.run()
    var all: [UInt8] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
      all += bytes.readableBytesView
    }
    return RawFrame.split(all)
  }

  func wait(_ time: TimeAmount) throws -> [RawFrame.Frame] {
    channel.embeddedEventLoop.advanceTime(by: time)
    return try answers()
  }

  /// Sends what `make` gives again and again; the GOAWAY that ends it and the number of rounds.
  func flood(
    _ rounds: Int, _ make: (Int) -> [UInt8]
  ) throws -> (goAway: RawFrame.Frame?, rounds: Int) {
    for round in 0..<rounds {
      if let goAway = try send(make(round)).first(where: { $0.type == 7 }) {
        return (goAway, round)
      }
      if witness.isClosed { return (nil, round) }
    }
    return (nil, rounds)
  }
}

extension RawFrame.Frame {
  var debugData: String { String(decoding: body.dropFirst(8), as: UTF8.self) }
}

/// Collects what one side sees.
final class Witness: HTTP2ConnectionDelegate, HTTP2StreamDelegate {
  var accepted: [(stream: HTTP2Stream, headers: HeaderFields)] = []
  var headers: [HeaderFields] = []
  var trailers: [HeaderFields] = []
  var bytes: [UInt8] = []
  var ends = 0
  var closures: [StreamClosure] = []
  var isReady = false
  var goAway: HTTP2ErrorCode?
  var isClosed = false
  var consumes = true
  var onAccept: ((HTTP2Stream) -> Void)?
  var pause: TimeAmount?

  func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) {
    accepted.append((stream, headers))
    stream.delegate = self
    onAccept?(stream)
  }
  func connectionIsReady(_ connection: HTTP2Connection) { isReady = true }
  func connection(
    _ connection: HTTP2Connection, isGoingAway code: HTTP2ErrorCode, lastStream: Int32
  ) { goAway = code }
  func pauseBeforeReading(_ connection: HTTP2Connection) -> TimeAmount? { pause }
  func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) { isClosed = true }

  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    self.headers.append(headers)
  }
  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
    if consumes { stream.consume(bytes.count) }
  }
  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    self.trailers.append(trailers)
  }
  func streamReceivedEnd(_ stream: HTTP2Stream) { ends += 1 }
  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) { closures.append(closure) }
}

/// A client and a server that have exchanged their settings.
struct Pair {
  let wire = Wire()
  let atClient = Witness()
  let atServer = Witness()
  let client: HTTP2Connection
  let server: HTTP2Connection

  init(
    _ configuration: HTTP2Configuration = .init(), client calling: HTTP2Configuration = .init()
  ) throws {
    client = .client(
      on: wire.client.embeddedEventLoop, configuration: calling, delegate: atClient)
    server = .server(
      on: wire.server.embeddedEventLoop, configuration: configuration, delegate: atServer)
    try wire.client.pipeline.syncOperations.addHandler(client)
    try wire.server.pipeline.syncOperations.addHandler(server)
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
    wire.client.connect(to: address, promise: nil)
    wire.server.connect(to: address, promise: nil)
    try wire.settle()
  }

  /// Lets time pass on both sides, in steps, and carries what comes of it.
  func wait(_ time: TimeAmount, step: TimeAmount = .seconds(1)) throws {
    var left = time.nanoseconds
    while left > 0 {
      let next = TimeAmount.nanoseconds(min(left, step.nanoseconds))
      wire.client.embeddedEventLoop.advanceTime(by: next)
      wire.server.embeddedEventLoop.advanceTime(by: next)
      try wire.settle()
      left -= next.nanoseconds
    }
  }

  func request(_ path: String = "/", endStream: Bool = false) throws -> HTTP2Stream {
    try client.open(
      HeaderFields([
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
      ]), endStream: endStream, delegate: atClient)
  }
}
