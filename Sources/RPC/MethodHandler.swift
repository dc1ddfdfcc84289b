import Protobuf

/// A method and what answers it, over serialized messages.
///
/// Everything between the event loop and the service's own function stays on the executor it is called on
/// (`nonisolated(nonsending)`): each switch to the same place would look up the task's executor again.
public struct MethodHandler: Sendable {
  public let method: Method
  let body: Body

  typealias Unary = nonisolated(nonsending) @Sendable ([UInt8], Call) async throws -> [UInt8]
  typealias ServerStreaming =
    nonisolated(nonsending) @Sendable (
      [UInt8], Call, ResponseWriter<[UInt8]>
    ) async throws -> Void
  typealias ClientStreaming =
    nonisolated(nonsending) @Sendable (
      RequestStream<[UInt8]>, Call
    ) async throws -> [UInt8]
  typealias Bidirectional =
    nonisolated(nonsending) @Sendable (
      RequestStream<[UInt8]>, Call, ResponseWriter<[UInt8]>
    ) async throws -> Void

  enum Body: Sendable {
    case unary(Unary)
    case serverStreaming(ServerStreaming)
    case clientStreaming(ClientStreaming)
    case bidirectional(Bidirectional)
  }

  public static func unary<Request: Message, Response: Message>(
    _ method: Method,
    _ handle: nonisolated(nonsending) @escaping @Sendable (Request, Call) async throws -> Response
  ) -> MethodHandler {
    MethodHandler(
      method: method,
      body: .unary { bytes, call in
        try Codec.encode(try await handle(Codec.decode(bytes), call))
      })
  }

  public static func serverStreaming<Request: Message, Response: Message>(
    _ method: Method,
    _ handle:
      nonisolated(nonsending) @escaping @Sendable (Request, Call, ResponseWriter<Response>)
      async throws -> Void
  ) -> MethodHandler {
    MethodHandler(
      method: method,
      body: .serverStreaming { bytes, call, writer in
        try await handle(
          Codec.decode(bytes), call, ResponseWriter(sink: writer.sink, encode: Codec.encode))
      })
  }

  public static func clientStreaming<Request: Message, Response: Message>(
    _ method: Method,
    _ handle:
      nonisolated(nonsending) @escaping @Sendable (RequestStream<Request>, Call) async throws ->
      Response
  ) -> MethodHandler {
    MethodHandler(
      method: method,
      body: .clientStreaming { requests, call in
        try Codec.encode(
          try await handle(RequestStream(source: requests.source, decode: Codec.decode), call))
      })
  }

  public static func bidirectional<Request: Message, Response: Message>(
    _ method: Method,
    _ handle:
      nonisolated(nonsending) @escaping @Sendable (
        RequestStream<Request>, Call, ResponseWriter<Response>
      ) async throws -> Void
  ) -> MethodHandler {
    MethodHandler(
      method: method,
      body: .bidirectional { requests, call, writer in
        try await handle(
          RequestStream(source: requests.source, decode: Codec.decode), call,
          ResponseWriter(sink: writer.sink, encode: Codec.encode))
      })
  }
}
