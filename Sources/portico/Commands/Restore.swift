import ArgumentParser
import Foundation
import Logging
import Telemetry
import Values

/// Puts a backup back.
struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a backup back, whole or one tenant of it, on either engine.",
    discussion: """
      portico restore /backup/monday --data /var/lib/portico
      portico restore /backup/monday --check

      The backup is verified before anything is written. What is not empty is refused unless --replace says that it \
      may go; of another tenant nothing is touched. A service on SQLite must not be running; on PostgreSQL stop those \
      that write. PORTICO_DATABASE_OWNER names the owner's address where tables have to be made on PostgreSQL. Rows of \
      an older version are brought up to this one. A service's rows come back all together or not at all.
      """)

  @Argument(help: "The backup's folder.") var from: String
  @Argument(help: "Services; all that the backup holds unless given.") var service: [String] = []
  @OptionGroup var databases: Databases
  @Flag(help: "Remove what is there: everything, or what the tenant has.") var replace = false
  @Flag(help: "Only verify the backup.") var check = false

  func run() async throws {
    let folder = BackupFolder(url: URL(fileURLWithPath: from))
    let manifest = try folder.manifest()
    try folder.verify(manifest)
    Console.say("\(from) is whole: \(manifest.services.map(\.name).joined(separator: ", "))")
    guard !check else { return }
    for part in try parts(of: manifest) { try await restore(part, of: manifest, from: folder) }
    Console.say("restored")
  }

  private func restore(
    _ part: BackupManifest.Service, of manifest: BackupManifest, from folder: BackupFolder
  ) async throws {
    let logger = Logger(label: "portico") {
      LineLogHandler(label: $0, format: .text, level: .warning)
    }
    guard let migrations = Migrate.migrations[part.name] else {
      throw BackupError.damaged("\(part.name) is no service of this version")
    }
    let owner = ProcessInfo.processInfo.environment["PORTICO_DATABASE_OWNER"]
    let tenant = databases.tenant ?? manifest.tenant
    try await ServiceRestore(
      backup: folder, service: part, tenant: tenant.map { TenantID($0) }, replaces: replace
    ).put(
      into: try databases.location(of: part.name, owner: owner),
      blobs: try databases.files(of: part.name), migrations: migrations, clock: SystemClock(),
      logger: logger)
  }

  private func parts(of manifest: BackupManifest) throws -> [BackupManifest.Service] {
    if let held = manifest.tenant, let wanted = databases.tenant, held != wanted {
      throw BackupError.missing("the backup holds \(held) alone")
    }
    guard !service.isEmpty else { return manifest.services }
    return try Databases.services(service).map { name in
      guard let part = manifest.services.first(where: { $0.name == name }) else {
        throw BackupError.missing("the backup does not hold \(name)")
      }
      return part
    }
  }
}
