import ArgumentParser
import Bootstrap
import Crypto
import Foundation
import Store
import Values

/// Where the services of one process keep their rows: a SQLite file each in the data folder, or databases whose address
/// names the service.
struct ServiceDatabases: Sendable {
  private let address: Secret<String>?
  private let owner: Secret<String>?

  /// `data/<service>.db`.
  static let files = ServiceDatabases(address: nil, owner: nil)

  private init(address: Secret<String>?, owner: Secret<String>?) {
    self.address = address
    self.owner = owner
  }

  /// - Parameters:
  ///   - address: `postgres://portico_app@db/{service}`.
  ///   - owner: the same for the role that owns the tables, which then are brought up to date at the start.
  init(address: String, owner: String?) throws {
    for text in [address, owner].compactMap({ $0 }) where !text.contains(Self.placeholder) {
      throw ValidationError(
        "the address of the databases must hold \(Self.placeholder): each needs its own")
    }
    self.init(address: Secret(address), owner: owner.map { Secret($0) })
    for service in Installation.services { _ = try location(of: service, in: URL(filePath: "/")) }
  }

  private static let placeholder = "{service}"

  /// What an option says, or else PORTICO_DATABASE_URL; the owner comes from PORTICO_DATABASE_OWNER, which no list of
  /// processes shows. Files when there is neither.
  static func told(_ option: String?) throws -> ServiceDatabases {
    let variables = ProcessInfo.processInfo.environment
    guard let address = option ?? variables["PORTICO_DATABASE_URL"] else { return .files }
    return try ServiceDatabases(address: address, owner: variables["PORTICO_DATABASE_OWNER"])
  }

  func location(of service: String, in data: URL) throws -> StoreLocation {
    guard let address else {
      return .sqlite(path: data.appending(path: "\(service).db").path)
    }
    func own(_ text: Secret<String>) -> Secret<String> {
      Secret(text.reveal().replacingOccurrences(of: Self.placeholder, with: service))
    }
    return try StoreLocation(own(address), owner: owner.map(own))
  }

  /// Tells databases outside of the data folder from others; nil for files in it. Nothing of an address can be read from it.
  var fingerprint: String? {
    address.map { SHA256.hash(Array($0.reveal().utf8)).hexadecimal }
  }
}
