import Protobuf

/// A method and what answers it, over serialized messages.
public struct MethodHandler: Sendable {
  public let method: Method
  let body: Body

  enum Body: Sendable {
    case unary(@Sendable ([UInt8], Call) async throws -> [UInt8])
    case serverStreaming(
      @Sendable ([UInt8], Call, ResponseWriter<[UInt8]>) async throws -> Void)
    case clientStreaming(@Sendable (RequestStream<[UInt8]>, Call) async throws -> [UInt8])
    case bidirectional(
      @Sendable (RequestStream<[UInt8]>, Call, ResponseWriter<[UInt8]>) async throws -> Void)
  }

  public static func unary<Request: Message, Response: Message>(
    _ method: Method, _ handle: @escaping @Sendable (Request, Call) async throws -> Response
  ) -> MethodHandler {
    MethodHandler(
      method: method,
      body: .unary { bytes, call in
        try Codec.encode(try await handle(Codec.decode(bytes), call))
      })
  }

  public static func serverStreaming<Request: Message, Response: Message>(
    _ method: Method,
    _ handle: @escaping @Sendable (Request, Call, ResponseWriter<Response>) async throws -> Void
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
    _ handle: @escaping @Sendable (RequestStream<Request>, Call) async throws -> Response
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
      @escaping @Sendable (RequestStream<Request>, Call, ResponseWriter<Response>) async throws ->
      Void
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
