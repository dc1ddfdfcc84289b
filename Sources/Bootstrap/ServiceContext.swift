import Access
import Blobs
import Logging
import RPC
import Store
import Values

/// What a process gives to its service.
public struct ServiceContext: Sendable {
  /// `ticketing`
  public let name: String
  /// Migrated and open.
  public let store: any Store
  public let clock: any WallClock
  public let logger: Logger
  public let settings: Settings
  public let blobs: any BlobStore
  /// Signs in the service's own name; identity signs people with it.
  public let signer: Signer
  let peers: Peers

  /// Calls another service. A call made inside a handler carries the caller's token on; options made with
  /// `asService(in:)` carry this service's own. UNAVAILABLE when the settings give no address.
  public func caller(_ service: String) -> any Caller { peers.caller(service) }
}
