import Bootstrap
import Foundation
import Logging
import Store
import Values

/// Whether the database is there, has the schema of this version, and whether the service's role may do no more than it
/// should.
struct DatabaseChecks {
  private let examination: Examination

  init(_ examination: Examination) { self.examination = examination }

  func findings() async -> [Finding] {
    guard examination.isService else { return [] }
    let location: StoreLocation
    do {
      guard let url = try examination.settings.secret("database.url") else {
        throw SettingError.missing("database.url")
      }
      location = try StoreLocation(url, owner: try examination.settings.secret("database.owner"))
    } catch {
      return [.wrong("database", "\(error)", remedy: "docs/settings.md")]
    }
    return [await reach(location), await schema(location)].compactMap { $0 }
  }

  private func reach(_ location: StoreLocation) async -> Finding {
    switch location {
    case .memory:
      return .wrong(
        "database", "rows are in memory and gone with the process",
        remedy: "database.url sqlite:PATH")
    case .sqlite(let path):
      return Self.file(path)
    case .postgres:
      do {
        try await location.check(clock: examination.clock)
        return .fine("database", "PostgreSQL answers, and the role is held by row-level security")
      } catch StoreError.forbidden(let reason) {
        return .wrong("database-role", reason, remedy: "see docs/decisions/0402")
      } catch {
        return .wrong(
          "database", "PostgreSQL cannot be reached: \(error)",
          remedy: "is it up, does database.url lead there, is the password right?")
      }
    }
  }

  static func file(_ path: String) -> Finding {
    for name in [path, path + "-wal"] {
      guard let mode = FileMode.of(name), mode & 0o077 != 0 else { continue }
      return .wrong(
        "file-modes", "\(name) has the mode \(FileMode.octal(mode)): others can read the rows",
        remedy: "chmod 0600 \(name)")
    }
    return FileMode.of(path) == nil
      ? .fine("database", "\(path) is not there yet and will be made")
      : .fine("database", "\(path) is there")
  }

  /// SQLite files are brought up to date by the service itself.
  private func schema(_ location: StoreLocation) async -> Finding? {
    guard case .postgres(_, let owner, _) = location else { return nil }
    guard owner != nil else {
      return .doubtful(
        "migrations", "without database.owner it cannot be seen whether migrations are missing",
        remedy: "PORTICO_DATABASE_OWNER=… portico doctor, or portico migrate")
    }
    do {
      let missing = try await location.pendingMigrations(
        Migrate.migrations[examination.process], clock: examination.clock)
      return missing.isEmpty
        ? .fine("migrations", "the schema is that of this version")
        : .wrong(
          "migrations", "missing: \(missing.joined(separator: ", "))",
          remedy: "portico migrate, before the new version starts")
    } catch {
      return .wrong(
        "migrations", "\(error)", remedy: "the owner's address must be right: database.owner")
    }
  }
}
