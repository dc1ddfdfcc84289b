import NIOHTTP1

/// How a gRPC-Web body is written: `application/grpc-web`, `-text` for base64, and the codec after `+`.
struct GRPCWebFormat: Sendable, Hashable {
  var codec: MessageCodec
  /// Base64, for clients that cannot take bytes.
  var isText: Bool

  static let binary = GRPCWebFormat(codec: .proto, isText: false)
  private static let base = "application/grpc-web"

  private init(codec: MessageCodec, isText: Bool) {
    self.codec = codec
    self.isText = isText
  }

  /// Whether a `Content-Type` is of this protocol, known or not.
  static func covers(_ headers: HTTPHeaders) -> Bool {
    guard let type = headers["content-type"].first else { return false }
    let rest = MediaType(type).essence.dropFirst(base.count)
    return MediaType(type).essence.hasPrefix(base)
      && (rest.isEmpty || rest.hasPrefix("+") || rest.hasPrefix("-text"))
  }

  /// Nil for a codec that is none of ours.
  init?(_ headers: HTTPHeaders) {
    let types = headers["content-type"]
    guard types.count == 1, let type = types.first else { return nil }
    var rest = MediaType(type).essence[...]
    guard rest.hasPrefix(Self.base) else { return nil }
    rest = rest.dropFirst(Self.base.count)
    isText = rest.hasPrefix("-text")
    if isText { rest = rest.dropFirst("-text".count) }
    guard !rest.isEmpty else {
      codec = .proto
      return
    }
    guard rest.hasPrefix("+"), let codec = MessageCodec(rawValue: String(rest.dropFirst())) else {
      return nil
    }
    self.codec = codec
  }

  /// The answer's: text when `Accept` asks for it, bytes when it asks for those, else as the request.
  func answering(_ headers: HTTPHeaders) -> GRPCWebFormat {
    let wanted = headers["accept"].joined(separator: ",").split(separator: ",")
      .map { MediaType(String($0)).essence }.filter { $0.hasPrefix(Self.base) }
    var answer = self
    if let first = wanted.first { answer.isText = first.hasPrefix(Self.base + "-text") }
    return answer
  }

  var contentType: String { Self.base + (isText ? "-text" : "") + "+" + codec.rawValue }
}
