import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP2

/// Two connections joined by hand: what one writes the other reads.
final class Wire {
  let client = EmbeddedChannel()
  let server = EmbeddedChannel()

  /// Carries bytes both ways until neither side has any.
  func settle() throws {
    var isMoving = true
    while isMoving {
      isMoving = false
      client.embeddedEventLoop.run()
      server.embeddedEventLoop.run()
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

  init(_ configuration: HTTP2Configuration = .init()) throws {
    client = .client(
      on: wire.client.embeddedEventLoop, configuration: .init(), delegate: atClient)
    server = .server(
      on: wire.server.embeddedEventLoop, configuration: configuration, delegate: atServer)
    try wire.client.pipeline.syncOperations.addHandler(client)
    try wire.server.pipeline.syncOperations.addHandler(server)
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
    wire.client.connect(to: address, promise: nil)
    wire.server.connect(to: address, promise: nil)
    try wire.settle()
  }

  func request(_ path: String = "/", endStream: Bool = false) throws -> HTTP2Stream {
    try client.open(
      HeaderFields([
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
      ]), endStream: endStream, delegate: atClient)
  }
}
