import PorticoAPI
import RPC
import Synchronization
import Values

/// The tenant's face: what anybody may know of a portal, and where it lives.
final class Portal: Sendable {
  let tenant: TenantID
  /// Name, contact, brand colour, time zone.
  let settings: Identity.Portal
  /// `https://acme.portal.example`, from configuration: where links in mails lead. No slash at the end.
  let origin: String

  init(tenant: TenantID, settings: Identity.Portal, origin: String) {
    self.tenant = tenant
    self.settings = settings
    self.origin = origin
  }

  var name: String { settings.displayName.isEmpty ? tenant.rawValue : settings.displayName }
}

/// Asks identity for portals and remembers the answers for a minute; longer while identity is down.
final class PortalDirectory: Sendable {
  private struct Entry {
    let portal: Portal?
    let until: Instant
  }
  private let portals: PortalsClient
  private let configuration: GatewayConfiguration
  private let patience: Duration
  private let clock: any WallClock
  private let known = Mutex<[TenantID: Entry]>([:])
  private static let life = Duration.seconds(60)
  private static let lifeInOutage = Duration.seconds(5)
  private static let capacity = 10_000

  init(
    _ caller: any Caller, _ configuration: GatewayConfiguration, patience: Duration,
    clock: any WallClock
  ) {
    portals = PortalsClient(caller)
    self.configuration = configuration
    self.patience = patience
    self.clock = clock
  }

  /// The portal of a host as it is known now; nil when identity has to be asked.
  func known(host: String) -> Portal? {
    guard let tenant = configuration.tenant(host: host),
      let last = known.withLock({ $0[tenant] }), clock.now < last.until
    else { return nil }
    return last.portal
  }

  /// The portal of a host, nil where there is none. With identity down, the last answer or a plain face.
  func portal(host: String, requestID: String) async throws -> Portal? {
    guard let tenant = configuration.tenant(host: host) else { return nil }
    let now = clock.now
    let last = known.withLock { $0[tenant] }
    if let last, now < last.until { return last.portal }
    return try await ask(for: tenant, last: last?.portal, now, requestID)
  }

  private func ask(
    for tenant: TenantID, last: Portal?, _ now: Instant, _ requestID: String
  ) async throws -> Portal? {
    let portal: Portal?
    do {
      var options = CallOptions(deadline: .after(patience))
      try options.metadata.set(RequestID.key, requestID)
      let settings = try await portals.getPortal(.init(tenant: tenant.rawValue), options)
      portal = make(tenant, settings)
    } catch let status as Status where status.code == .notFound {
      portal = nil
    } catch let status as Status
      where status.code == .unavailable || status.code == .deadlineExceeded
    {
      let face = last ?? make(tenant, .init(active: true))
      // Nor does the next request wait for an identity that does not answer.
      if last != nil { remember(face, of: tenant, until: now + Self.lifeInOutage) }
      return face
    }
    remember(portal, of: tenant, until: now + Self.life)
    return portal
  }

  private func remember(_ portal: Portal?, of tenant: TenantID, until: Instant) {
    known.withLock { known in
      if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
      known[tenant] = Entry(portal: portal, until: until)
    }
  }

  private func make(_ tenant: TenantID, _ settings: Identity.Portal) -> Portal {
    Portal(tenant: tenant, settings: settings, origin: configuration.origin(of: tenant))
  }
}
