import NIOHTTP1
import Protobuf
import RPC

/// gRPC-Web: every method of the contract at its own path, unary, with streamed requests and with streamed answers,
/// over HTTP/1.1 and HTTP/2. Knows no RPC by name.
struct GRPCWebSurface: Surface {
  let methods: MethodTable
  let types: TypeRegistry
  let limits: EdgeLimits
  let inflation: Inflation

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard request.method == .POST, GRPCWebFormat.covers(request.headers) else { return nil }
    let method = try methods.method(at: request.target)
    guard let format = GRPCWebFormat(request.headers) else {
      throw Problem(
        .unsupportedMediaType, .invalidArgument, "the codec is neither +proto nor +json")
    }
    let timeout = try Self.timeout(request.headers)
    let encoding = try RequestEncoding(request.headers["grpc-encoding"].first)
    guard !request.headers.contains(name: "content-encoding") else {
      throw Problem(
        .unsupportedMediaType, .invalidArgument, "compress messages, not the request's body")
    }
    let coding = MessageCoding(codec: format.codec, method: method, types: types)
    return Errand(method, of: request, deadline: method.patience) { guest, reply in
      let framing = GRPCWebFraming(
        format: format.answering(request.headers),
        compression: AnswerCompression(
          guest, accepted: request.headers["grpc-accept-encoding"].first,
          requestIsGzip: encoding == .gzip))
      try await EnvelopedCall(
        coding: coding, framing: framing,
        options: try CallMetadata.options(request.headers, timeout: timeout), caller: guest.caller
      ).run(
        RequestMessages(
          request.body, coding, limit: coding.limit(limits),
          inflation: encoding == .gzip ? inflation : nil, isText: format.isText), reply)
    }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    let format = GRPCWebFormat(request.headers) ?? .binary
    return GRPCWebFraming(format: format.answering(request.headers)).trailersOnly(problem)
  }

  private static func timeout(_ headers: HTTPHeaders) throws(Problem) -> Duration? {
    guard let text = headers["grpc-timeout"].first else { return nil }
    guard let timeout = Timeout.parse(text.utf8) else {
      throw Problem(.badRequest, .invalidArgument, "grpc-timeout is not a timeout")
    }
    return timeout
  }
}
