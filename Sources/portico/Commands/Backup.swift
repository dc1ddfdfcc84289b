import ArgumentParser
import Foundation
import Logging
import Telemetry
import Values

/// Takes a backup of services that may be running.
struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a backup of rows and files, while the services run.",
    discussion: """
      portico backup /backup/monday --data /var/lib/portico
      portico backup /backup/acme --database 'postgres://portico_app@db/{service}' --blobs /srv/blobs \
      --tenant acme ticketing

      Each service is read at one moment of its own: its rows, and the files that they name. The backup is a folder \
      with a manifest of checksums; it is read again and compared before it gets its name. Keys and certificates are \
      not in it.
      """)

  @Argument(help: "The folder to make; it must not be there.") var to: String
  @Argument(help: "Services; all unless given.") var service: [String] = []
  @OptionGroup var databases: Databases

  func run() async throws {
    let logger = Logger(label: "portico") {
      LineLogHandler(label: $0, format: .text, level: .warning)
    }
    let names = try Databases.services(service)
    let clock = SystemClock()
    let manifest = try await BackupFolder(url: URL(fileURLWithPath: to)).make { folder in
      var manifest = BackupManifest(
        created: Date.now.formatted(.iso8601), tenant: databases.tenant, services: [])
      for name in names {
        let store = try await databases.location(of: name)
          .openForReading(clock: clock, logger: logger)
        do {
          let backup = ServiceBackup(
            name: name, store: store, blobs: try databases.files(of: name),
            tenant: databases.tenant.map { TenantID($0) }, folder: folder.appending(path: name)
          ) { Console.say($0) }
          manifest.services.append(try await backup.take())
        } catch {
          await store.close()
          throw error
        }
        await store.close()
      }
      return manifest
    }
    let rows = manifest.services.flatMap(\.tables).reduce(0) { $0 + $1.rows }
    let files = manifest.services.reduce(0) { $0 + $1.blobs.count }
    Console.say("\(to): \(rows) rows and \(files) files of \(names.count) services, verified")
  }
}
