import Blobs
import Bootstrap
import Foundation
import Logging
import Store
import Values

/// Puts one service's rows and files back, all of them or, of its rows, none.
struct ServiceRestore: Sendable {
  let backup: BackupFolder
  let service: BackupManifest.Service
  /// Only this tenant's rows and files; everybody's when nil.
  let tenant: TenantID?
  let replaces: Bool

  /// - Parameter migrations: the service's own, of this build.
  func put(
    into location: StoreLocation, blobs: BlobFolder, migrations: URL, clock: any WallClock,
    logger: Logger
  ) async throws {
    let known = Migration.platform(location.engine)
    let all = known + (try Migration.load(from: migrations, for: location.engine))
    // The schema that the rows were written with: what was changed since is then applied to them as to any others.
    let old = try schema(of: all, on: location.engine)
    let store: any Store
    do {
      store = try await location.open(upTo: old, clock: clock, logger: logger)
    } catch StoreError.migration(let why) {
      throw BackupError.otherSchema(
        service: service.name,
        "\(why). Restore into a new database, or with the version that made it")
    }
    do {
      let entries = try blobEntries()
      for (index, (entry, file)) in entries.enumerated() {
        try blobs.restore(entry, from: backup.blob(file, of: service))
        Console.progress("\(service.name) files", index + 1, of: entries.count)
      }
      try await store.writeAcrossTenants { db in try fill(db) }
      try await checkAudit(store)
    } catch {
      await store.close()
      throw error
    }
    await store.close()
    let open = try await location.open(upTo: all, clock: clock, logger: logger)
    await open.close()
  }

  /// This build's migrations as far as the backup's database had them.
  private func schema(of all: [Migration], on engine: Engine) throws -> [Migration] {
    let had = Dictionary(
      service.migrations.map { ("\($0.part) \($0.version)", $0.checksum) },
      uniquingKeysWith: { first, _ in first })
    let old = all.filter { had["\($0.part) \($0.version)"] != nil }
    guard old.count == had.count else {
      throw BackupError.otherSchema(
        service: service.name, "the backup was made by a newer version than this one")
    }
    // The text of a fork differs between the engines; on the same engine it must be the same.
    let changed = old.first {
      service.engine == engine.rawValue && had["\($0.part) \($0.version)"] != $0.checksum
    }
    if let changed {
      throw BackupError.otherSchema(
        service: service.name, "\(changed.part) V\(changed.version) was another one then")
    }
    return old
  }

  private func blobEntries() throws -> [(BlobFolder.Entry, BackupManifest.File)] {
    try service.blobs.filter { tenant.map(\.rawValue) ?? $0.tenant == $0.tenant }.map { file in
      guard let id = BlobID(rawValue: file.id) else {
        throw BackupError.damaged("\(file.id) is no file's id")
      }
      return (BlobFolder.Entry(tenant: TenantID(file.tenant), id: id), file)
    }
  }

  private func fill(_ db: AcrossTenants) throws {
    let tables = try db.tables()
    if replaces {
      try db.erase(tables, tenant: tenant)
    } else if let used = try tables.first(where: { try db.count(of: $0, tenant: tenant) > 0 }) {
      throw BackupError.notEmpty(service: service.name, table: used.name)
    }
    guard Set(service.tables.map(\.name)).isSubset(of: tables.map(\.name)) else {
      throw BackupError.otherSchema(service: service.name, "it has other tables")
    }
    let total = service.tables.reduce(0) { $0 + $1.rows }
    var shown = 0
    for table in tables {
      guard let part = service.tables.first(where: { $0.name == table.name }) else { continue }
      let entered = try enter(part, into: table, db) { rows in
        Console.progress("\(service.name) rows", shown + rows, after: shown, of: total)
        shown += rows
      }
      guard try db.count(of: table, tenant: tenant) == entered else {
        throw BackupError.damaged("\(service.name): \(table.name) has other rows than were entered")
      }
      Console.say("\(service.name): \(table.name), \(entered) rows")
    }
  }

  /// Enters the rows of a file, and says how many.
  private func enter(
    _ part: BackupManifest.Table, into table: StoredTable, _ db: AcrossTenants,
    _ progress: (Int) -> Void
  ) throws -> Int {
    // Another engine, or a migration that ran in another order, may tell the columns in another one.
    let places = try table.columns.map { column in
      let place = part.columns.firstIndex {
        $0.name == column.name && $0.kind == column.kind.archiveName
      }
      guard let place, part.columns.count == table.columns.count else {
        throw BackupError.otherSchema(
          service: service.name, "\(table.name).\(column.name) is not in the backup")
      }
      return place
    }
    var kinds = table.columns.map(\.kind)
    for (column, place) in zip(table.columns, places) { kinds[place] = column.kind }
    var reader = try LineReader(backup.rows(of: part, service))
    var (read, entered) = (0, 0)
    while let lines = try reader.next() {
      for line in lines {
        let row = try RowText.row(line, kinds: kinds)
        read += 1
        guard try belongs(row, of: part) else { continue }
        try db.enter(places.map { row[$0] }, into: table)
        entered += 1
      }
      progress(lines.count)
    }
    guard read == part.rows else { throw BackupError.damaged("\(part.name) has \(read) rows") }
    return entered
  }

  private func belongs(_ row: [SQLValue], of part: BackupManifest.Table) throws -> Bool {
    guard let tenant else { return true }
    guard let place = part.columns.firstIndex(where: { $0.name == "tenant" }) else { return false }
    return row[place] == .text(tenant.rawValue)
  }

  /// The chain of every tenant's audit log is whole, or the rows are not those that were written.
  private func checkAudit(_ store: any Store) async throws {
    let tenants = try await store.readAcrossTenants { try $0.tenantsWithLogs() }
    for tenant in tenants where self.tenant.map({ $0 == tenant }) ?? true {
      let broken = try await store.read(as: tenant) { try $0.firstBrokenAuditPosition() }
      if let broken {
        throw BackupError.damaged("\(service.name): the audit log of \(tenant) breaks at \(broken)")
      }
    }
  }
}
