import NIOHTTP1
import Protobuf
import RPC

/// An answer of a Connect stream: envelopes, the last of which says how it ended. The HTTP status is 200 in any case.
struct ConnectFraming: AnswerFraming {
  let codec: MessageCodec
  let types: TypeRegistry
  var compression = AnswerCompression.off

  static let endFlag: UInt8 = 2

  func head(_ metadata: Metadata) -> Response {
    var response = Response(headers: [
      "content-type": "application/connect+" + codec.rawValue, "cache-control": "no-store",
      "connect-accept-encoding": "gzip",
    ])
    if compression.isOn { response.headers.add(name: "connect-content-encoding", value: "gzip") }
    CallMetadata.addHeaders(metadata, to: &response)
    return response
  }

  func message(_ bytes: [UInt8]) -> [UInt8] {
    compression.worthwhile(bytes) ? Envelope.compressed(bytes) : Envelope.bytes(bytes)
  }

  func end(_ failure: Problem?, _ trailers: Metadata) -> [UInt8] {
    Envelope.bytes(
      ConnectError.endOfStream(failure, CallMetadata.trailers(trailers), types),
      flags: Self.endFlag)
  }

  /// An error before anything was sent.
  func refusal(_ problem: Problem) -> Response {
    var response = head(Metadata())
    response.headers.remove(name: "connect-content-encoding")
    response.body = .bytes(end(problem, Metadata()))
    return response
  }
}
