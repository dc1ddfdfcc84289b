import Foundation
import Store
import Values

/// Uploads of a user, and attachments of tickets that were read in the caller's scope.
struct AttachmentStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func insert(_ upload: Upload) throws {
    try db.run(
      """
      INSERT INTO uploads (tenant, id, owner, file_name, content_type, size_bytes, sha256, blob,
        created)
      VALUES (\(db.tenant), \(upload.id), \(upload.owner), \(upload.file.fileName),
        \(upload.file.contentType), \(upload.file.sizeBytes), \(upload.file.sha256),
        \(upload.file.blob), \(upload.created))
      """)
  }

  /// How many files of a user wait to be used.
  func waiting(of owner: String) throws -> Int {
    let row = try db.first(
      "SELECT COUNT(*) AS waiting FROM uploads WHERE tenant = \(db.tenant) AND owner = \(owner)",
      else: .corrupt("count"))
    return try row["waiting"]
  }

  /// Takes uploads of their owner, once: afterwards they are gone. Throws `notFound` when one of them
  /// is somebody else's, used, too old or was never there.
  func take(_ ids: [String], owner: String) throws -> [Upload] {
    guard !ids.isEmpty else { return [] }
    let oldest = db.now - Upload.lifetime
    let rows = try db.all(
      """
      DELETE FROM uploads WHERE tenant = \(db.tenant) AND id IN \(ids) AND owner = \(owner)
        AND created > \(oldest) RETURNING *
      """)
    let taken = Dictionary(
      try rows.map { row in
        let upload = try Upload(row)
        return (upload.id, upload)
      }, uniquingKeysWith: { first, _ in first })
    return try ids.map { id in
      guard let upload = taken[id] else { throw StoreError.notFound }
      return upload
    }
  }

  func insert(_ attachment: Attachment, for ticket: Ticket) throws {
    try db.run(
      """
      INSERT INTO attachments (tenant, ticket, id, note, visibility, file_name, content_type,
        size_bytes, sha256, blob, author_display_name, created)
      VALUES (\(db.tenant), \(ticket.number), \(attachment.id), \(attachment.note),
        \(attachment.visibility), \(attachment.file.fileName), \(attachment.file.contentType),
        \(attachment.file.sizeBytes), \(attachment.file.sha256), \(attachment.file.blob),
        \(attachment.authorDisplayName), \(attachment.created))
      """)
  }

  func attachments(of ticket: Ticket, showing visible: [Note.Visibility]) throws -> [Attachment] {
    try db.all(
      """
      SELECT * FROM attachments WHERE tenant = \(db.tenant) AND ticket = \(ticket.number)
        AND visibility IN \(visible) ORDER BY created, id LIMIT 1000
      """
    ).map(Attachment.init)
  }

  func attachment(
    of ticket: Ticket, id: String, showing visible: [Note.Visibility]
  ) throws -> Attachment {
    try Attachment(
      db.first(
        """
        SELECT * FROM attachments WHERE tenant = \(db.tenant) AND ticket = \(ticket.number)
          AND id = \(id) AND visibility IN \(visible)
        """, else: .notFound))
  }
}

/// Files that nobody claimed in time, over all tenants.
struct StaleUploads {
  let db: AcrossTenants

  /// Removes at most `limit` uploads and returns where their bytes are.
  func drop(limit: Int) throws -> [(tenant: TenantID, blob: String)] {
    let rows = try db.all(
      """
      DELETE FROM uploads WHERE (tenant, id) IN (SELECT tenant, id FROM uploads
        WHERE created <= \(db.now - Upload.lifetime) ORDER BY created LIMIT \(limit))
      RETURNING tenant, blob
      """)
    return try rows.map { (tenant: try $0["tenant"], blob: try $0["blob"]) }
  }
}

extension StoredFile {
  fileprivate init(_ row: Row) throws {
    self.init(
      fileName: try row["file_name"], contentType: try row["content_type"],
      sizeBytes: try row["size_bytes"], sha256: try row["sha256"], blob: try row["blob"])
  }
}

extension Upload {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], owner: try row["owner"], file: try StoredFile(row),
      created: try row["created"])
  }
}

extension Attachment {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], note: try row["note"], visibility: try row["visibility"],
      file: try StoredFile(row), authorDisplayName: try row["author_display_name"],
      created: try row["created"])
  }
}
