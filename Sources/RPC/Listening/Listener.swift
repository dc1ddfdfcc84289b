import HTTP2

/// Where a server listens, and how it speaks there.
public struct Listener: Sendable {
  public enum Address: Sendable, Hashable, CustomStringConvertible {
    /// Port 0 takes a free one.
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// `10.0.0.7:443`, `[::1]:443`, `unix:/run/x.sock`.
    public var description: String {
      switch self {
      case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      case .unix(let path): "unix:\(path)"
      }
    }
  }

  public var address: Address
  /// Nil: HTTP/2 with prior knowledge, for loopback and private networks only.
  public var tls: TLSConfiguration?
  public var http2: HTTP2Configuration
  /// Connections taken in a burst, and a second; the others wait in the kernel's queue.
  public var acceptBurst = 1_000
  public var acceptRate = 1_000
  /// TLS handshakes under way at once; further connections wait in the kernel's queue.
  public var maximumHandshakes = 200

  public init(
    _ address: Address, tls: TLSConfiguration? = nil, http2: HTTP2Configuration = .init()
  ) {
    self.address = address
    self.tls = tls
    self.http2 = http2
  }
}
