import RPC
import Synchronization
import Values

/// A process as a caller in its own name: signs itself, and keeps each token for half its life.
public final class ServiceIdentity: Sendable {
  public let name: String
  private let signer: Signer
  private let clock: any WallClock
  private let kept = Mutex<[Slot: SignedPrincipal]>([:])

  private struct Slot: Hashable {
    let tenant: TenantID
    let actor: String?
    let audience: String
  }

  /// How many tokens are kept before all are made anew.
  private static let capacity = 4096

  public init(name: String, signer: Signer, clock: any WallClock) {
    self.name = name
    self.signer = signer
    self.clock = clock
  }

  /// A token for one called service, good for at least 30 seconds.
  public func token(
    for tenant: TenantID, actor: String? = nil, audience: String
  ) throws(TokenError) -> [UInt8] {
    let slot = Slot(tenant: tenant, actor: actor, audience: audience)
    let now = clock.now
    if let token = kept.withLock({ $0[slot] }), fresh(token, at: now) { return token.bytes }
    let token = try signer.token(
      for: .service(name, tenant: tenant, actor: actor), audience: audience, at: now)
    kept.withLock {
      if $0.count >= Self.capacity { $0.removeAll(keepingCapacity: true) }
      $0[slot] = token
    }
    return token.bytes
  }

  /// Also not when the clock was set back behind the token's making.
  private func fresh(_ token: SignedPrincipal, at now: Instant) -> Bool {
    let left = token.expires - now
    return left > .seconds(30) && left <= Claims.longestLife
  }
}

struct AsService: Sendable {
  let tenant: TenantID
  let actor: String?
}

enum AsServiceKey: CallKey {
  typealias Value = AsService
}

extension CallOptions {
  /// These options, for a call in the process's own name within a tenant.
  /// - Parameter actor: the user it is made for, for the audit rows of the called service.
  public func asService(in tenant: TenantID, actor: String? = nil) -> CallOptions {
    var copy = self
    copy[AsServiceKey.self] = AsService(tenant: tenant, actor: actor)
    return copy
  }

  /// These options, with a principal token: the gateway's, which holds one for each session.
  public func principal(_ token: [UInt8]) throws(MetadataError) -> CallOptions {
    var copy = self
    try copy.metadata.set(PrincipalToken.key, binary: token)
    return copy
  }
}
