import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RPC
import Synchronization
import Telemetry

/// The port for those who run a process, never for its users: `/metrics` for Prometheus, `/healthz` while it lives,
/// `/readyz` with each dependency (R-180). Plain HTTP/1.1 on an address that only the inside reaches.
public final class InternalServer: ProcessPart {
  public let name = "internal"
  private let address: Listener.Address
  private let telemetry: ProcessTelemetry
  private let logger: Logger
  private let channel = Mutex<(any NIOCore.Channel)?>(nil)
  private static let connections = 64

  public init(_ address: Listener.Address, _ telemetry: ProcessTelemetry, logger: Logger) {
    self.address = address
    self.telemetry = telemetry
    self.logger = logger
  }

  /// The port that it listens on, once started on one.
  public var port: Int? { channel.withLock { $0?.localAddress?.port } }

  public func start() async throws {
    let telemetry = telemetry
    let counted = OpenConnections()
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard counted.enter(channel, most: Self.connections) else {
          return channel.close()
        }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandlers([
            IdleStateHandler(allTimeout: .seconds(60)), InternalRequests(telemetry),
          ])
        }
      }
    let bound =
      switch address {
      case .tcp(let host, let port): try await bootstrap.bind(host: host, port: port).get()
      case .unix(let path):
        try await bootstrap.bind(
          unixDomainSocketPath: path, cleanupExistingSocketFile: true
        ).get()
      }
    channel.withLock { $0 = bound }
    logger.info("internal port", metadata: ["address": "\(bound.localAddress?.description ?? "")"])
  }

  public func stop() async {
    let bound = channel.withLock { channel in
      defer { channel = nil }
      return channel
    }
    do { try await bound?.close() } catch {
      logger.debug("internal port was closed already", metadata: ["reason": "\(error)"])
    }
  }
}

/// How many are connected; who scrapes needs one or two.
private final class OpenConnections: Sendable {
  private let count = Mutex(0)

  func enter(_ channel: any NIOCore.Channel, most: Int) -> Bool {
    let isIn = count.withLock { count in
      guard count < most else { return false }
      count += 1
      return true
    }
    if isIn { channel.closeFuture.whenComplete { _ in self.count.withLock { $0 -= 1 } } }
    return isIn
  }
}

/// One connection's requests, answered one after the other.
private final class InternalRequests: ChannelInboundHandler, Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let telemetry: ProcessTelemetry
  private let head = Mutex<HTTPRequestHead?>(nil)

  init(_ telemetry: ProcessTelemetry) { self.telemetry = telemetry }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head.withLock { $0 = head }
    case .body: break
    case .end:
      guard let head = head.withLock({ $0 }) else { return }
      let channel = context.channel
      let page = InternalPage(telemetry)
      Task {
        do { Self.send(try await page.answer(to: head), to: head, on: channel) } catch {
          channel.close(promise: nil)
        }
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private static func send(
    _ answer: InternalPage.Answer, to head: HTTPRequestHead, on channel: any NIOCore.Channel
  ) {
    let bytes = ByteBuffer(string: answer.text)
    var headers = HTTPHeaders([
      ("content-type", answer.type), ("content-length", "\(bytes.readableBytes)"),
      ("cache-control", "no-store"),
    ])
    if !head.isKeepAlive { headers.add(name: "connection", value: "close") }
    channel.write(
      HTTPServerResponsePart.head(
        HTTPResponseHead(version: head.version, status: answer.status, headers: headers)),
      promise: nil)
    if head.method != .HEAD {
      channel.write(HTTPServerResponsePart.body(.byteBuffer(bytes)), promise: nil)
    }
    let done = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if !head.isKeepAlive { done.whenComplete { _ in channel.close(promise: nil) } }
  }
}
