import HTTP2
import NIOCore
import NIOHTTP1

/// A request as a transport hands it over: parsed, not yet judged.
struct IncomingRequest: Sendable {
  let method: HTTPMethod
  let target: String
  /// `Host` or `:authority`.
  let host: String
  let headers: HTTPHeaders
  let body: RequestBody
  let origin: ConnectionOrigin
}

/// Where a connection comes from.
struct ConnectionOrigin: Sendable, Hashable {
  /// The peer's; nil behind a Unix socket.
  let address: IPAddress?
  let isTLS: Bool
}

/// What both HTTP versions serve.
protocol EdgeService: Sendable {
  var limits: EdgeLimits { get }
  /// Answers a request; `send` is called exactly once and returns when the answer is written.
  func answer(
    _ request: IncomingRequest, send: @escaping @Sendable (Response) async -> Void
  ) async
  /// Answers a request without a task where one call is all that it takes: `send` is called exactly once then, on the event
  /// loop. Nil for any other, which has left no trace.
  func promptAnswer(
    _ request: IncomingRequest, on eventLoop: any EventLoop,
    send: @escaping @Sendable (Response) -> Void
  ) -> PromptAnswer?
  /// What a request is told that would only wait in vain, decided on host and path; nil for any other.
  func floodAnswer(_ fields: HeaderFields) -> Flood.Answer?
  /// The answer to something that is no request.
  func refusal(_ problem: Problem, origin: ConnectionOrigin) -> Response
}

/// Tells a connection to end after what it is doing.
struct DrainEvent: Sendable {}
