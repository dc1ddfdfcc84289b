/// Which clients may call what, by the names in their certificates (R-036). The most specific rule for a method counts, and
/// it alone: method before service before everything.
///
/// A client without a verified certificate is UNAUTHENTICATED, one with other names PERMISSION_DENIED; neither
/// reaches an interceptor or a handler. Judged for each call by its resolved method, never by the raw path.
public struct PeerRule: Sendable, Hashable {
  public enum Scope: Sendable, Hashable {
    case everything
    /// By full name, `portico.ticketing.v1.Tickets`.
    case service(String)
    /// By path, `/portico.ticketing.v1.Tickets/CloseTicket`.
    case method(String)
  }

  public let scope: Scope
  /// Subject alternative names, DNS or URI (`spiffe://portico/gateway`), byte for byte; any of them will do.
  public let names: Set<String>

  public init(_ scope: Scope, requires names: Set<String>) {
    self.scope = scope
    self.names = names
  }

  /// The names that a method requires; nil when no rule speaks of it.
  static func names(for method: Method, in rules: [PeerRule]) -> Set<String>? {
    let scopes: [Scope] = [.method(method.path), .service(method.service), .everything]
    return scopes.lazy.compactMap { scope in rules.first { $0.scope == scope }?.names }.first
  }

  /// Whether the rule speaks of something that is served: one that does not is a mistake in writing, and would leave its
  /// method open.
  func isFor(_ methods: [Method]) -> Bool {
    switch scope {
    case .everything: true
    case .service(let name): methods.contains { $0.service == name }
    case .method(let path): methods.contains { $0.path == path }
    }
  }
}

extension Peer {
  /// Throws when the names of a rule are required and this peer has none of them.
  func check(_ names: Set<String>?) throws(Status) {
    guard let names else { return }
    guard !certificateNames.isEmpty else {
      throw Status(.unauthenticated, "this method requires a client certificate")
    }
    guard certificateNames.contains(where: names.contains) else {
      throw Status(
        .permissionDenied, "this client may not call the method",
        because: "certificate of \(certificateNames.joined(separator: " "))")
    }
  }
}
