import HTTP2
import Values

/// What one gateway process is told about its surroundings.
public struct GatewayConfiguration: Sendable {
  /// Address to listen on, `127.0.0.1`.
  public var host: String
  /// 0 picks a free port.
  public var port: Int
  /// Where the portals live: `localhost` makes `acme.localhost` the portal of tenant `acme`.
  public var baseDomain: String
  /// Whose portal the bare base domain shows, and any host when it is an IP address; nil answers 404 there.
  public var defaultTenant: TenantID?
  /// Scheme and port as browsers see them, for links that leave the portal: `https` and nil behind a proxy or with TLS
  /// on 443. Links never follow a request's Host header.
  public var publicScheme: String
  public var publicPort: Int?
  /// PEM files; nil serves plain HTTP, which is for loopback and for a TLS-terminating proxy.
  public var tls: TLSConfiguration?
  /// At least 32 bytes, shared by all gateway processes: keys CSRF tokens and flash cookies.
  public var secret: Secret<[UInt8]>
  /// Proxies in front of the gateway, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed.
  var trustedProxies: TrustedProxies
  /// How many requests addresses and users may send.
  public var rates: RateTable
  /// How many connections and streams one client may have.
  public var allowance: ClientAllowance
  /// Whose staff may see how the installation is doing.
  public var operationTenants: Set<TenantID>
  /// What the deployment says about its JSON API.
  public var api: APIOptions
  /// How long running requests may go on after a stop was asked for.
  public var drainGrace: Duration

  public init(
    host: String = "127.0.0.1", port: Int = 8080, baseDomain: String = "localhost",
    defaultTenant: TenantID? = nil, publicScheme: String? = nil, publicPort: Int? = nil,
    tls: TLSConfiguration? = nil, secret: Secret<[UInt8]>, trustedProxies: [AddressRange] = [],
    rates: RateTable = .standard, allowance: ClientAllowance = ClientAllowance(),
    operationTenants: Set<TenantID> = [], api: APIOptions = APIOptions(),
    drainGrace: Duration = .seconds(10)
  ) {
    self.host = host
    self.port = port
    self.baseDomain = baseDomain.lowercased()
    self.defaultTenant = defaultTenant
    self.publicScheme = publicScheme ?? (tls == nil ? "http" : "https")
    self.publicPort = publicPort
    self.tls = tls
    self.secret = secret
    self.trustedProxies = TrustedProxies(trustedProxies)
    self.rates = rates
    self.allowance = allowance
    self.operationTenants = operationTenants
    self.api = api
    self.drainGrace = drainGrace
  }
}

extension GatewayConfiguration {
  /// The tenant that a host name stands for: its first label under the base domain. Nil for any other host.
  func tenant(host: String) -> TenantID? {
    if host == baseDomain || HostAddress.isIP(host) { return defaultTenant }
    guard host.hasSuffix("." + baseDomain) else { return nil }
    let label = host.dropLast(baseDomain.count + 1)
    guard (1...63).contains(label.utf8.count), label.utf8.allSatisfy(Self.isLabelByte) else {
      return nil
    }
    return TenantID(String(label))
  }

  /// `https://acme.portal.example`, without a slash at the end.
  func origin(of tenant: TenantID) -> String {
    let port = publicPort.map { ":\($0)" } ?? ""
    return "\(publicScheme)://\(tenant.rawValue).\(baseDomain)\(port)"
  }

  private static func isLabelByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
  }
}

enum HostAddress {
  static func isIP(_ host: String) -> Bool {
    host.hasPrefix("[")
      || (!host.isEmpty
        && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") })
  }
}
