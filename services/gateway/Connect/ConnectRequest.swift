import Crypto
import NIOHTTP1
import RPC

/// The head of a Connect request, understood.
struct ConnectRequest: Sendable {
  enum Kind: Sendable, Hashable {
    /// One message is the whole body.
    case unary
    /// One message in the query of a GET: its bytes.
    case get([UInt8])
    /// Envelopes.
    case stream
  }
  let kind: Kind
  let codec: MessageCodec
  let encoding: RequestEncoding
  /// What the client takes; nil when it does not say.
  let accepted: String?
  let timeout: Duration?

  /// Every type that a POST may have, for `Accept-Post`.
  static let mediaTypes =
    "application/json, application/proto, application/connect+json, application/connect+proto, "
    + "application/grpc-web+proto, application/grpc-web-text+proto"

  init(_ request: Request, of method: Method) throws(Problem) {
    let headers = request.headers
    guard request.isSafe || request.method == .POST else { throw Self.wrongVerb(["POST"]) }
    if request.isSafe {
      guard method.streaming == .unary, method.idempotency == .noSideEffects else {
        throw Self.wrongVerb(["POST"])
      }
      (kind, codec, encoding) = try Self.query(request.query)
    } else {
      let isStream: Bool
      (isStream, codec) = try Self.contentType(headers, isUnary: method.streaming == .unary)
      kind = isStream ? .stream : .unary
      encoding = try RequestEncoding(
        headers[isStream ? "connect-content-encoding" : "content-encoding"].first)
    }
    accepted =
      headers[kind == .stream ? "connect-accept-encoding" : "accept-encoding"].first
    timeout = try Self.timeout(headers)
    if let version = headers["connect-protocol-version"].first, version != "1" {
      throw Self.malformed("connect-protocol-version must be 1")
    }
  }

  /// Streams and single messages have types of their own, so that neither can be taken for the other.
  private static func contentType(
    _ headers: HTTPHeaders, isUnary: Bool
  ) throws(Problem) -> (isStream: Bool, MessageCodec) {
    let types = headers["content-type"]
    let type = MediaType(types.first ?? "")
    let prefix = isUnary ? "application/" : "application/connect+"
    guard types.count == 1, type.essence.hasPrefix(prefix),
      let codec = MessageCodec(rawValue: String(type.essence.dropFirst(prefix.count))),
      type.parameters["charset"].map({ $0.lowercased() == "utf-8" }) ?? true
    else {
      throw Problem(
        .unsupportedMediaType, .invalidArgument,
        "send \(prefix)json or \(prefix)proto to this method")
    }
    return (!isUnary, codec)
  }

  /// `?connect=v1&base64=1&encoding=proto&message=…`, in any order; parameters of others are let be.
  static func query(
    _ query: Query
  ) throws(Problem) -> (kind: Kind, codec: MessageCodec, encoding: RequestEncoding) {
    guard (query["connect"] ?? "v1") == "v1" else { throw malformed("connect must be v1") }
    guard let name = query["encoding"] else { throw malformed("encoding is missing") }
    guard let codec = MessageCodec(rawValue: name) else {
      throw Problem(.unsupportedMediaType, .invalidArgument, "encoding is json or proto")
    }
    for name in ["message", "encoding", "base64", "compression", "connect"]
    where query.all(name).count > 1 {
      throw malformed("\(name) is given twice")
    }
    guard let message = query["message"] else { throw malformed("message is missing") }
    guard query["base64"] == "1" else {
      return (.get(Array(message.utf8)), codec, try RequestEncoding(query["compression"]))
    }
    var digits = message[...]
    for _ in 0..<2 where digits.last == "=" { digits = digits.dropLast() }
    guard let bytes = Base64URL.decode(String(digits)) else {
      throw malformed("message is not base64")
    }
    return (.get(bytes), codec, try RequestEncoding(query["compression"]))
  }

  /// Milliseconds, at most ten digits.
  private static func timeout(_ headers: HTTPHeaders) throws(Problem) -> Duration? {
    guard let text = headers["connect-timeout-ms"].first else { return nil }
    guard (1...10).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let milliseconds = Int64(text)
    else { throw malformed("connect-timeout-ms is not a number of milliseconds") }
    return .milliseconds(milliseconds)
  }

  private static func malformed(_ reason: String) -> Problem {
    Problem(.badRequest, .invalidArgument, reason)
  }

  private static func wrongVerb(_ allowed: [String]) -> Problem {
    var problem = Problem(.methodNotAllowed, .unimplemented, "send this method a POST")
    problem.allow = allowed
    return problem
  }
}
