import NIOCore

/// One server and the addresses it can be reached at, best first. Balancing is between endpoints; the addresses of one
/// are tried until the first that answers (gRFC A61).
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  public enum Address: Sendable, Hashable {
    /// A numeric IPv4 or IPv6 address, without brackets.
    case ip(String, port: Int)
    case unix(path: String)
  }

  public var addresses: [Address]

  public init(_ addresses: [Address]) { self.addresses = addresses }

  /// The addresses, with commas between them.
  public var description: String { addresses.map(\.description).joined(separator: ",") }
}

extension Endpoint.Address: CustomStringConvertible {
  /// An IP address if `host` is one.
  init?(numeric host: String, port: Int) {
    do { _ = try SocketAddress(ipAddress: host, port: port) } catch { return nil }
    self = .ip(host, port: port)
  }

  init?(_ address: SocketAddress) {
    guard let host = address.ipAddress, let port = address.port else { return nil }
    self = .ip(host, port: port)
  }

  func socketAddress() throws -> SocketAddress {
    switch self {
    case .ip(let host, let port): return try SocketAddress(ipAddress: host, port: port)
    case .unix(let path): return try SocketAddress(unixDomainSocketPath: path)
    }
  }

  /// `10.0.0.7:443`, `[::1]:443`, `unix:/run/x.sock`.
  public var description: String {
    switch self {
    case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  private var isIPv6: Bool {
    if case .ip(let host, _) = self { return host.contains(":") }
    return false
  }

  /// The same addresses with the families in turn, beginning with the family of the first (RFC 8305, section 4), so that
  /// a network without IPv6 costs one delay and not one an address.
  static func interleaved(_ addresses: [Self]) -> [Self] {
    guard let first = addresses.first else { return [] }
    let one = addresses.filter { $0.isIPv6 == first.isIPv6 }
    let other = addresses.filter { $0.isIPv6 != first.isIPv6 }
    var result: [Self] = []
    for index in 0..<max(one.count, other.count) {
      if index < one.count { result.append(one[index]) }
      if index < other.count { result.append(other[index]) }
    }
    return result
  }
}
