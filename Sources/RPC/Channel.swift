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
  let core: ClientCore
  private let tls: TLSContext?

  /// - Throws: `TargetError`, or `TLSError` when a certificate cannot be read.
  public init(
    _ target: String, _ configuration: ChannelConfiguration = .init(),
    logger: Logger = Logger(label: "portico.rpc.channel"),
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) throws {
    self.target = try Target(target, schemes: Set(configuration.resolvers.keys))
    self.configuration = configuration
    let service = ServicePolicy(configuration, logger: logger)
    var connecting = configuration
    if let given = configuration.serviceConfiguration {
      connecting.loadBalancing = given.balancing(configuration.loadBalancing)
    }
    tls = try configuration.tls.map { try TLSContext.client($0, logger: logger) }
    let connections = Connections(
      target: self.target, configuration: connecting, tls: tls, eventLoop: group.next(),
      logger: logger)
    // It only calls this itself, so it is there then; a strong reference would keep it for ever.
    connections.whenServiceConfigArrives = { [unowned connections] json in
      guard let balancing = service.follow(json: json) else { return false }
      connections.apply(balancing)
      return true
    }
    self.connections = connections
    core = ClientCore(connections: connections, configuration: configuration, service: service)
    BrokenPipe.ignore
  }

  deinit { connections.abandon() }

  /// RESOURCE_EXHAUSTED for a request over the limit; cancelled with its task.
  public func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    let call = try await begin(method, options)
    return try await withTaskCancellationHandler {
      try await call.unary(request)
    } onCancel: {
      call.cancel()
    }
  }

  public func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    guard (options.credentials ?? configuration.credentials) == nil else {
      return TaskCall(self, method, request, options, completion)
    }
    let call: ClientCall
    do { call = try makeCall(method, options, nil) } catch {
      call = callThatFails(method, options)
      call.cancel(with: Status(thrown: error))
    }
    call.unary(request, completion)
    return call
  }

  /// The call is cancelled when `body` leaves before its end.
  public func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    let call = try await begin(method, options)
    call.start()
    defer { call.cancel() }
    return try await withTaskCancellationHandler {
      try await body(
        RequestWriter(sink: call, encode: { $0 }), ResponseStream(source: call, decode: { $0 }))
    } onCancel: {
      call.cancel()
    }
  }

  /// Whether the way to the server is encrypted.
  var isEncrypted: Bool { configuration.tls != nil }

  /// Reads the certificates again, for connections to come. Changed files are found without this too, some
  /// seconds later. Throws when they cannot be used; the old ones stay then.
  public func reloadCertificates() throws { try tls?.reload() }

  /// Takes no new calls (UNAVAILABLE), lets running ones finish within `grace` and closes. Calls between two
  /// attempts get no other one. The cancellation of the task ends the grace.
  public func shutDown(grace: Duration = .seconds(10)) async {
    core.eventLoop.execute { self.core.shutDown() }
    await withTaskCancellationHandler {
      await connections.shutDown(grace: grace)
    } onCancel: {
      connections.endGrace()
    }
  }

  /// The ids of the call whose handler makes this one, where the caller has not given its own.
  private static func passOn(_ parent: Call, in metadata: inout HeaderFields) {
    if metadata.bytes(RequestID.key) == nil {
      metadata.append(RequestID.key, parent.requestID, isVolatile: true)
    }
    guard metadata.firstIndex(of: "traceparent") == nil else { return }
    let trace = parent.trace.child()
    metadata.append("traceparent", trace.traceparent, isVolatile: true)
    if let state = trace.state { metadata.append("tracestate", state) }
  }

  /// A call with the credentials it needs; it has not touched the network yet.
  private func begin(_ method: Method, _ options: CallOptions) async throws -> ClientCall {
    do {
      guard let credentials = options.credentials ?? configuration.credentials else {
        return try makeCall(method, options, nil)
      }
      return try makeCall(
        method, options, try await credentials.metadata(for: method, self, options))
    } catch {
      throw await refused(method, options, error)
    }
  }

  /// A call that fails before it begins: who counts calls and who watches this one hear of it as of any other.
  private func refused(
    _ method: Method, _ options: CallOptions, _ error: any Error
  ) async -> Status {
    let status = Status(thrown: error)
    if core.recorder != nil || options.observers != nil {
      await callThatFails(method, options).refuse(status)
    }
    return status
  }

  private func callThatFails(_ method: Method, _ options: CallOptions) -> ClientCall {
    ClientCall(
      core: core, method: method, options: options, metadata: HeaderFields(), deadline: nil,
      parent: nil)
  }

  /// Puts what a call inherits and what its options say together.
  private func makeCall(
    _ method: Method, _ options: CallOptions, _ credentials: Metadata?
  ) throws -> ClientCall {
    let parent = options.inheritsContext ? Call.current : nil
    if Task.isCancelled || parent?.isCancelled == true { throw ClientCall.cancelled }
    var deadline = options.deadline
    if let inherited = parent?.deadline, deadline.map({ inherited < $0 }) ?? true {
      deadline = inherited
    }
    if let deadline, deadline.hasPassed { throw ClientCall.expired }
    var metadata = options.metadata.visibleFields
    if let credentials { metadata.append(contentsOf: credentials.visibleFields) }
    if let parent { Self.passOn(parent, in: &metadata) }
    let size = core.requestTemplate.listSize + metadata.listSize + method.path.utf8.count
    guard size <= configuration.maximumRequestHeaderBytes else {
      throw Status(
        .internal, "internal error",
        because: "\(size) bytes of headers; \(configuration.maximumRequestHeaderBytes) may be sent")
    }
    let call = ClientCall(
      core: core, method: method, options: options, metadata: metadata, deadline: deadline,
      parent: parent)
    options.canceller?.adopt(call)
    return call
  }
}
