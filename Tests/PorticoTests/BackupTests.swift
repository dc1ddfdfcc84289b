import Blobs
import Bootstrap
import CmsService
import Foundation
import Logging
import RPC
import Store
import TestSupport
import Testing
import TicketingService
import Values

@testable import portico

@Suite("portico backup and restore")
struct BackupTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private static let clock = SystemClock()

  /// Where a test's databases are: SQLite in its folder, PostgreSQL on the run's server.
  private func location(_ engine: Engine, in folder: URL) async throws -> StoreLocation {
    engine == .sqlite
      ? .sqlite(path: folder.appending(path: "\(RequestID.make()).db").path)
      : try await TestStore.location(engine)
  }

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "portico-backup-\(RequestID.make())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do { try await body(folder) } catch {
      try FileManager.default.removeItem(at: folder)
      throw error
    }
    try FileManager.default.removeItem(at: folder)
  }

  /// A store with logs, an outbox row, uploads and their files of two tenants.
  private func fill(_ location: StoreLocation, _ blobs: URL) async throws {
    let store = try await location.open(
      migrations: TicketingService.migrations, clock: Self.clock, logger: Self.logger)
    let files = try DirectoryBlobStore(root: blobs)
    for tenant in [TenantID("acme"), TenantID("zenith")] {
      let blob = try await files.write([0, 255, 10, 92], of: tenant, limit: 100)
      try await store.write(as: tenant) { db in
        try db.run(
          """
          INSERT INTO uploads (tenant, id, owner, file_name, content_type, size_bytes, sha256, blob,
            created)
          VALUES (\(tenant), \("one"), \("users/ada"), \("a\tb\\c.txt"), \("text/plain"),
            \(4), \("00"), \(blob.id.rawValue), \(db.now))
          """)
        try db.run(
          """
          INSERT INTO catalog_entries (tenant, id, kind, display_name, parent, rank, is_default,
            retired, version)
          VALUES (\(tenant), \("p1"), \("priority"), \("Hoch — é"), \(String?.none), \(1), \(true),
            \(false), \(1))
          """)
        try db.audit("upload.create", on: "uploads/one", by: Actor("users/ada"))
        try db.send(key: "mail/1", method: "/m", body: [0, 1, 2])
      }
    }
    await store.close()
  }

  private func take(
    _ location: StoreLocation, _ blobs: URL, tenant: TenantID? = nil, to folder: BackupFolder
  ) async throws -> BackupManifest {
    let store = try await location.openForReading(clock: Self.clock, logger: Self.logger)
    do {
      let manifest = try await folder.make { place in
        let backup = ServiceBackup(
          name: "ticketing", store: store, blobs: BlobFolder(blobs), tenant: tenant,
          folder: place.appending(path: "ticketing")
        ) { _ in }
        return BackupManifest(
          created: "now", tenant: tenant?.rawValue, services: [try await backup.take()])
      }
      await store.close()
      return manifest
    } catch {
      await store.close()
      throw error
    }
  }

  private func put(
    _ manifest: BackupManifest, of folder: BackupFolder, tenant: TenantID? = nil,
    replaces: Bool = false, into location: StoreLocation, _ blobs: URL
  ) async throws {
    let service = try #require(manifest.services.first)
    try await ServiceRestore(
      backup: folder, service: service, tenant: tenant, replaces: replaces
    ).put(
      into: location, blobs: BlobFolder(blobs), migrations: TicketingService.migrations,
      clock: Self.clock, logger: Self.logger)
  }

  /// Everything in a store that a backup holds, by table, columns in the order of their names.
  private func content(
    _ location: StoreLocation, of tenant: TenantID? = nil
  ) async throws -> [String: [[String: SQLValue]]] {
    let store = try await location.openForReading(clock: Self.clock, logger: Self.logger)
    let content = try await store.readAcrossTenants { db in
      var content: [String: [[String: SQLValue]]] = [:]
      for table in try db.tables() {
        content[table.name] = try db.rows(of: table, tenant: tenant, after: nil, limit: 1000).map {
          Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.name), $0))
        }
      }
      return content
    }
    await store.close()
    return content
  }

  @Test(
    "V-23 N-11 rows and files come back as they were, on either engine from either",
    arguments: Engine.allCases, Engine.allCases)
  func roundTrip(_ source: Engine, _ target: Engine) async throws {
    try await withFolder { folder in
      let from = try await location(source, in: folder)
      let to = try await location(target, in: folder)
      let blobs = folder.appending(path: "blobs")
      try await fill(from, blobs)
      let backup = BackupFolder(url: folder.appending(path: "backup"))
      let manifest = try await take(from, blobs, to: backup)
      let again = folder.appending(path: "again")
      try await put(manifest, of: backup, into: to, again)
      let (before, after) = (try await content(from), try await content(to))
      #expect(before == after)
      #expect(before["uploads"]?.count == 2)
      let entries = try BlobFolder(blobs).entries()
      let restored = try BlobFolder(again).entries()
      #expect(entries == restored && entries.count == 2)
      let reader = try await DirectoryBlobStore(root: again)
        .read(entries[0].id, of: entries[0].tenant)
      let bytes = try await reader.collect()
      #expect(bytes == [0, 255, 10, 92])
      // Once more is refused, unless what is there may go.
      await #expect(throws: BackupError.self) {
        try await put(manifest, of: backup, into: to, again)
      }
      try await put(manifest, of: backup, replaces: true, into: to, again)
      let replaced = try await content(to)
      #expect(replaced == before)
    }
  }

  @Test(
    "V-23 N-11 one tenant goes back to where it was, and the other stays where it is",
    arguments: Engine.allCases)
  func tenant(_ engine: Engine) async throws {
    try await withFolder { folder in
      let place = try await location(engine, in: folder)
      let blobs = folder.appending(path: "blobs")
      let (acme, zenith) = (TenantID("acme"), TenantID("zenith"))
      try await fill(place, blobs)
      let before = try await content(place, of: acme)
      let backup = BackupFolder(url: folder.appending(path: "backup"))
      let manifest = try await take(place, blobs, tenant: acme, to: backup)
      let service = try #require(manifest.services.first)
      #expect(service.blobs.map(\.tenant) == ["acme"])
      let store = try await place.open(
        migrations: TicketingService.migrations, clock: Self.clock, logger: Self.logger)
      for tenant in [acme, zenith] {
        try await store.write(as: tenant) { db in
          try db.run("DELETE FROM uploads WHERE tenant = \(tenant)")
          try db.audit("upload.delete", on: "uploads/one", by: Actor("users/ada"))
        }
      }
      await store.close()
      let changed = try await content(place, of: zenith)
      try await put(manifest, of: backup, tenant: acme, replaces: true, into: place, blobs)
      #expect(try await content(place, of: acme) == before)
      #expect(try await content(place, of: zenith) == changed)
    }
  }

  @Test("A row whose file is gone makes no backup, and leaves nothing behind")
  func lostFile() async throws {
    try await withFolder { folder in
      let place = try await location(.sqlite, in: folder)
      try await fill(place, folder.appending(path: "blobs"))
      let backup = BackupFolder(url: folder.appending(path: "made/backup"))
      await #expect(throws: BackupError.self) {
        _ = try await take(place, folder.appending(path: "elsewhere"), to: backup)
      }
      let left = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "made").path)
      #expect(left == [])
    }
  }

  @Test("V-22 rows of an older schema come back and are brought up to this version's")
  func older() async throws {
    try await withFolder { folder in
      let place = try await location(.sqlite, in: folder)
      let all =
        Migration.platform(.sqlite)
        + (try Migration.load(from: TicketingService.migrations, for: .sqlite))
      let old = all.filter { $0.part == "portico" || $0.version <= 1 }
      let store = try await place.open(upTo: old, clock: Self.clock, logger: Self.logger)
      try await store.write(as: TenantID("acme")) { db in
        try db.run(
          """
          INSERT INTO catalog_entries (tenant, id, kind, display_name, parent, rank, is_default,
            retired, version)
          VALUES (\(db.tenant), \("p1"), \("priority"), \("High"), \(String?.none), \(1), \(true),
            \(false), \(1))
          """)
      }
      await store.close()
      let backup = BackupFolder(url: folder.appending(path: "backup"))
      let blobs = folder.appending(path: "blobs")
      let manifest = try await take(place, blobs, to: backup)
      let new = try await location(.sqlite, in: folder)
      try await put(manifest, of: backup, into: new, blobs)
      let content = try await content(new)
      #expect(content["catalog_entries"]?.count == 1 && content["tickets"] == [])
    }
  }
}
