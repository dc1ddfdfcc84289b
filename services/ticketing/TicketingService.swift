// TicketingService: what customers want done. Tickets with their thread, files and time; the catalogue
// they are classified with, the assets they are about, and the provider's choices. Knows people and
// accounts only by the names that identity gives it; sends mail only through messaging's queue.

import Blobs
import Bootstrap
import Foundation
import RPC
import Store
import Values

public struct TicketingService: HostedService {
  public static let name = "ticketing"
  public static let migrations = Bundle.module.bundleURL.appending(path: "Migrations")

  let tickets: TicketHandlers
  private let catalog: CatalogHandlers
  private let assets: AssetHandlers
  private let settings: TicketSettingsHandlers

  public init(_ context: ServiceContext) async throws {
    let directory = Directory(context.caller("identity"))
    let ids = SortableIDGenerator(clock: context.clock)
    let limit = Int64(
      try context.settings.int(
        "attachments.max-bytes", default: 26_214_400, in: 1024...1_073_741_824))
    let catalogues = KeptCatalogueStore()
    tickets = TicketHandlers(
      store: context.store, blobs: context.blobs, directory: directory, ids: ids,
      origin: try context.settings.portalOrigin(),
      maxFileBytes: limit, catalogues: catalogues)
    catalog = CatalogHandlers(store: context.store, ids: ids, catalogues: catalogues)
    assets = AssetHandlers(store: context.store, directory: directory, ids: ids)
    settings = TicketSettingsHandlers(
      store: context.store, directory: directory, maxFileBytes: limit)
  }

  public var services: [any RPCService] { [tickets, catalog, assets, settings] }

  public var jobs: [Job] {
    [
      Job("stale-uploads", every: .minutes(10)) { _ in try await dropStaleUploads() },
      Job("resolved-tickets", every: .minutes(1), isDue: tickets.hasTicketsToClose) { _ in
        try await tickets.closeResolvedTickets()
      },
    ]
  }

  /// Removes files that nobody named in time, rows first: bytes without a row are lost space, a row
  /// without bytes would be a broken promise.
  func dropStaleUploads() async throws {
    while true {
      let dropped = try await tickets.store.writeAcrossTenants { db in
        try StaleUploads(db: db).drop(limit: 100).map {
          Dropped(tenant: $0.tenant, blob: $0.blob)
        }
      }
      for file in dropped {
        if let id = BlobID(rawValue: file.blob) {
          try await tickets.blobs.delete(id, of: file.tenant)
        }
      }
      if dropped.count < 100 { return }
    }
  }
}

private struct Dropped: Sendable {
  let tenant: TenantID
  let blob: String
}
