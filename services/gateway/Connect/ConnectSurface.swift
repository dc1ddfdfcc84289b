import NIOHTTP1
import Protobuf
import RPC

/// The Connect protocol: every method of the contract at its own path, as plain JSON or protobuf, streams in
/// envelopes, and GET for what has no side effects. Knows no RPC by name. Asked after gRPC-Web, which has its own types.
struct ConnectSurface: Surface {
  let methods: MethodTable
  let types: TypeRegistry
  let limits: EdgeLimits
  let inflation: Inflation

  func errand(_ request: Request) throws(Problem) -> Errand? {
    guard methods.covers(request.target) else { return nil }
    let method = try methods.method(at: request.target)
    let call = try ConnectRequest(request, of: method)
    let coding = MessageCoding(codec: call.codec, method: method, types: types)
    guard call.kind == .stream else {
      let unary = ConnectUnary(coding: coding, call: call, limits: limits, inflation: inflation)
      return Errand(method, of: request, deadline: method.patience) { try await unary.answer($0) }
    }
    return Errand(method, of: request, deadline: method.patience) { guest, reply in
      let framing = ConnectFraming(
        codec: call.codec, types: types,
        compression: AnswerCompression(
          guest, accepted: call.accepted, requestIsGzip: call.encoding == .gzip))
      try await EnvelopedCall(
        coding: coding, framing: framing,
        options: try CallMetadata.options(request.headers, timeout: call.timeout),
        caller: guest.caller
      ).run(
        RequestMessages(
          request.body, coding, limit: coding.limit(limits),
          inflation: call.encoding == .gzip ? inflation : nil), reply)
    }
  }

  func failure(_ problem: Problem, _ request: Request) -> Response {
    let type = MediaType(request.headers["content-type"].first ?? "").essence
    let prefix = "application/connect+"
    guard type.hasPrefix(prefix), problem.status != .unsupportedMediaType,
      problem.status != .methodNotAllowed,
      let codec = MessageCodec(rawValue: String(type.dropFirst(prefix.count)))
    else { return ConnectUnary.failure(problem, types) }
    return ConnectFraming(codec: codec, types: types).refusal(problem)
  }
}
