import Foundation
import Values

/// A file as the service keeps it: what it is was found by looking at the bytes (D-57).
struct StoredFile: Sendable, Hashable {
  var fileName: String
  var contentType: String
  var sizeBytes: Int64
  /// Hexadecimal.
  var sha256: String
  /// Id in the blob store, unguessable, never shown.
  var blob: String
}

/// A file that was sent and waits to be named by a ticket or note.
struct Upload: Sendable, Hashable {
  var id: String
  /// The only user who may use it.
  var owner: String
  var file: StoredFile
  var created: Instant

  static let lifetime = Duration.days(1)
}

/// A file of a ticket or of one of its notes.
struct Attachment: Sendable, Hashable {
  var id: String
  /// Nil: it came with the ticket itself.
  var note: String?
  var visibility: Note.Visibility
  var file: StoredFile
  var authorDisplayName: String
  var created: Instant
}

/// Which files are taken. Nothing that a browser could run: no HTML, no SVG, no script, no program.
enum AcceptedFile {
  static func isAccepted(contentType: String) -> Bool { types.contains(contentType) }

  private static let types: Set<String> = [
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "image/tiff", "image/bmp",
    "application/pdf", "text/plain", "text/csv", "application/zip",
    "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    "message/rfc822",
  ]

  /// A name without directories and control or direction characters, at most 200 scalars; never empty.
  static func cleanName(_ name: String) -> String {
    let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    let kept = last.unicodeScalars.filter { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator:
        false
      default: true
      }
    }
    var clean = String(String.UnicodeScalarView(kept.prefix(200)))
    while clean.hasPrefix(".") || clean.hasPrefix(" ") { clean.removeFirst() }
    return clean.isEmpty ? "file" : clean
  }
}
