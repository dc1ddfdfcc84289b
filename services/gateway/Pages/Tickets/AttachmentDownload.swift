import NIOHTTP1
import PorticoAPI
import RPC
import Values

/// `/accounts/{account}/tickets/{number}/attachments/{id}`: the file, always as a download and never in our origin
/// (X-19, D-57), in pieces as the browser takes them. Ticketing checks the permission at every download.
enum AttachmentDownload {
  static let routes: [PageRoute] = [
    PageRoute(
      .GET, "/{name=accounts/*/tickets/*/attachments/*}", deadline: .seconds(900), frame: .late,
      download)
  ]

  /// Types whose name helps the receiver to open the file; the others are bytes.
  private static let named: Set<String> = [
    "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain",
    "text/csv", "application/zip",
  ]

  @Sendable private static func download(_ context: PageContext) async throws -> Response {
    let tickets = TicketsClient(context.caller)
    let request = Ticketing.DownloadAttachmentRequest(name: context.path["name"])
    // The headers need the description, which is the first message; the call that carries the bytes runs while the
    // body is written.
    let file = try await tickets.downloadAttachment(
      request, CallOptions(deadline: .after(.seconds(10)))
    ) {
      try await description($0)
    }
    let type = named.contains(file.contentType) ? file.contentType : "application/octet-stream"
    let length = Int(clamping: file.sizeBytes)
    return .attachment(
      .stream(length: length) { writer in
        try await tickets.downloadAttachment(request) { responses in
          for try await response in responses {
            if case .chunk(let bytes) = response.part { try await writer.write(bytes) }
          }
        }
      }, fileName: file.fileName, type: type)
  }

  private static func description(
    _ responses: ResponseStream<Ticketing.DownloadAttachmentResponse>
  ) async throws -> Ticketing.Attachment {
    for try await response in responses {
      guard case .attachment(let attachment) = response.part else { break }
      return attachment
    }
    throw Status(.internal, "internal error", because: "a download began without its description")
  }
}
