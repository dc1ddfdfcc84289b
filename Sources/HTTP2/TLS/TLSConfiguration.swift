/// How one side of a connection speaks TLS. TLS 1.2 and 1.3, AEAD suites, no renegotiation. Certificates are PEM files.
public struct TLSConfiguration: Sendable {
  public enum PeerVerification: Sendable, Hashable {
    /// Client: the server's chain and name are checked. Server: no client certificate is asked for.
    case standard
    /// Server only: a client certificate that chains to `trustRoots` is required.
    case mutual
  }

  /// Certificate chain, leaf first. A server needs one; a client only for mutual TLS.
  public var certificateChainFile: String?
  public var privateKeyFile: String?
  /// CA certificates; the system's when nil.
  public var trustRootsFile: String?
  public var verification: PeerVerification
  /// Protocols by preference.
  public var applicationProtocols: [String]
  /// Of these names (URI or DNS subject alternative names, byte for byte) the peer's certificate must have one; empty: any.
  /// A server needs `.mutual` for it. For a client it takes the place of the host name, as in SPIFFE, where an
  /// identity is not an address: `spiffe://portico/identity`.
  public var permittedPeerNames: Set<String> = []
  /// How often new connections look whether the files have changed.
  public var reloadInterval: Duration = .seconds(10)

  public static func server(
    certificateChainFile: String, privateKeyFile: String, clientTrustRootsFile: String? = nil,
    applicationProtocols: [String] = ["h2"]
  ) -> TLSConfiguration {
    TLSConfiguration(
      certificateChainFile: certificateChainFile, privateKeyFile: privateKeyFile,
      trustRootsFile: clientTrustRootsFile,
      verification: clientTrustRootsFile == nil ? .standard : .mutual,
      applicationProtocols: applicationProtocols)
  }

  public static func client(
    trustRootsFile: String? = nil, certificateChainFile: String? = nil,
    privateKeyFile: String? = nil, applicationProtocols: [String] = ["h2"]
  ) -> TLSConfiguration {
    TLSConfiguration(
      certificateChainFile: certificateChainFile, privateKeyFile: privateKeyFile,
      trustRootsFile: trustRootsFile, verification: .standard,
      applicationProtocols: applicationProtocols)
  }
}
