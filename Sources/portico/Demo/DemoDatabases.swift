import Bootstrap
import Foundation
import Logging
import Store
import Values

/// Databases outside of the data folder that the demo is loaded into. What is loaded cannot be moved into place there when
/// it is complete: a mark in the folder of the load says whose rows are half made.
struct DemoDatabases {
  let databases: ServiceDatabases
  let logger: Logger
  static let mark = "loading"

  /// Nil for files in the data folder.
  init?(_ databases: ServiceDatabases, logger: Logger) {
    guard databases.fingerprint != nil else { return nil }
    self.databases = databases
    self.logger = logger
  }

  /// Whether a tenant is there.
  func hold(_ tenant: TenantID) async throws -> Bool {
    try await withStore(of: "identity") { store in
      try await store.readAcrossTenants { try $0.tenantsWithLogs().contains(tenant) }
    }
  }

  /// Makes sure that there is nothing in them: what a load that was cut off left goes, anybody else's data is left alone.
  ///
  /// - Parameter folder: of the load.
  func prepare(for folder: URL) async throws {
    let isOurs = try isMarked(folder)
    for service in Installation.services {
      try await withStore(of: service) { store in
        try await store.writeAcrossTenants { db in
          if isOurs {
            try db.erase(try db.tables(), tenant: nil)
          } else if try !db.tenantsWithLogs().isEmpty {
            throw DemoError.occupied("the database of \(service)")
          }
        }
      }
    }
  }

  /// From here on what is in them is the load's, until the mark goes with the folder.
  func markLoad(in folder: URL) throws {
    try Data((databases.fingerprint ?? "").utf8).write(to: folder.appending(path: Self.mark))
  }

  private func isMarked(_ folder: URL) throws -> Bool {
    let mark = folder.appending(path: Self.mark)
    guard FileManager.default.fileExists(atPath: mark.path) else { return false }
    return try String(contentsOf: mark, encoding: .utf8) == databases.fingerprint
  }

  private func withStore<T: Sendable>(
    of service: String, _ body: (any Store) async throws -> T
  ) async throws -> T {
    let location = try databases.location(of: service, in: URL(filePath: "/"))
    let store = try await location.open(
      migrations: Migrate.migrations[service], clock: SystemClock(), logger: logger)
    do {
      let result = try await body(store)
      await store.close()
      return result
    } catch {
      await store.close()
      throw error
    }
  }
}
