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
  /// How many of one user may wait at a time.
  static let most = 100
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
  static func isAccepted(contentType: String) -> Bool { endings[contentType] != nil }

  /// The kinds, with the endings that a file of the kind may have; the first one is given to others.
  private static let endings: [String: [String]] = [
    "image/png": ["png"], "image/jpeg": ["jpg", "jpeg"], "image/gif": ["gif"],
    "image/webp": ["webp"], "image/heic": ["heic"], "image/tiff": ["tiff", "tif"],
    "image/bmp": ["bmp"], "application/pdf": ["pdf"],
    "text/plain": ["txt", "text", "log", "csv", "md", "ini", "conf", "yaml", "yml", "json", "eml"],
    "text/csv": ["csv", "txt"], "application/csv": ["csv", "txt"], "application/zip": ["zip"],
    "application/msword": ["doc"], "application/vnd.ms-excel": ["xls"],
    "application/vnd.ms-powerpoint": ["ppt"],
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
    "application/vnd.oasis.opendocument.text": ["odt"],
    "application/vnd.oasis.opendocument.spreadsheet": ["ods"],
    "message/rfc822": ["eml", "txt"],
  ]

  /// A name without directories and control or direction characters, at most 255 bytes, ending in
  /// what the bytes are: a picture called `bill.html` becomes `bill.html.png`, so that whoever saves
  /// it opens it as a picture. Never empty.
  static func cleanName(_ name: String, contentType: String) -> String {
    var stem = FileName.clean(name)
    let allowed = endings[contentType] ?? []
    var ending = allowed.first ?? ""
    if let dot = stem.lastIndex(of: "."),
      allowed.contains(stem[stem.index(after: dot)...].lowercased())
    {
      ending = String(stem[stem.index(after: dot)...])
      stem = String(stem[..<dot])
    }
    return ending.isEmpty
      ? stem : "\(FileName.cut(stem, to: 254 - ending.utf8.count)).\(ending)"
  }
}
