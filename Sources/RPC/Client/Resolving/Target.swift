/// Where a channel's calls go: `dns:///host:port`, `host:port`, `ipv4:1.2.3.4:80,…`, `ipv6:[::1]:80,…`,
/// `unix:/path`, or `scheme:///name` and `scheme:name` with a resolver of the application's own.
///
/// A DNS server in the target (`dns://8.8.8.8/…`) is refused: names are asked of the system's resolver.
public struct Target: Sendable, Hashable {
  /// `dns`, `ipv4`, `ipv6`, `unix` or that of a resolver.
  public let scheme: String
  /// What `scheme://` is followed by, up to the next slash; mostly empty.
  public let resolverAuthority: String
  /// What is to be resolved: `host:port`, or whatever the scheme's resolver understands.
  public let name: String
  /// The `:authority` of requests.
  let authority: String
  /// The name that the server's certificate must be for.
  let serverName: String
  /// The addresses that the target spells out; nil when they must be looked up.
  let fixed: [Endpoint]?

  /// - Parameter schemes: those for which there is a resolver beside the built-in ones.
  public init(_ text: String, schemes: Set<String> = []) throws(TargetError) {
    let parts = try Self.split(text, schemes.union(["dns", "ipv4", "ipv6", "unix"]))
    (scheme, resolverAuthority, name) = parts
    if schemes.contains(parts.scheme) {
      fixed = nil
      authority = parts.name
      serverName = HostAndPort(parts.name[...])?.host ?? parts.name
      guard !parts.name.isEmpty else { throw .malformed(text) }
      return
    }
    guard parts.authority.isEmpty else { throw .malformed(text) }
    switch parts.scheme {
    case "unix":
      guard !parts.name.isEmpty else { throw .malformed(text) }
      fixed = [Endpoint([.unix(path: parts.name)])]
      authority = "localhost"
      serverName = "localhost"
    case "dns":
      guard let host = HostAndPort(parts.name[...]) else { throw .malformed(text) }
      fixed = Endpoint.Address(numeric: host.host, port: host.port).map { [Endpoint([$0])] }
      authority = host.text
      serverName = host.host
    default:
      let hosts = try Self.numericHosts(parts.name, parts.scheme, text)
      guard let first = hosts.first else { throw .malformed(text) }
      fixed = hosts.map { Endpoint([.ip($0.host, port: $0.port)]) }
      authority = first.text
      serverName = first.host
    }
  }

  /// Text without a known scheme before its first colon is a name for DNS.
  private static func split(_ text: String, _ known: Set<String>) throws(TargetError)
    -> (scheme: String, authority: String, name: String)
  {
    guard let colon = text.firstIndex(of: ":"), known.contains(String(text[..<colon])) else {
      return ("dns", "", text)
    }
    let scheme = String(text[..<colon])
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { return (scheme, "", String(rest)) }
    guard let slash = rest.dropFirst(2).firstIndex(of: "/") else { throw .malformed(text) }
    let authority = String(rest.dropFirst(2)[..<slash])
    // The path of a unix socket begins with that slash.
    let name = scheme == "unix" ? rest[slash...] : rest[rest.index(after: slash)...]
    return (scheme, authority, String(name))
  }

  private static func numericHosts(_ list: String, _ scheme: String, _ text: String)
    throws(TargetError) -> [HostAndPort]
  {
    var hosts: [HostAndPort] = []
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let host = HostAndPort(part), host.host.contains(":") == (scheme == "ipv6"),
        Endpoint.Address(numeric: host.host, port: host.port) != nil
      else { throw .malformed(text) }
      hosts.append(host)
    }
    return hosts
  }
}

/// `host:port`, with an IPv6 address in brackets.
struct HostAndPort: Sendable, Hashable {
  let host: String
  let port: Int

  init?(_ text: Substring) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, !host.contains("/"), !host.contains(",") else { return nil }
    self.host = String(host)
    self.port = port
  }

  var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a text is no target; the case holds the text.
public enum TargetError: Error, Hashable {
  case malformed(String)
}
