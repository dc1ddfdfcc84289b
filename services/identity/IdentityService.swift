// IdentityService: who is who on an installation, and what they may do. Tenants and their portals, accounts, sites
// and contacts, users and their memberships, roles, passwords, sessions, mailed links, and the audit of all that.
// It signs the principals that every other service trusts; it knows no ticket, no invoice and no message.

import Access
import Bootstrap
import Crypto
import Foundation
import RPC
import Store
import Telemetry
import Values

public struct IdentityService: HostedService {
  public static let name = "identity"
  public static let migrations = Bundle.module.bundleURL.appending(path: "Migrations")

  let parts: IdentityParts

  public init(_ context: ServiceContext) async throws {
    parts = IdentityParts(
      store: context.store, passwords: try PasswordHasher(), signer: context.signer,
      common: try CommonPasswords.load(), origin: try context.settings.portalOrigin(),
      ids: SortableIDGenerator(clock: context.clock), limits: try SessionLimits(context.settings))
  }

  public var services: [any RPCService] {
    [
      TenantHandlers(parts: parts), PortalHandlers(parts: parts), AccountHandlers(parts: parts),
      ContactHandlers(parts: parts), UserHandlers(parts: parts), RoleHandlers(parts: parts),
      ProfileHandlers(parts: parts), SessionHandlers(parts: parts),
      APITokenHandlers(parts: parts), AuditHandlers(parts: parts),
    ]
  }

  public var metrics: [MetricFamily] { [parts.logins.family] }

  public var jobs: [Job] {
    [
      Job(
        "reset-letters", every: .seconds(1),
        isDue: ResetLetters(parts: parts).isDue
      ) { [parts] _ in try await ResetLetters(parts: parts).run() },
      Job("forget-what-ended", every: .hours(1)) { [parts] _ in
        try await parts.store.writeAcrossTenants { db in
          try GuessStore.prune(in: db)
          try SessionStore.prune(in: db)
          try LinkStore.prune(in: db)
          try DeviceStore.prune(in: db)
          try APITokenStore.prune(in: db)
        }
      },
    ]
  }
}

extension SessionLimits {
  ///     session.customer.idle.minutes   60, from 5 to 1440
  ///     session.staff.idle.minutes      60, from 5 to 1440
  ///     session.visit.hours             24, from 1 to 24
  ///     session.kept.days               30, from 1 to 90
  fileprivate init(_ settings: Settings) throws {
    self.init()
    customerIdle = .minutes(
      try settings.int("session.customer.idle.minutes", default: 60, in: 5...1440))
    staffIdle = .minutes(try settings.int("session.staff.idle.minutes", default: 60, in: 5...1440))
    visit = .hours(try settings.int("session.visit.hours", default: 24, in: 1...24))
    kept = .days(try settings.int("session.kept.days", default: 30, in: 1...90))
  }
}
