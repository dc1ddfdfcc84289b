import RPC

/// Where the browser is, as the gateway saw it: what throttling and the list of sessions go by. It travels beside the
/// request, not in it, so that no field that a caller fills can say otherwise.
public enum ClientAddress {
  /// The metadata key.
  public static let key = "portico-client-address"
  /// Whose word on it is taken.
  static let witness = "gateway"
}

extension CallOptions {
  /// These options, for a call that a browser at `address` caused.
  public func client(address: String) throws(MetadataError) -> CallOptions {
    var copy = self
    try copy.metadata.set(ClientAddress.key, address)
    return copy
  }
}

extension Call {
  /// The browser's address, when the gateway calls as itself and names one; nil from everybody else.
  public var clientAddress: String? {
    guard signedInPrincipal?.kind == .service(ClientAddress.witness) else { return nil }
    return metadata[ClientAddress.key]
  }
}
