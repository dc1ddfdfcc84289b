import HTTP2
import NIOCore
import NIOPosix
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

/// A server that does with each request what the test says. HTTP/2 is right, gRPC is whatever the script makes of it.
final class ScriptedServer: HTTP2ConnectionDelegate, @unchecked Sendable {
  typealias Script = @Sendable (ScriptedRequest) -> Void

  private let script: Script
  private let whole: Bool
  private var http2 = HTTP2Configuration()
  private let listener: any NIOCore.Channel
  private let loop: any EventLoop
  // On the loop only.
  private var connections: [HTTP2Connection] = []
  private let log = Mutex<[ScriptedRequest]>([])

  /// - Parameter whole: run the script when the request has ended, and not with its headers.
  init(whole: Bool = true, streams: UInt32? = nil, _ script: @escaping Script) async throws {
    self.script = script
    if let streams { http2.maximumConcurrentStreams = streams }
    self.whole = whole
    loop = MultiThreadedEventLoopGroup.singleton.next()
    let accepted = Mutex<ScriptedServer?>(nil)
    let box = Box(accepted)
    listener = try await ServerBootstrap(group: loop)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let server = box.server.withLock({ $0 }) else { throw ChannelError.eof }
          try server.accept(channel)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    box.server.withLock { $0 = self }
  }

  private final class Box: Sendable {
    let server: Mutex<ScriptedServer?>
    init(_ server: consuming Mutex<ScriptedServer?>) { self.server = server }
  }

  private func accept(_ channel: any NIOCore.Channel) throws {
    let connection = HTTP2Connection.server(
      on: channel.eventLoop, configuration: http2, delegate: self)
    connections.append(connection)
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  var port: Int { listener.localAddress?.port ?? 0 }
  /// The requests so far, in their order.
  var requests: [ScriptedRequest] { log.withLock { $0 } }

  func stop() async throws {
    try await listener.close()
    try await loop.submit { for connection in self.connections { connection.close() } }.get()
  }

  func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) {
    let request = log.withLock { log in
      let request = ScriptedRequest(index: log.count, stream, connection, headers)
      log.append(request)
      return request
    }
    request.onWhole = whole ? script : nil
    stream.delegate = request
    if !whole { script(request) }
  }
}

/// One request to a scripted server, and the means to answer it; on the server's event loop.
final class ScriptedRequest: HTTP2StreamDelegate, @unchecked Sendable {
  /// How many requests came before it.
  let index: Int
  let stream: HTTP2Stream
  let connection: HTTP2Connection
  let headers: HeaderFields
  private(set) var body: [UInt8] = []
  /// How the stream ended.
  let closed: EventLoopPromise<StreamClosure>
  let ended = Signal()
  fileprivate var onWhole: ScriptedServer.Script?

  init(
    index: Int, _ stream: HTTP2Stream, _ connection: HTTP2Connection, _ headers: HeaderFields
  ) {
    self.index = index
    self.stream = stream
    self.connection = connection
    self.headers = headers
    closed = stream.eventLoop.makePromise()
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    body += bytes
    stream.consume(bytes.count)
  }
  func streamReceivedEnd(_ stream: HTTP2Stream) {
    ended.set()
    onWhole?(self)
  }
  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) { closed.succeed(closure) }

  /// Runs `body` when the request has ended, if it has not yet.
  func onEnd(_ body: @escaping ScriptedServer.Script) {
    if stream.hasReceivedEnd { body(self) } else { onWhole = body }
  }

  // MARK: answers

  func sendHeaders(_ more: KeyValuePairs<String, String> = [:]) {
    var fields = HeaderFields([":status": "200", "content-type": "application/grpc"])
    for (name, value) in more { fields.append(name, value) }
    stream.respond(fields)
  }

  func send(_ bytes: [UInt8]) { stream.send { $0.writeBytes(bytes) } }
  func send(message: [UInt8], flag: UInt8 = 0) { send(frame(message, flag: flag)) }

  func sendTrailers(_ status: String?, _ more: KeyValuePairs<String, String> = [:]) {
    var fields = HeaderFields()
    if let status { fields.append("grpc-status", status) }
    for (name, value) in more { fields.append(name, value) }
    stream.finish(trailers: fields)
  }

  func succeed(_ message: [UInt8] = []) {
    sendHeaders()
    send(message: message)
    sendTrailers("0")
  }

  /// One block with a status.
  func fail(_ code: Status.Code, _ more: KeyValuePairs<String, String> = [:]) {
    var fields = HeaderFields([
      ":status": "200", "content-type": "application/grpc", "grpc-status": "\(code.rawValue)",
    ])
    for (name, value) in more { fields.append(name, value) }
    stream.respond(fields, endStream: true)
  }
}

/// A message with its prefix.
func frame(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
  [flag] + withUnsafeBytes(of: UInt32(clamping: message.count).bigEndian) { Array($0) } + message
}

/// What a scripted server does with each request.
func answering(_ script: @escaping ScriptedServer.Script) -> ScriptedServer.Script { script }

/// A scripted server and a channel to it for the length of `body`.
func withScript<R>(
  _ script: @escaping ScriptedServer.Script, whole: Bool = true,
  _ configuration: ChannelConfiguration = .init(), service json: String? = nil,
  _ body: (RPC.Channel, ScriptedServer) async throws -> R
) async throws -> R {
  let server = try await ScriptedServer(whole: whole, script)
  var configuration = configuration
  if let json {
    configuration.serviceConfiguration = try ServiceConfiguration(json: Array(json.utf8))
  }
  let channel = try RPC.Channel("127.0.0.1:\(server.port)", configuration)
  do {
    let result = try await body(channel, server)
    await channel.shutDown(grace: .zero)
    try await server.stop()
    return result
  } catch {
    await channel.shutDown(grace: .zero)
    try await server.stop()
    throw error
  }
}

extension RPC.Channel {
  /// A unary call on bytes.
  func call(
    _ request: [UInt8] = [], _ method: RPC.Method = Methods.Streams.unary,
    _ options: CallOptions = CallOptions()
  ) async throws -> [UInt8] {
    try await unary(method, request, options).message
  }

  func outcome(
    _ request: [UInt8] = [], _ method: RPC.Method = Methods.Streams.unary,
    _ options: CallOptions = CallOptions()
  ) async -> Status {
    await status { _ = try await call(request, method, options) }
  }
}

/// Outcomes that a test was told of.
final class Outcomes: Sendable {
  private let list = Mutex<[CallOutcome]>([])
  func add(_ outcome: CallOutcome) { list.withLock { $0.append(outcome) } }
  var all: [CallOutcome] { list.withLock { $0 } }
}
