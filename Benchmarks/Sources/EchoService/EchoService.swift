import Protobuf
import RPC
import WellKnown

/// The echo on Portico's runtime as a service uses it: async handlers, messages decoded and encoded.
public struct EchoService: RPCService {
  public static let name = "portico.bench.v1.Echo"

  public init() {}

  public static func method(
    _ name: String, _ input: any Message.Type, _ output: any Message.Type,
    _ streaming: Method.Streaming = .unary
  ) -> Method {
    Method(
      service: Self.name, name: name, input: input.descriptor, output: output.descriptor,
      streaming: streaming, access: AccessRule(.anyone))
  }

  public static let echo = method(
    "Echo", GoogleProtobuf.BytesValue.self, GoogleProtobuf.BytesValue.self)
  /// As many messages of 64 bytes as the request says.
  public static let stream = method(
    "Stream", GoogleProtobuf.Int64Value.self, GoogleProtobuf.BytesValue.self, .serverStreaming)
  /// As many messages of 64 KiB as the request says.
  public static let bulk = method(
    "Bulk", GoogleProtobuf.Int64Value.self, GoogleProtobuf.BytesValue.self, .serverStreaming)
  /// Decodes and answers nothing: for messages that are made to hurt.
  static let list = method("List", GoogleProtobuf.ListValue.self, GoogleProtobuf.Empty.self)
  static let mask = method("Mask", GoogleProtobuf.FieldMask.self, GoogleProtobuf.Empty.self)

  public var handlers: [MethodHandler] {
    [
      .unary(Self.echo) { (request: GoogleProtobuf.BytesValue, _) in
        GoogleProtobuf.BytesValue(value: request.value)
      },
      Self.streaming(Self.stream, bytes: 64),
      Self.streaming(Self.bulk, bytes: 64 * 1024),
      .unary(Self.list) { (_: GoogleProtobuf.ListValue, _) in GoogleProtobuf.Empty() },
      .unary(Self.mask) { (_: GoogleProtobuf.FieldMask, _) in GoogleProtobuf.Empty() },
    ]
  }

  private static func streaming(_ method: Method, bytes: Int) -> MethodHandler {
    let message = GoogleProtobuf.BytesValue(
      value: [UInt8](repeating: UInt8(ascii: "x"), count: bytes))
    return .serverStreaming(method) {
      (
        request: GoogleProtobuf.Int64Value, _,
        responses: ResponseWriter<GoogleProtobuf.BytesValue>
      ) in
      for _ in 0..<max(0, request.value) { try await responses.write(message) }
    }
  }
}
