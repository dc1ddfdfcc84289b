import Foundation
import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import RPC
import Testing

/// A socket without a protocol; remembers what the other side said until it closed.
private final class Plain: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  private let answer: EventLoopPromise<[UInt8]>
  private var bytes: [UInt8] = []

  init(_ loop: any EventLoop) { answer = loop.makePromise() }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += unwrapInboundIn(data).readableBytesView
  }
  func channelInactive(context: ChannelHandlerContext) { answer.succeed(bytes) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  struct Client: Sendable {
    let channel: any NIOCore.Channel
    /// What came until the server closed.
    let answer: EventLoopFuture<[UInt8]>
  }

  static func connect(_ port: Int, _ first: String = "") async throws -> Client {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let plain = Plain(loop)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(plain)
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    if !first.isEmpty { channel.writeAndFlush(ByteBuffer(string: first), promise: nil) }
    return Client(channel: channel, answer: plain.answer.futureResult)
  }
}

@Suite struct ListenerTests {
  private func echo(_ channel: RPC.Channel, _ text: String = "x") async -> Status.Code {
    let options = CallOptions(deadline: .after(.seconds(60)), waitsForReady: true)
    return await status {
      _ = try await StreamsClient(channel).unary(Node(text: text), options)
    }.code
  }

  private func listener(_ change: (inout Listener) -> Void = { _ in }) -> Listener {
    var listener = Listener(.tcp(host: "127.0.0.1", port: 0))
    change(&listener)
    return listener
  }

  @Test("R-041 a Unix socket serves calls, and a socket file left behind is no obstacle")
  func unixSocket() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "portico-\(UUID()).sock").path
    for _ in 0..<2 {
      let server = Server(services: [EchoStreams()])
      try await server.listen(Listener(.unix(path: path)))
      let channel = try Channel("unix:\(path)")
      #expect(await echo(channel) == .ok)
      await channel.shutDown(grace: .zero)
      await server.shutDown(grace: .zero)
    }
    if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("R-040 connections beyond the limit are closed at once and the others served")
  func maximumConnections() async throws {
    var configuration = ServerConfiguration()
    configuration.maximumConnections = 3
    let server = Server(services: [EchoStreams()], configuration: configuration)
    let port = try await port(of: server)
    let channel = try Channel("127.0.0.1:\(port)")
    #expect(await echo(channel) == .ok)
    var waiting = [try await Plain.connect(port), try await Plain.connect(port)]
    while server.counters.snapshot.opened < 3 { await Task.yield() }
    let refused = try await Plain.connect(port)
    let bytes = try await refused.answer.get()
    #expect(bytes.isEmpty)
    #expect(await echo(channel) == .ok)
    // Room again when one has gone.
    try await waiting.removeLast().channel.close()
    let other = try Channel("127.0.0.1:\(port)")
    #expect(await echo(other) == .ok)
    for channel in [channel, other] { await channel.shutDown(grace: .zero) }
    await server.shutDown(grace: .zero)
  }

  @Test("R-222 connections beyond the rate wait and are served")
  func rate() async throws {
    let server = Server(services: [EchoStreams()])
    let slow = listener {
      $0.acceptBurst = 1
      $0.acceptRate = 20
    }
    let port = try await port(of: server, slow)
    let began = ContinuousClock.now
    let channels = try (0..<12).map { _ in try Channel("127.0.0.1:\(port)") }
    await withTaskGroup(of: Status.Code.self) { group in
      for channel in channels { group.addTask { await echo(channel) } }
      for await code in group { #expect(code == .ok) }
    }
    // The kernel hands out up to four at a time; the eight after them have to be earned.
    #expect(ContinuousClock.now - began > .milliseconds(200))
    for channel in channels { await channel.shutDown(grace: .zero) }
    await server.shutDown(grace: .zero)
  }

  @Test("R-222 silent clients in their handshake do not keep others out")
  func handshakes() async throws {
    let certificates = try Certificates()
    let server = Server(services: [EchoStreams()])
    let few = listener {
      $0.maximumHandshakes = 4
      $0.tls = certificates.serving()
    }
    let port = try await port(of: server, few)
    var silent: [Plain.Client] = []
    for _ in 0..<12 { silent.append(try await Plain.connect(port)) }
    let channel = try Channel(
      "localhost:\(port)",
      ChannelConfiguration(tls: .client(trustRootsFile: certificates.file("ca.pem"))))
    #expect(await echo(channel) == .ok)
    _ = try await silent[0].answer.get()
    for each in silent { each.channel.close(promise: nil) }
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
    try certificates.remove()
  }

  @Test("R-041 R-040 Upgrade: h2c is not answered, and a silent client is closed")
  func upgrade() async throws {
    let server = Server(services: [EchoStreams()])
    let quick = listener { $0.http2.handshakeTimeout = .seconds(1) }
    let port = try await port(of: server, quick)
    let upgrade = try await Plain.connect(
      port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    let answer = String(decoding: try await upgrade.answer.get(), as: UTF8.self)
    #expect(!answer.contains("HTTP/1.1"))
    let silent = try await Plain.connect(port)
    _ = try await silent.answer.get()
    await server.shutDown(grace: .zero)
  }

  @Test("R-032 V-21 a server ends within the grace although idle, silent and busy clients stay")
  func drain() async throws {
    let started = Signal()
    let server = Server(services: [
      EchoStreams(onUnary: { request, _ in
        started.set()
        try await Task.sleep(for: .seconds(3600))
        return request
      })
    ])
    let port = try await port(of: server)
    let silent = try await Plain.connect(port)
    let idle = try await Plain.connect(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    let channel = try Channel("127.0.0.1:\(port)")
    let busy = Task { await status { _ = try await StreamsClient(channel).unary(Node()) } }
    await started.wait()
    while server.counters.snapshot.opened < 3 { await Task.yield() }
    let first = Task { await server.shutDown(grace: .seconds(3000)) }
    await server.shutDown(grace: .milliseconds(300))
    await first.value
    #expect(await busy.value.code == .unavailable)
    _ = try await silent.answer.get()
    _ = try await idle.answer.get()
    await channel.shutDown(grace: .zero)
    let counts = server.counters.snapshot
    #expect(counts.open == 0 && counts.opened == 3)
  }

  @Test("R-031 R-066 calls go on while old connections are replaced")
  func age() async throws {
    let server = Server(services: [EchoStreams()])
    let port = try await port(
      of: server, listener { $0.http2.maximumConnectionAge = .milliseconds(100) })
    let channel = try Channel("127.0.0.1:\(port)")
    while server.counters.snapshot.opened < 5 { #expect(await echo(channel) == .ok) }
    let counts = server.counters.snapshot
    // On a slow machine a connection can be too old before its first call; no call may fail for it.
    #expect(counts.goAwaysSent >= 4 && counts.streams >= 1)
    await channel.shutDown(grace: .zero)
    await server.shutDown(grace: .zero)
  }
}
