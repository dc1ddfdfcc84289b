import NIOCore
import NIOPosix
import Testing

@testable import HTTP2

@Suite struct ExchangeTests {
  /// A client connection to a server that answers with `handle`.
  private func connect(
    _ handle: @escaping @Sendable (HTTP2Exchange) async -> Void
  ) async throws -> (client: HTTP2Connection, listener: any Channel) {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            HTTP2Connection.server(
              on: channel.eventLoop, configuration: .publicListener,
              delegate: HTTP2ExchangeServer(handle: handle)))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let loop = group.next()
    let ready = loop.makePromise(of: Void.self)
    let client = HTTP2Connection.client(
      on: loop, configuration: .init(), delegate: Ready(ready))
    let address = try #require(listener.localAddress)
    _ = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(client)
        }
      }
      .connect(to: address).get()
    try await ready.futureResult.get()
    return (client, listener)
  }

  private final class Ready: HTTP2ConnectionDelegate, @unchecked Sendable {
    let promise: EventLoopPromise<Void>
    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }
    func connectionIsReady(_ connection: HTTP2Connection) { promise.succeed() }
    func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {
      promise.fail(ChannelError.eof)
    }
  }

  private final class Answer: HTTP2StreamDelegate, @unchecked Sendable {
    var status = ""
    var bytes = 0
    let closed: EventLoopPromise<(status: String, bytes: Int, closure: StreamClosure)>
    init(_ loop: any EventLoop) { closed = loop.makePromise() }
    func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
      status = headers[":status"] ?? ""
    }
    func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
      self.bytes += bytes.count
      stream.consume(bytes.count)
    }
    func streamReceivedEnd(_ stream: HTTP2Stream) {}
    func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
      closed.succeed((status, bytes, closure))
    }
  }

  private func send(
    _ client: HTTP2Connection, body count: Int, reset: Bool = false
  ) async throws -> (status: String, bytes: Int, closure: StreamClosure) {
    let answer = Answer(client.eventLoop)
    try await client.eventLoop.submit {
      let stream = try client.open(
        HeaderFields([
          ":method": "POST", ":scheme": "http", ":path": "/upload?x=1", ":authority": "portal",
        ]), endStream: false, delegate: answer)
      stream.send { $0.writeRepeatingByte(7, count: count) }
      if !reset { stream.finish() }
    }.get()
    return try await answer.closed.futureResult.get()
  }

  @Test("R-177 a plain request: body in, headers and a larger body out")
  func echo() async throws {
    let (client, listener) = try await connect { exchange in
      #expect(exchange.method == "POST")
      #expect(exchange.path == "/upload?x=1")
      #expect(exchange.authority == "portal")
      do {
        exchange.respond(status: 201, HeaderFields(["content-type": "text/plain"]))
        while let chunk = try await exchange.nextChunk() {
          try await exchange.write(chunk)
          try await exchange.write(chunk)
        }
        exchange.finish()
      } catch { Issue.record(error) }
    }
    let answer = try await send(client, body: 1_000_000)
    #expect(answer.status == "201")
    #expect(answer.bytes == 2_000_000)
    #expect(answer.closure == .finished)
    try await close(client, listener)
  }

  @Test("R-162 a handler that returns early breaks its answer off")
  func early() async throws {
    let (client, listener) = try await connect { exchange in
      exchange.respond(status: 200, HeaderFields())
    }
    #expect(try await send(client, body: 10).closure == .reset(.internalError))
    try await close(client, listener)
  }

  private func close(_ client: HTTP2Connection, _ listener: any Channel) async throws {
    try await client.eventLoop.submit { client.close() }.get()
    try await listener.close()
  }
}
