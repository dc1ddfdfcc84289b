import NIOHTTP1
import PorticoAPI
import RPC

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
    let request = Ticketing.DownloadAttachmentRequest(name: context.path["name"])
    var response = try await HTTPBodyAnswer.response(
      of: Methods.Tickets.downloadAttachment, try request.serialized(), to: context.request,
      by: context.caller)
    if let type = response.headers["content-type"].first, !named.contains(type) {
      response.headers.replaceOrAdd(name: "content-type", value: "application/octet-stream")
    }
    return response
  }
}
