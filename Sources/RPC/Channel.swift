import HTTP2
import Logging
import NIOCore
import NIOPosix

/// Performs calls on a server. Connects with the first call, again with back-off when the connection is lost, and
/// queues calls while it connects. When the server cannot be reached calls fail at once with UNAVAILABLE, unless
/// they wait for it to be ready.
public final class Channel: Caller, Sendable {
  public let target: Target
  private let configuration: ChannelConfiguration
  let connections: Connections

  /// - Throws: `TargetError`, or `TLSError` when a certificate cannot be read.
  public init(
    _ target: String, _ configuration: ChannelConfiguration = .init(),
    logger: Logger = Logger(label: "portico.rpc.channel"),
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) throws {
    self.target = try Target(target, schemes: Set(configuration.resolvers.keys))
    self.configuration = configuration
    connections = Connections(
      target: self.target, configuration: configuration,
      tls: try configuration.tls.map { try TLSContext.client($0) }, eventLoop: group.next(),
      logger: logger)
    BrokenPipe.ignore
  }

  deinit { connections.abandon() }

  /// RESOURCE_EXHAUSTED for a request over the limit; cancelled with its task.
  public func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    let call = try makeCall(method, options)
    try Frame.check(request, limit: configuration.maximumRequestBytes)
    return try await withTaskCancellationHandler {
      try await call.unary(request)
    } onCancel: {
      call.cancel()
    }
  }

  /// The call is cancelled when `body` leaves before its end.
  public func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    let call = try makeCall(method, options)
    call.start()
    defer { call.cancel() }
    return try await withTaskCancellationHandler {
      try await body(
        RequestWriter(sink: call, encode: { $0 }), ResponseStream(source: call, decode: { $0 }))
    } onCancel: {
      call.cancel()
    }
  }

  /// Takes no new calls (UNAVAILABLE), lets running ones finish within `grace` and closes.
  public func shutDown(grace: Duration = .seconds(10)) async {
    await connections.shutDown(grace: grace)
  }

  /// Puts what a call inherits and what its options say together.
  private func makeCall(_ method: Method, _ options: CallOptions) throws -> ClientStream {
    let parent = options.inheritsContext ? Call.current : nil
    if Task.isCancelled || parent?.isCancelled == true {
      throw Status(.cancelled, "the call was cancelled before it began")
    }
    let deadline = [options.deadline, parent?.deadline].compactMap { $0 }.min()
    if let deadline, deadline.hasPassed {
      throw Status(.deadlineExceeded, "the deadline passed before the call began")
    }
    var headers = HeaderFields([
      ":method": "POST", ":scheme": configuration.tls == nil ? "http" : "https",
      ":path": method.path, ":authority": connections.authority, "te": "trailers",
      "content-type": "application/grpc", "user-agent": configuration.userAgent,
    ])
    if !options.metadata.isEmpty { headers.append(contentsOf: options.metadata.visibleFields) }
    if let parent, options.metadata[RequestID.key] == nil {
      headers.append(RequestID.key, parent.requestID)
    }
    return ClientStream(
      connections: connections, headers: headers, deadline: deadline,
      waitsForReady: options.waitsForReady,
      requestLimit: configuration.maximumRequestBytes,
      responseLimit: options.maximumResponseBytes ?? configuration.maximumResponseBytes)
  }
}
