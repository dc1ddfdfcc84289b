import Crypto
import Foundation
import Store

/// What a backup holds, and how to tell that it still does: `manifest.json`, whose own SHA-256 stands in
/// `manifest.sha256` beside it.
///
///     BACKUP/manifest.json, manifest.sha256
///     BACKUP/<service>/<table>.rows         lines of `RowText`
///     BACKUP/<service>/blobs/<tenant>/<id>  uploaded files
struct BackupManifest: Codable, Sendable, Equatable {
  static let format = 1

  struct Column: Codable, Sendable, Equatable {
    var name: String
    /// `text`, `integer`, `boolean`, `bytes`.
    var kind: String
  }

  struct Table: Codable, Sendable, Equatable {
    var name: String
    var columns: [Column]
    var rows: Int
    /// Of the file.
    var bytes: Int
    var sha256: String
  }

  struct File: Codable, Sendable, Equatable {
    var tenant: String
    var id: String
    var bytes: Int
    var sha256: String
  }

  struct Service: Codable, Sendable, Equatable {
    var name: String
    var engine: String
    var migrations: [AppliedMigration]
    var tables: [Table]
    var blobs: [File]
  }

  var format = Self.format
  /// ISO 8601, UTC; when the first service was read.
  var created: String
  /// The only tenant that it holds; nil: all.
  var tenant: String?
  var services: [Service]
}

extension SQLKind {
  var archiveName: String {
    switch self {
    case .text: "text"
    case .integer: "integer"
    case .boolean: "boolean"
    case .bytes: "bytes"
    }
  }
}

/// Why a backup was not made, or is not taken.
enum BackupError: Error, CustomStringConvertible {
  case exists(String)
  case damaged(String)
  case notEmpty(service: String, table: String)
  case otherSchema(service: String, String)
  case missing(String)

  var description: String {
    switch self {
    case .exists(let path): "\(path) is there already; a backup never replaces another"
    case .damaged(let what): "the backup is damaged: \(what)"
    case .notEmpty(let service, let table):
      "\(service) is not empty: \(table) has rows. --replace removes what is there"
    case .otherSchema(let service, let why): "the schema of \(service) does not fit: \(why)"
    case .missing(let what): what
    }
  }
}
