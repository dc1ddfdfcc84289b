import Blobs
import Foundation
import Store
import Values

/// Takes one service's rows and files, as they are at one moment, while the service goes on.
struct ServiceBackup: Sendable {
  let name: String
  let store: any Store
  let blobs: BlobFolder
  let tenant: TenantID?
  /// Where it goes: `BACKUP/<service>`, not there yet.
  let folder: URL
  let progress: @Sendable (String) -> Void

  private static let pageSize = 2000

  func take() async throws -> BackupManifest.Service {
    let files = folder.appending(path: "blobs", directoryHint: .isDirectory)
    try Self.makeFolder(files)
    // Files come before the rows that name them and go after them. So what the rows of the snapshot name is there
    // either before it is taken or after.
    var copied: [BlobFolder.Entry: BackupManifest.File] = [:]
    try copyBlobs(to: files, &copied)
    let (migrations, tables, named) = try await store.readAcrossTenants { [self] db in
      let applied = try db.appliedMigrations()
      var named: Set<BlobFolder.Entry> = []
      let tables = try db.tables().filter { tenant == nil || $0.tenantColumn != nil }
      let total = try tables.reduce(0) { $0 + (try db.count(of: $1, tenant: tenant)) }
      var shown = 0
      let written = try tables.map { table in
        try write(table, of: db, &named) { rows in
          Console.progress("\(name) rows", shown + rows, after: shown, of: total)
          shown += rows
        }
      }
      return (applied, written, named)
    }
    try copyBlobs(to: files, &copied)
    if let lost = named.first(where: { copied[$0] == nil }) {
      throw BackupError.missing(
        "\(name): a row of \(lost.tenant) names the file \(lost.id), which is gone")
    }
    try DurableFile.sync(folder: folder)
    return BackupManifest.Service(
      name: name, engine: store.engine.rawValue, migrations: migrations, tables: tables,
      blobs: copied.values.sorted { ($0.tenant, $0.id) < ($1.tenant, $1.id) })
  }

  private func write(
    _ table: StoredTable, of db: AcrossTenants, _ named: inout Set<BlobFolder.Entry>,
    _ written: (Int) -> Void
  ) throws -> BackupManifest.Table {
    var file = try DurableFile(creating: folder.appending(path: "\(table.name).rows"))
    let blob = table.columns.firstIndex { $0.name == "blob" }
    var (count, last): (Int, [SQLValue]?) = (0, nil)
    while true {
      let rows = try db.rows(of: table, tenant: tenant, after: last, limit: Self.pageSize)
      var lines: [UInt8] = []
      for row in rows { RowText.append(row, to: &lines) }
      try file.write(lines)
      if let blob, let owner = table.tenantColumn {
        named.formUnion(rows.compactMap { BlobFolder.Entry(tenant: $0[owner], id: $0[blob]) })
      }
      (count, last) = (count + rows.count, rows.last)
      written(rows.count)
      if rows.count < Self.pageSize { break }
    }
    progress("\(name): \(table.name), \(count) rows")
    let bytes = file.bytes
    return BackupManifest.Table(
      name: table.name,
      columns: table.columns.map { .init(name: $0.name, kind: $0.kind.archiveName) }, rows: count,
      bytes: bytes, sha256: try file.finish())
  }

  /// Copies what is there and was not copied before.
  private func copyBlobs(
    to files: URL, _ copied: inout [BlobFolder.Entry: BackupManifest.File]
  ) throws {
    let new = try blobs.entries(of: tenant).filter { copied[$0] == nil }
    var folders: Set<URL> = []
    for (index, entry) in new.enumerated() {
      let home = files.appending(path: entry.tenant.rawValue, directoryHint: .isDirectory)
      if folders.insert(home).inserted { try Self.makeFolder(home) }
      let target = home.appending(path: entry.id.rawValue)
      guard let copy = try blobs.copy(entry, to: target) else { continue }
      copied[entry] = .init(
        tenant: entry.tenant.rawValue, id: entry.id.rawValue, bytes: copy.size,
        sha256: copy.sha256.hexadecimal)
      Console.progress("\(name) files", index + 1, of: new.count)
    }
    for home in folders { try DurableFile.sync(folder: home) }
    try DurableFile.sync(folder: files)
  }

  private static func makeFolder(_ folder: URL) throws {
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
}

extension BlobFolder.Entry {
  /// Nil for a row that names no file.
  fileprivate init?(tenant: SQLValue, id: SQLValue) {
    guard let tenant = String(sqlValue: tenant), let id = String(sqlValue: id),
      let id = BlobID(rawValue: id)
    else { return nil }
    self.init(tenant: TenantID(tenant), id: id)
  }
}
