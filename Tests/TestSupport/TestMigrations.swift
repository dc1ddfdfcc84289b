import Foundation

/// A folder of migrations for a service that only a test knows.
public enum TestMigrations {
  /// Writes one migration to a folder of its own, which the system's temporary folder takes with it.
  public static func folder(_ sql: String) -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("portico-migrations-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(sql.utf8).write(to: folder.appendingPathComponent("V0001_test.sql"))
    } catch {
      preconditionFailure("the temporary folder cannot be written: \(error)")
    }
    return folder
  }
}
