import Protobuf

/// Anything that can perform calls: a `Channel`, or interceptors around one. Works on serialized messages; the
/// generated clients use the typed methods below.
public protocol Caller: Sendable {
  /// One request, one response. Throws `Status`; the task's cancellation cancels the call.
  func unary(
    _ method: Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]>

  /// As `unary`, for who waits in no task: `completion` is called once, on the thread that the answer comes to, and perhaps
  /// before this returns. It is not called when this throws: the call was refused here.
  func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall

  /// Any kind of call as two streams, alive until `body` returns or throws: what has not ended by then is
  /// cancelled.
  func stream<Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result
}

/// Is told how a call with one response ended.
public typealias UnaryCompletion = @Sendable (Result<UnaryResponse<[UInt8]>, any Error>) -> Void

/// A call that nobody waits for in a task.
public protocol StartedCall: AnyObject, Sendable {
  /// Ends it with CANCELLED; harmless when it has ended.
  func cancel()
}

/// The answer to a call with one response.
public struct UnaryResponse<Value: Sendable>: Sendable {
  public var message: Value
  public var initialMetadata: Metadata
  public var trailingMetadata: Metadata
  /// Whether the message came compressed.
  public var wasCompressed = false

  public init(
    message: Value, initialMetadata: Metadata = Metadata(), trailingMetadata: Metadata = Metadata()
  ) {
    self.message = message
    self.initialMetadata = initialMetadata
    self.trailingMetadata = trailingMetadata
  }
}

extension Caller {
  /// In a task of its own: for callers that have to wait themselves.
  public func start(
    _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) throws -> any StartedCall {
    TaskCall(self, method, request, options, completion)
  }

  /// One request, one answer. Throws `Status`.
  public func unary<Request: Message, Response: Message>(
    _ method: Method, _ request: Request, _ options: CallOptions
  ) async throws -> Response {
    try await unaryResponse(method, request, options).message
  }

  /// As `unary`, with the metadata of the answer.
  public func unaryResponse<Request: Message, Response: Message>(
    _ method: Method, _ request: Request, _ options: CallOptions,
    as type: Response.Type = Response.self
  ) async throws -> UnaryResponse<Response> {
    let raw = try await unary(method, Codec.encode(request), options)
    var response = UnaryResponse<Response>(
      message: try Codec.decode(raw.message), initialMetadata: raw.initialMetadata,
      trailingMetadata: raw.trailingMetadata)
    response.wasCompressed = raw.wasCompressed
    return response
  }

  /// One request; the answers are read in `body`, and the call ends with it.
  public func serverStreaming<Request: Message, Response: Message, Result>(
    _ method: Method, _ request: Request, _ options: CallOptions,
    _ body: (ResponseStream<Response>) async throws -> Result
  ) async throws -> Result {
    let bytes = try Codec.encode(request)
    return try await stream(method, options) { writer, responses in
      try await untilAnswered {
        try await writer.write(bytes)
        try await writer.finish()
      }
      return try await body(responses.map(Codec.decode))
    }
  }

  /// The requests are written in `body`; its end is theirs. Returns the one answer, which a server may also give before it
  /// has read all: `write` throws then and `body` need not catch it.
  public func clientStreaming<Request: Message, Response: Message>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<Request>) async throws -> Void
  ) async throws -> Response {
    try await stream(method, options) { writer, responses in
      try await untilAnswered {
        try await body(writer.map(Codec.encode))
        try await writer.finish()
      }
      return try Codec.decode(try await responses.single())
    }
  }

  /// Requests and answers in any order; the call ends with `body`, finished or not.
  public func bidirectional<Request: Message, Response: Message, Result>(
    _ method: Method, _ options: CallOptions,
    _ body: (RequestWriter<Request>, ResponseStream<Response>) async throws -> Result
  ) async throws -> Result {
    try await stream(method, options) { writer, responses in
      try await body(writer.map(Codec.encode), responses.map(Codec.decode))
    }
  }

  /// Runs `body`, which writes; that the server has answered before it has read everything is no error.
  private func untilAnswered(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let status as Status where status == ClientCall.answered {
      return
    }
  }
}

/// A call that is a task of its own.
final class TaskCall: StartedCall {
  private let task: Task<Void, Never>

  init(
    _ caller: any Caller, _ method: Method, _ request: [UInt8], _ options: CallOptions,
    _ completion: @escaping UnaryCompletion
  ) {
    task = Task {
      do { completion(.success(try await caller.unary(method, request, options))) } catch {
        completion(.failure(error))
      }
    }
  }

  func cancel() { task.cancel() }
}
