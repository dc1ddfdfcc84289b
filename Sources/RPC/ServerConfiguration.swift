/// The limits of a server.
public struct ServerConfiguration: Sendable {
  /// Largest request message, bytes.
  public var maximumRequestBytes = 4 * 1024 * 1024
  /// Largest response message, bytes.
  public var maximumResponseBytes = 64 * 1024 * 1024
  /// Size of the metadata that a handler may add to the headers, and to the trailers: name + value + 32 a field. More is a
  /// mistake of the program, INTERNAL.
  public var maximumMetadataBytes = 8 * 1024
  /// Bytes that the compressed requests of all calls may have once inflated, at a time; more answer
  /// RESOURCE_EXHAUSTED.
  public var inflatedBytesInAll = 256 * 1024 * 1024
  /// How many times its size on the wire a request may have once inflated. gzip cannot exceed 1032, which text
  /// of one repeated byte comes close to: lower it where only ordinary messages are expected.
  public var maximumInflationRatio = 1032
  /// Whether answers are compressed when the client accepts it, unless the handler decides otherwise by
  /// `call.compressesResponses`. Off: an answer that mixes a secret with a stranger's text would give the
  /// secret away by its length.
  public var compressesResponses = false
  /// Handlers running at once for one connection and for the process, whatever HTTP/2 says of their
  /// streams; more answers RESOURCE_EXHAUSTED.
  public var handlersPerConnection = 1000
  public var handlersInAll = 10_000
  /// The same for all connections of one client: of one certificate, or of one address. Nil: no such bound; behind a
  /// proxy, or between services, one client stands for many people.
  public var handlersPerClient: Int?
  /// Which clients may call what, by their certificates.
  public var peerRules: [PeerRule] = []
  /// Connections open at once, also those in their handshake; further ones are closed at once.
  public var maximumConnections = 10_000

  public init() {}
}
