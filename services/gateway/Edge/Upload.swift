import NIOCore
import NIOPosix

/// One uploaded file. Small ones stay in memory, larger ones lie in an unlinked temporary file until this value goes.
struct Upload: Sendable {
  /// Name of the form field.
  let field: String
  /// As the browser sent it, cleaned: for display only, never a path.
  let fileName: String
  /// What the browser claims; the service that stores the file looks at the bytes itself.
  let claimedType: String
  let size: Int
  let content: SpooledFile

  /// The file in pieces of at most 64 KiB, in order.
  func forEachChunk(_ body: ([UInt8]) async throws -> Void) async throws {
    var offset = 0
    while offset < size {
      let chunk = try await content.read(at: offset, count: min(65536, size - offset))
      guard !chunk.isEmpty else { throw RequestBody.Failure.aborted }
      try await body(chunk)
      offset += chunk.count
    }
  }

  /// All of it; the route's limits bound it.
  func bytes() async throws -> [UInt8] { try await content.read(at: 0, count: size) }
}
