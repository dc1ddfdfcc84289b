import NIOHTTP1
import Protobuf
import RPC

/// A Connect call of one message each way: bodies without any framing, and the HTTP status of the error.
struct ConnectUnary: Sendable {
  let coding: MessageCoding
  let call: ConnectRequest
  let limits: EdgeLimits
  let inflation: Inflation

  func answer(_ guest: Guest) async throws -> Response {
    let bytes = try await message(of: guest.request)
    let answer = try await guest.caller.unary(
      coding.method, try coding.request(bytes),
      try CallMetadata.options(guest.request.headers, timeout: call.timeout))
    let body = try coding.answer(answer.message)
    let compression = AnswerCompression(
      guest, accepted: call.accepted, requestIsGzip: call.encoding == .gzip)
    var response = Response.bytes(body, type: "application/" + coding.codec.rawValue)
    if compression.worthwhile(body), let short = Envelope.gzip(body) {
      response.body = .bytes(short)
      response.headers.add(name: "content-encoding", value: "gzip")
    }
    CallMetadata.addHeaders(answer.initialMetadata, to: &response)
    for (name, value) in CallMetadata.trailers(answer.trailingMetadata) {
      response.headers.add(name: "trailer-" + name, value: value)
    }
    return response
  }

  private func message(of request: Request) async throws -> [UInt8] {
    let bytes: [UInt8]
    if case .get(let message) = call.kind {
      guard try await request.body.next() == nil else {
        throw Problem(.badRequest, .invalidArgument, "a GET has no body")
      }
      bytes = message
    } else {
      bytes = try await request.body.collect(upTo: coding.limit(limits))
    }
    guard call.encoding == .gzip, !bytes.isEmpty else { return bytes }
    do throws(Status) { return try inflation.inflate(bytes, limit: coding.limit(limits)) } catch {
      guard error.code == .resourceExhausted else {
        throw Problem(.badRequest, .invalidArgument, error.message)
      }
      throw Problem(.payloadTooLarge, .resourceExhausted, error.message)
    }
  }

  /// The status is that of the code, whatever the gateway's other surfaces would have said, but for what no code says: a verb
  /// or a type that does not go with the path.
  static func failure(_ problem: Problem, _ types: TypeRegistry) -> Response {
    let isAboutHTTP = [.unsupportedMediaType, .methodNotAllowed].contains(problem.status)
    var response = Response.bytes(
      ConnectError(problem: problem, types: types).json, type: "application/json",
      status: isAboutHTTP ? problem.status : Problem.httpStatus(problem.code))
    problem.addHeaders(to: &response)
    if problem.status == .unsupportedMediaType {
      response.headers.add(name: "accept-post", value: ConnectRequest.mediaTypes)
    }
    return response
  }
}
