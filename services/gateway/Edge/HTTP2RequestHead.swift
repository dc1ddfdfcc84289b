import HTTP2
import NIOHTTP1

/// The header block of an HTTP/2 request, checked as strictly as HTTP/1.1's. nghttp2 has refused
/// malformed pseudo-headers and connection-specific fields before.
struct HTTP2RequestHead {
  let method: HTTPMethod
  let path: String
  let authority: String
  let headers: HTTPHeaders
  let contentLength: Int?

  init(_ fields: HeaderFields, limits: EdgeLimits) throws(HTTP1Parser.Fault) {
    var parts = Parts()
    parts.headers.reserveCapacity(fields.count)
    try fields.forEachField { name, value throws(HTTP1Parser.Fault) in
      try parts.take(name, value)
    }
    guard let method = parts.method, let path = parts.path else {
      throw .malformed("a pseudo-header is missing")
    }
    guard path.utf8.count <= limits.targetBytes else { throw .targetTooLong }
    guard HTTP1Head.isToken(method[...]), path.utf8.first == UInt8(ascii: "/") else {
      throw .malformed(":method is no token, or :path no absolute path")
    }
    guard let authority = parts.authority ?? parts.hosts.first, HostName.isValid(authority),
      parts.hosts.allSatisfy({ $0.lowercased() == authority.lowercased() })
    else { throw .malformed("Host and :authority must name one host") }
    self.method = HTTPMethod(rawValue: method)
    self.path = path
    self.authority = authority
    headers = HTTPHeaders(parts.headers)
    let digits = parts.lengths.first ?? "0"
    guard parts.lengths.count <= 1, (1...18).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw .malformed("Content-Length must be one decimal number") }
    contentLength = parts.lengths.first.flatMap { Int($0) }
  }
}

extension HTTP2RequestHead {
  /// The fields of a block, sorted out one by one.
  private struct Parts {
    var headers: [(String, String)] = []
    var method: String?
    var path: String?
    var authority: String?
    var scheme: String?
    var hosts: [String] = []
    var lengths: [String] = []

    /// What a field is, told by the bytes of its name.
    private enum Kind {
      case method, path, authority, scheme, otherPseudo
      case host, length, trailerEncoding, plain
      case connectionSpecific, malformed

      init(_ name: UnsafeRawBufferPointer) {
        self =
          switch name.first {
          case UInt8(ascii: ":"): Self.pseudo(name)
          case nil: .malformed
          case _ where !name.allSatisfy(Self.isLowerCaseTokenByte): .malformed
          case UInt8(ascii: "h") where name.isSame(as: "host"): .host
          case UInt8(ascii: "c") where name.isSame(as: "content-length"): .length
          case UInt8(ascii: "t") where name.isSame(as: "te"): .trailerEncoding
          case _ where Self.isConnectionSpecific(name): .connectionSpecific
          default: .plain
          }
      }

      private static func pseudo(_ name: UnsafeRawBufferPointer) -> Kind {
        if name.isSame(as: ":method") { return .method }
        if name.isSame(as: ":path") { return .path }
        if name.isSame(as: ":authority") { return .authority }
        return name.isSame(as: ":scheme") ? .scheme : .otherPseudo
      }

      private static func isConnectionSpecific(_ name: UnsafeRawBufferPointer) -> Bool {
        name.isSame(as: "connection") || name.isSame(as: "keep-alive")
          || name.isSame(as: "proxy-connection") || name.isSame(as: "transfer-encoding")
          || name.isSame(as: "upgrade")
      }

      private static func isLowerCaseTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): false
        default: HTTP1Head.isTokenByte(byte)
        }
      }
    }

    mutating func take(
      _ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) throws(HTTP1Parser.Fault) {
      guard bytes.allSatisfy(HeaderText.isSafe) else {
        throw .malformed("a control character in the headers")
      }
      let kind = Kind(name)
      let value = HeaderText.received(String(decoding: bytes, as: UTF8.self))
      switch kind {
      case .method: try Self.set(&method, value)
      case .path: try Self.set(&path, value)
      case .authority: try Self.set(&authority, value)
      case .scheme: try Self.set(&scheme, value)
      case .otherPseudo: throw .malformed("a pseudo-header is not known")
      case .malformed: throw .malformed("a header's name is malformed")
      case .connectionSpecific: throw .malformed("a connection-specific header in HTTP/2")
      case .trailerEncoding where value != "trailers":
        throw .malformed("a connection-specific header in HTTP/2")
      case .host: hosts.append(value)
      case .length: lengths.append(value)
      case .plain, .trailerEncoding: break
      }
      if name.first != UInt8(ascii: ":") {
        headers.append((String(decoding: name, as: UTF8.self), value))
      }
    }

    private static func set(_ field: inout String?, _ value: String) throws(HTTP1Parser.Fault) {
      guard field == nil else { throw .malformed("a pseudo-header appears twice") }
      field = value
    }
  }
}
