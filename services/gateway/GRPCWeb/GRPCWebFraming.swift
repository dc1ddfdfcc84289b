import NIOHTTP1
import RPC

/// An answer of gRPC-Web: gRPC's frames, and the trailers as a last frame whose highest flag bit is set.
struct GRPCWebFraming: AnswerFraming {
  let format: GRPCWebFormat
  var compression = AnswerCompression.off

  static let trailerFlag: UInt8 = 0x80

  func head(_ metadata: Metadata) -> Response {
    var response = Response(headers: [
      "content-type": format.contentType, "cache-control": "no-store",
      "grpc-accept-encoding": "identity,gzip",
    ])
    if compression.isOn { response.headers.add(name: "grpc-encoding", value: "gzip") }
    CallMetadata.addHeaders(metadata, to: &response)
    return response
  }

  func message(_ bytes: [UInt8]) -> [UInt8] {
    spelled(compression.worthwhile(bytes) ? Envelope.compressed(bytes) : Envelope.bytes(bytes))
  }

  func end(_ failure: Problem?, _ trailers: Metadata) -> [UInt8] {
    let status = failure?.rpcStatus ?? Status(.ok, "")
    var block = ""
    for (name, value) in status.fields + CallMetadata.trailers(trailers) {
      block += "\(name): \(value)\r\n"
    }
    return spelled(Envelope.bytes(Array(block.utf8), flags: Self.trailerFlag))
  }

  /// An error that is the whole answer: its status is in the headers and the body is empty, without a trailers frame that
  /// could be read as the status instead.
  func trailersOnly(_ problem: Problem) -> Response {
    var response = head(Metadata())
    response.headers.remove(name: "grpc-encoding")
    for (name, value) in problem.rpcStatus.fields {
      response.headers.add(name: name, value: value)
    }
    if let retryAfter = problem.retryAfter {
      response.headers.add(name: "retry-after", value: String(retryAfter))
    }
    // A client of something else must not take the answer for a success.
    if problem.status == .unsupportedMediaType { response.status = problem.status }
    response.body = .bytes([])
    return response
  }

  /// Each frame is a piece of base64 of its own, padded: it is written at once and alone.
  private func spelled(_ frame: [UInt8]) -> [UInt8] {
    format.isText ? Base64Chunks.encode(frame) : frame
  }
}
