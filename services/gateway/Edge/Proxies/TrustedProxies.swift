import NIOHTTP1

/// Whom the gateway believes about clients that it does not see itself: proxies in front of it, by address.
/// From anybody else `X-Forwarded-*` are words of the client and are not looked at.
struct TrustedProxies: Sendable, Hashable {
  private let ranges: [AddressRange]

  init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

  func contains(_ address: IPAddress?) -> Bool {
    guard let address else { return false }
    return ranges.contains { $0.contains(address) }
  }

  /// Where a request comes from as its browser would say it.
  struct Source: Sendable, Hashable {
    let remote: RemoteAddress
    let isSecure: Bool
    /// `acme.localhost:8080`, lower-case.
    let authority: String
  }

  /// - Throws: 400 when a trusted proxy says what cannot be.
  func source(of request: IncomingRequest) throws(Problem) -> Source {
    let origin = request.origin
    guard contains(origin.address) else {
      return Source(
        remote: RemoteAddress(origin.address), isSecure: origin.isTLS,
        authority: request.host.lowercased())
    }
    return Source(
      remote: RemoteAddress(client(request.headers, from: origin.address)),
      isSecure: try scheme(request.headers).map { $0 == "https" } ?? origin.isTLS,
      authority: try host(request.headers) ?? request.host.lowercased())
  }

  /// Each proxy appends whom it heard from: from the right, the first that is no proxy of ours is the client. What stands
  /// left of it the client may have written itself. An entry that is no address ends the walk at who wrote it.
  private func client(_ headers: HTTPHeaders, from peer: IPAddress?) -> IPAddress? {
    var client = peer
    for entry in headers[canonicalForm: "x-forwarded-for"].reversed() {
      guard let address = Self.address(entry.trimmed) else { break }
      client = address
      guard contains(address) else { break }
    }
    return client
  }

  /// Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
  private static func address(_ text: Substring) -> IPAddress? {
    if let address = IPAddress(text) { return address }
    guard HostName.isValid(String(text)) else { return nil }
    let name = HostName.split(String(text)).name
    return name.hasPrefix("[") ? IPAddress(name.dropFirst().dropLast()) : IPAddress(name)
  }

  /// The proxy next to us has the last word.
  private func scheme(_ headers: HTTPHeaders) throws(Problem) -> String? {
    guard let last = headers[canonicalForm: "x-forwarded-proto"].last else { return nil }
    let scheme = last.trimmed.lowercased()
    guard scheme == "https" || scheme == "http" else {
      throw Problem(.badRequest, .invalidArgument, "X-Forwarded-Proto is neither http nor https")
    }
    return scheme
  }

  private func host(_ headers: HTTPHeaders) throws(Problem) -> String? {
    guard let last = headers[canonicalForm: "x-forwarded-host"].last else { return nil }
    let host = last.trimmed.lowercased()
    guard HostName.isValid(host) else {
      throw Problem(.badRequest, .invalidArgument, "X-Forwarded-Host is no host")
    }
    return host
  }
}

/// The client's address: the peer's own, or as trusted proxies told it.
struct RemoteAddress: Sendable, Hashable, CustomStringConvertible {
  /// Nil for a peer without one, behind a Unix socket.
  let ip: IPAddress?

  init(_ ip: IPAddress?) { self.ip = ip }

  var description: String { ip?.description ?? "local" }
  /// Whose requests are counted together.
  var site: IPAddress? { ip?.site }
}
