import Foundation
import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Testing

@testable import RPC

/// An HTTP/2 client that says what it likes; collects the answer of one stream.
final class RawClient: HTTP2ConnectionDelegate, @unchecked Sendable {
  let connection: HTTP2Connection
  let channel: any NIOCore.Channel
  private let ready: EventLoopPromise<Void>

  private final class Delegate: HTTP2ConnectionDelegate, @unchecked Sendable {
    let ready: EventLoopPromise<Void>
    init(_ ready: EventLoopPromise<Void>) { self.ready = ready }
    func connectionIsReady(_ connection: HTTP2Connection) { ready.succeed() }
    func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {
      ready.fail(ChannelError.eof)
    }
  }

  init(port: Int) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let ready = loop.makePromise(of: Void.self)
    let connection = HTTP2Connection.client(
      on: loop, configuration: .init(), delegate: Delegate(ready))
    self.connection = connection
    self.ready = ready
    channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    try await ready.futureResult.get()
  }

  /// One request; what came back when the stream was closed.
  ///
  /// - Parameter consumes: false never opens the server's window.
  func request(
    _ headers: HeaderFields, body: [UInt8] = [], finish: Bool = true, consumes: Bool = true
  ) async throws -> RawAnswer {
    let answer = connection.eventLoop.makePromise(of: RawAnswer.self)
    connection.eventLoop.execute {
      do {
        let stream = try self.connection.open(
          headers, endStream: false, delegate: RawStream(answer, consumes: consumes))
        stream.send { $0.writeBytes(body) }
        if finish { stream.finish() }
      } catch {
        answer.fail(error)
      }
    }
    return try await answer.futureResult.get()
  }

  /// Sends one whole request, on the connection's event loop; the answer to come.
  func open(
    _ headers: HeaderFields, body: [UInt8], opened: EventLoopPromise<HTTP2Stream>? = nil
  ) throws -> EventLoopFuture<RawAnswer> {
    let answer = connection.eventLoop.makePromise(of: RawAnswer.self)
    let stream = try connection.open(headers, endStream: false, delegate: RawStream(answer))
    stream.send { $0.writeBytes(body) }
    stream.finish()
    opened?.succeed(stream)
    return answer.futureResult
  }

  /// One request whose body leaves in a DATA frame for each piece.
  func request(_ headers: HeaderFields, pieces: [[UInt8]]) async throws -> RawAnswer {
    let loop = connection.eventLoop
    let answer = loop.makePromise(of: RawAnswer.self)
    let stream = try await loop.submit {
      try self.connection.open(headers, endStream: false, delegate: RawStream(answer))
    }.get()
    for piece in pieces {
      // What is sent in one turn of the loop leaves at its end.
      try await loop.submit { stream.send { $0.writeBytes(piece) } }.get()
      try await loop.submit {}.get()
    }
    loop.execute { stream.finish() }
    return try await answer.futureResult.get()
  }

  func close() async throws { try await channel.close() }

  static func headers(
    path: String = "/portico.testing.v1.Streams/Unary", method: String = "POST",
    type: String? = "application/grpc", _ more: KeyValuePairs<String, String> = [:]
  ) -> HeaderFields {
    var fields = HeaderFields([
      ":method": method, ":scheme": "http", ":path": path, ":authority": "localhost",
      "te": "trailers",
    ])
    if let type { fields.append("content-type", type) }
    for (name, value) in more { fields.append(name, value) }
    return fields
  }
}

struct RawAnswer: Sendable {
  var headers = HeaderFields()
  var trailers: HeaderFields?
  var body: [UInt8] = []
  var closure = StreamClosure.finished

  var http: String? { headers[":status"] }
  var grpc: String? { trailers?["grpc-status"] ?? headers["grpc-status"] }
}

private final class RawStream: HTTP2StreamDelegate, @unchecked Sendable {
  private var answer = RawAnswer()
  private let promise: EventLoopPromise<RawAnswer>
  private let consumes: Bool

  init(_ promise: EventLoopPromise<RawAnswer>, consumes: Bool = true) {
    self.promise = promise
    self.consumes = consumes
  }

  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    answer.headers = headers
  }
  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    answer.body += bytes
    if consumes { stream.consume(bytes.count) }
  }
  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    answer.trailers = trailers
  }
  func streamReceivedEnd(_ stream: HTTP2Stream) {}
  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    answer.closure = closure
    promise.succeed(answer)
  }
}

@Suite struct RawWireTests {
  private func withRaw(
    _ body: (RawClient, Int) async throws -> Void
  ) async throws {
    let server = Server(services: [EchoStreams()])
    let port = try await port(of: server)
    let raw = try await RawClient(port: port)
    try await body(raw, port)
    // Whatever was done to it, the connection still serves.
    let good = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 0])
    #expect(good.http == "200")
    #expect(good.grpc == "0")
    try await raw.close()
    await server.shutDown(grace: .zero)
  }

  @Test(
    "R-001 content types",
    arguments: [
      ("application/grpc", "200"), ("application/grpc+proto", "200"),
      ("application/grpc;x=y", "200"), ("application/grpcx", "415"),
      ("application/grpc+json", "415"), ("text/html", "415"), ("application/grpc ; x=y", "200"),
      ("application/grpc x", "415"), ("application/grpc+proto;", "200"), ("", "415"),
      ("Application/grpc", "415"), ("application/grpc,text/html", "415"),
    ])
  func contentType(type: String, expected: String) async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(RawClient.headers(type: type), body: [0, 0, 0, 0, 0])
      #expect(answer.http == expected)
    }
  }

  @Test("R-001 R-002 no content type is 415, another method 405")
  func notGRPC() async throws {
    try await withRaw { raw, _ in
      let untyped = try await raw.request(RawClient.headers(type: nil))
      #expect(untyped.http == "415")
      let get = try await raw.request(RawClient.headers(method: "GET"))
      #expect(get.http == "405")
    }
  }

  @Test(
    "R-003 only the exact path reaches a handler",
    arguments: [
      "/portico.testing.v1.Streams/unary", "//portico.testing.v1.Streams/Unary",
      "/portico.testing.v1.Streams/Unary/", "/portico.testing.v1.Streams/Unary?x=1",
      "/portico.testing.v1.Streams", "/", "/a/b/c/d", "/portico.testing.v1.Streams/%55nary",
    ])
  func paths(path: String) async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(RawClient.headers(path: path), body: [0, 0, 0, 0, 0])
      #expect(answer.grpc == "12")
      #expect(answer.trailers == nil, "R-005: one block")
    }
  }

  @Test(
    "R-010 R-014 R-015 R-016 bad bodies are answered with the right status",
    arguments: [
      ([], "12"),  // no message
      ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "12"),  // two
      ([0, 0, 0, 0, 5, 1], "13"),  // cut in the message
      ([0, 0, 0], "13"),  // cut in the prefix
      ([1, 0, 0, 0, 0], "13"),  // compressed without an encoding
      ([4, 0, 0, 0, 0], "13"),  // unknown flag
      ([0, 0, 0, 0, 2, 0xFF, 0xFF], "13"),  // no protobuf
      ([0, 0xFF, 0xFF, 0xFF, 0xFF], "8"),  // four gigabytes
    ] as [([UInt8], String)])
  func bodies(body: [UInt8], expected: String) async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(RawClient.headers(), body: body)
      #expect(answer.grpc == expected)
    }
  }

  @Test(
    "R-013 an oversized prefix is refused before the rest is sent; R-020 the client is told to stop"
  )
  func earlyRefusal() async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(
        RawClient.headers(), body: [0, 0xFF, 0xFF, 0xFF, 0xFF], finish: false)
      #expect(answer.grpc == "8")
      #expect(answer.closure == .finished || answer.closure == .reset(.noError))
    }
  }

  @Test("R-010 an unknown encoding is UNIMPLEMENTED and ours are listed")
  func encoding() async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(
        RawClient.headers(["grpc-encoding": "snappy"]), body: [1, 0, 0, 0, 0])
      #expect(answer.grpc == "12")
      #expect(answer.headers["grpc-accept-encoding"] == "identity,gzip")
    }
  }

  @Test("R-017 a malformed timeout is answered", arguments: ["", "1", "x", "999999999S", "-1S"])
  func timeout(text: String) async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(
        RawClient.headers(["grpc-timeout": text]), body: [0, 0, 0, 0, 0])
      #expect(answer.grpc == "13")
    }
  }

  @Test("R-022 R-213 a header bomb is refused and the connection lives")
  func headerBomb() async throws {
    try await withRaw { raw, _ in
      var headers = RawClient.headers()
      for index in 0..<20 { headers.append("x-\(index)", String(repeating: "a", count: 2000)) }
      let large = try await raw.request(headers)
      #expect(large.http == "431" && large.grpc == "8")
      var many = RawClient.headers()
      for index in 0..<300 { many.append("x\(index)", "") }
      let numerous = try await raw.request(many)
      #expect(numerous.http == "431")
    }
  }

  @Test("R-121 a message 10 000 deep is refused and the process lives")
  func deep() async throws {
    var message: [UInt8] = []
    for _ in 0..<10_000 {
      var count = message.count
      var prefix: [UInt8] = [0x0A]
      while count >= 0x80 {
        prefix.append(UInt8(count & 0x7F) | 0x80)
        count >>= 7
      }
      prefix.append(UInt8(count))
      message = prefix + message
    }
    let length = withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) }
    try await withRaw { raw, _ in
      let answer = try await raw.request(RawClient.headers(), body: [0] + length + message)
      #expect(answer.grpc == "13")
    }
  }

  @Test("R-004 success has headers, one message and trailers with grpc-status 0")
  func success() async throws {
    try await withRaw { raw, _ in
      let answer = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 3, 0x12, 1, 65])
      #expect(answer.headers["content-type"] == "application/grpc")
      #expect(answer.headers["grpc-status"] == nil)
      #expect(answer.body == [0, 0, 0, 0, 3, 0x12, 1, 65])
      #expect(answer.trailers?["grpc-status"] == "0")
    }
  }

  @Test("R-218 bytes that are no HTTP/2 end their connection and nothing else")
  func garbage() async throws {
    let server = Server(services: [EchoStreams()])
    let port = try await port(of: server)
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    let attacks: [[UInt8]] = [
      Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
      preface + [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1],
      preface + settings + [0, 0, 1, 1, 4, 0, 0, 0, 1, 0xFF],
      preface + settings + [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      preface + settings + [0, 0, 5, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5],
      preface + settings + [0, 0, 0, 9, 0, 0, 0, 0, 1],
      [0], [],
    ]
    for attack in attacks {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
      // The server may hang up before the write is through.
      _ = await status { try await channel.writeAndFlush(ByteBuffer(bytes: attack)) }
      _ = await status { try await channel.close() }
    }
    let channel = try Channel("127.0.0.1:\(port)")
    #expect(try await StreamsClient(channel).unary(Node(text: "x")).text == "x")
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }
}
