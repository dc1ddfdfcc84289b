import ArgumentParser
import Blobs
import Bootstrap
import Foundation
import Values

/// Where an installation keeps rows and files, as `backup` and `restore` are told.
struct Databases: ParsableArguments {
  @Option(help: "Folder of an installation on SQLite: its databases and its files.")
  var data: String?
  @Option(
    help: """
      Where the databases are, with {service} for each service's name: postgres://portico_app@db/{service}, or \
      sqlite:/var/lib/portico/{service}.db. PORTICO_DATABASE_URL unless given.
      """)
  var database: String?
  @Option(help: "Folder of uploaded files, which has a folder for each service.")
  var blobs: String?
  @Option(help: "Only this tenant.") var tenant: String?

  func validate() throws {
    guard data == nil || (database == nil && blobs == nil) else {
      throw ValidationError("--data stands for --database and --blobs together")
    }
  }

  func location(of service: String, owner: String? = nil) throws -> StoreLocation {
    let variable = ProcessInfo.processInfo.environment["PORTICO_DATABASE_URL"]
    guard let address = data.map({ "sqlite:\($0)/{service}.db" }) ?? database ?? variable else {
      throw ValidationError(
        "--data, --database or PORTICO_DATABASE_URL must say where the databases are")
    }
    func own(_ text: String) -> Secret<String> {
      Secret(text.replacingOccurrences(of: "{service}", with: service))
    }
    return try StoreLocation(own(address), owner: owner.map(own))
  }

  func files(of service: String) throws -> BlobFolder {
    guard let root = data.map({ "\($0)/blobs" }) ?? blobs else {
      throw ValidationError("--blobs must say where the uploaded files are")
    }
    return BlobFolder(URL(fileURLWithPath: "\(root)/\(service)", isDirectory: true))
  }

  /// Checked names; all services when there is none.
  static func services(_ names: [String]) throws -> [String] {
    for name in names where Migrate.migrations[name] == nil {
      throw ValidationError(
        "\(name) is no service: \(Installation.services.joined(separator: ", "))")
    }
    return names.isEmpty ? Installation.services : names
  }
}
