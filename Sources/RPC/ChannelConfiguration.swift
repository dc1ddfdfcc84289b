import HTTP2
import NIOCore

/// How a channel connects and what it accepts.
public struct ChannelConfiguration: Sendable {
  /// Nil: plain HTTP/2, for loopback and private networks only.
  public var tls: TLSConfiguration?
  public var http2 = HTTP2Configuration()
  /// Largest response message, bytes.
  public var maximumResponseBytes = 4 * 1024 * 1024
  /// Largest request message, bytes.
  public var maximumRequestBytes = 64 * 1024 * 1024
  /// Calls that may wait for a connection or for a free stream.
  public var maximumQueuedCalls = 10_000
  public var connectTimeout: Duration = .seconds(20)
  /// Wait after a failed connection attempt: first, growth and longest, each ±20 % (R-057).
  public var firstBackoff: Duration = .seconds(1)
  public var backoffMultiplier = 1.6
  public var longestBackoff: Duration = .seconds(120)
  public var userAgent = "portico-swift/1"

  public init(tls: TLSConfiguration? = nil) { self.tls = tls }
}

/// Where a channel's calls go: `dns:///host:port`, `host:port`, `ipv4:1.2.3.4:80,…`, `ipv6:[::1]:80`,
/// `unix:/path`.
public struct Target: Sendable, Hashable {
  enum Address: Sendable, Hashable {
    case host(String, port: Int)
    case unix(String)
  }

  let addresses: [Address]
  /// The `:authority` of requests and the name in the server's certificate.
  let authority: String
  let serverName: String

  public init(_ text: String) throws(TargetError) {
    let list: [Address]
    if text.hasPrefix("unix:") {
      var path = text.dropFirst("unix:".count)
      if path.hasPrefix("///") { path = path.dropFirst(2) }
      guard !path.isEmpty else { throw .malformed(text) }
      addresses = [.unix(String(path))]
      authority = "localhost"
      serverName = "localhost"
      return
    } else if text.hasPrefix("ipv4:") || text.hasPrefix("ipv6:") {
      list = text.dropFirst(5).split(separator: ",").compactMap { Self.hostAndPort($0) }
      guard list.count == text.dropFirst(5).split(separator: ",").count else {
        throw .malformed(text)
      }
    } else {
      var rest = Substring(text)
      if rest.hasPrefix("dns:") { rest = rest.dropFirst(4) }
      if rest.hasPrefix("//") {
        guard let slash = rest.dropFirst(2).firstIndex(of: "/") else { throw .malformed(text) }
        rest = rest[rest.index(after: slash)...]
      }
      list = Self.hostAndPort(rest).map { [$0] } ?? []
    }
    guard case .host(let host, let port)? = list.first else { throw .malformed(text) }
    addresses = list
    authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    serverName = host
  }

  private static func hostAndPort(_ text: Substring) -> Address? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, !host.contains("/") else { return nil }
    return .host(String(host), port: port)
  }
}

/// Why a text is no target; the case holds the text.
public enum TargetError: Error, Hashable {
  case malformed(String)
}
