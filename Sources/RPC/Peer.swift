/// The other end of a connection.
public struct Peer: Sendable, Hashable {
  /// `10.0.0.7:51234` or `unix:` and a path; empty when unknown.
  public var address: String
  /// The names (DNS and URI subject alternative names) of a verified client certificate, never its CN; empty
  /// without mutual TLS.
  public var certificateNames: [String]

  public init(address: String = "", certificateNames: [String] = []) {
    self.address = address
    self.certificateNames = certificateNames
  }
}
