import Access
import Blobs
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Files in and out.
extension TicketHandlers {
  func createUpload(
    _ requests: RequestStream<Ticketing.CreateUploadRequest>, _ call: Call
  ) async throws -> Ticketing.Upload {
    let principal = try call.principal
    var iterator = requests.makeAsyncIterator()
    guard let first = try await iterator.next(), !first.fileName.isEmpty else {
      throw Status.invalid("file_name", "is required")
    }
    guard first.sizeBytes >= 0 else { throw Status.invalid("size_bytes", "is negative") }
    guard first.sizeBytes <= maxFileBytes else { throw tooLarge }
    let blob: Blob
    do {
      blob = try await blobs.write(
        UploadPieces(first: first, rest: requests), of: principal.tenant,
        limit: Int(clamping: maxFileBytes))
    } catch BlobError.tooLarge { throw tooLarge }
    let upload = Upload(
      id: "\(ids.next())", owner: principal.user,
      file: StoredFile(
        fileName: AcceptedFile.cleanName(first.fileName, contentType: blob.contentType),
        contentType: blob.contentType, sizeBytes: Int64(blob.size),
        sha256: blob.sha256.hexadecimal,
        blob: blob.id.rawValue), created: call.now)
    do {
      guard blob.size > 0 else { throw Status.invalid("file", "is empty") }
      guard AcceptedFile.isAccepted(contentType: blob.contentType) else {
        throw Status.invalid("file", "is of a kind that is not accepted (\(blob.contentType))")
      }
      try await call.write(in: store) { db in
        let uploads = AttachmentStore(db)
        guard try uploads.waiting(of: upload.owner) < Upload.most else {
          throw Status(
            .resourceExhausted, "too many files wait to be used",
            details: [.reason("TOO_MANY_UPLOADS", domain: "ticketing")])
        }
        try uploads.insert(upload)
      }
    } catch {
      try await blobs.delete(blob.id, of: principal.tenant)
      throw error
    }
    return Ticketing.Upload(
      name: "uploads/\(upload.id)", fileName: upload.file.fileName,
      contentType: upload.file.contentType, sizeBytes: upload.file.sizeBytes)
  }

  func downloadAttachment(
    _ request: Ticketing.DownloadAttachmentRequest, _ call: Call,
    _ responses: ResponseWriter<GoogleApi.HttpBody>
  ) async throws {
    let name = try ResourceName(request.name, "accounts/*/tickets/*/attachments/*")
    let viewer = try Viewer(call)
    let attachment = try await call.read(in: store) { db throws -> Attachment in
      try AttachmentStore(db).attachment(
        of: self.ticket(name, for: viewer, in: db), id: name["attachments"],
        showing: viewer.visible)
    }
    guard let id = BlobID(rawValue: attachment.file.blob) else {
      throw StoreError.corrupt("blob id of \(request.name)")
    }
    let file = attachment.file
    let download = Download(
      size: Int(clamping: file.sizeBytes), contentType: file.contentType, fileName: file.fileName,
      version: file.sha256)
    try await download.send(call, responses) { range in
      try await blobs.read(id, of: viewer.principal.tenant, range: range)
    }
  }

  /// The ids of uploads that a request names; their owner is checked when they are taken.
  func uploadIDs(_ names: [String]) throws -> [String] {
    guard names.count <= 20, Set(names).count == names.count else {
      throw Status.invalid("uploads", "must be at most 20 different ones")
    }
    return try names.map { try ResourceName($0, "uploads/*", field: "uploads")["uploads"] }
  }

  /// Makes uploads into attachments of a ticket or note.
  @discardableResult
  func attach(
    _ uploads: [String], to ticket: Ticket, note: String?, visibility: Note.Visibility,
    by viewer: Viewer, in db: Transaction
  ) throws -> [Attachment] {
    let store = AttachmentStore(db)
    let taken: [Upload]
    do { taken = try store.take(uploads, owner: viewer.principal.user) } catch StoreError.notFound {
      throw Status.invalid("uploads", "hold a file that is not there any more; send it again")
    }
    return try taken.map { upload in
      let attachment = Attachment(
        id: upload.id, note: note, visibility: visibility, file: upload.file,
        authorDisplayName: viewer.principal.displayName, created: db.now)
      try store.insert(attachment, for: ticket)
      return attachment
    }
  }

  private var tooLarge: Status {
    var check = Violations()
    check.add("file", "is larger than \(maxFileBytes / 1_048_576) MiB")
    return Status(
      .resourceExhausted, "the file is larger than \(maxFileBytes / 1_048_576) MiB",
      details: check.status.details)
  }
}

/// The bytes of an upload, message by message.
private struct UploadPieces: AsyncSequence, Sendable {
  let first: Ticketing.CreateUploadRequest
  let rest: RequestStream<Ticketing.CreateUploadRequest>

  struct AsyncIterator: AsyncIteratorProtocol {
    var first: Ticketing.CreateUploadRequest?
    var rest: RequestStream<Ticketing.CreateUploadRequest>.AsyncIterator

    mutating func next() async throws -> [UInt8]? {
      let request: Ticketing.CreateUploadRequest
      if let first {
        request = first
        self.first = nil
      } else {
        guard let following = try await rest.next() else { return nil }
        guard following.fileName.isEmpty, following.sizeBytes == 0 else {
          throw Status.invalid("file_name", "stands in the first message only")
        }
        guard following.file != nil else { throw Status.invalid("file", "is missing") }
        request = following
      }
      let bytes = request.file?.data ?? []
      guard bytes.count <= 1 << 20 else {
        throw Status.invalid("file.data", "must have at most 1 MiB a message")
      }
      return bytes
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(first: first, rest: rest.makeAsyncIterator())
  }
}
