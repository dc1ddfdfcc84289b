import Crypto
import Foundation
import Synchronization
import Threads
import Values

/// Blobs as files: `<root>/<tenant>/<id's first two characters>/<id>`.
///
/// A write goes to `<root>/<tenant>/tmp/`, is synced, renamed into place, and the folder is synced too, before the
/// id is given out: an id that was returned survives a power cut.
public final class DirectoryBlobStore: BlobStore {
  private let root: URL
  private let pool: WorkerPool
  static let chunkSize = 128 * 1024

  /// - Parameter root: the folder, made if absent, readable by its owner only.
  public init(root: URL, threads: Int = 4, queueLimit: Int = 256) throws(BlobError) {
    self.root = root
    pool = WorkerPool(name: "blobs", threads: threads, queueLimit: queueLimit)
    try makeFolder(root)
  }

  public func write<Chunks: AsyncSequence & Sendable>(
    _ chunks: Chunks, of tenant: TenantID, limit: Int
  ) async throws -> Blob where Chunks.Element == [UInt8] {
    let home = try folder(of: tenant)
    let id = newID()
    let upload = try await onThread { try Upload(id: id, in: home) }
    do {
      for try await chunk in chunks {
        guard chunk.count <= limit - upload.size else { throw BlobError.tooLarge(limit: limit) }
        try await onThread { try upload.append(chunk) }
      }
      try Task.checkCancellation()
      return try await onThread { try upload.finish() }
    } catch {
      upload.discard()
      throw error
    }
  }

  public func read(
    _ id: BlobID, of tenant: TenantID, range: Range<Int>?
  ) async throws -> BlobReader {
    let path = try Self.path(of: id, in: folder(of: tenant))
    let file = try await onThread { try OpenFile(path) }
    let range = (range ?? 0..<file.size).clamped(to: 0..<file.size)
    return BlobReader(size: file.size, range: range) { [pool] offset in
      let count = min(Self.chunkSize, range.upperBound - offset)
      return try await pool.runBlob { try file.read(count, at: offset) }
    }
  }

  public func delete(_ id: BlobID, of tenant: TenantID) async throws -> Bool {
    let path = try Self.path(of: id, in: folder(of: tenant))
    return try await onThread {
      guard unlink(path.path) != 0 else {
        try sync(folder: path.deletingLastPathComponent())
        return true
      }
      guard errno == ENOENT else { throw storageError() }
      return false
    }
  }

  static func path(of id: BlobID, in home: URL) -> URL {
    home.appendingPathComponent(String(id.rawValue.prefix(2)))
      .appendingPathComponent(id.rawValue)
  }

  /// A tenant's name is a single folder name or nothing.
  private func folder(of tenant: TenantID) throws(BlobError) -> URL {
    guard Self.isFolderName(tenant.rawValue) else { throw .invalidTenant }
    return root.appendingPathComponent(tenant.rawValue)
  }

  static func isFolderName(_ text: String) -> Bool {
    let name = text.utf8
    return (1...63).contains(name.count)
      && name.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || "-_".utf8.contains(byte)
      }
  }

  private func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await pool.runBlob(body)
  }

  private func newID() -> BlobID {
    guard let id = BlobID(rawValue: Base64URL.encode(SecureRandom.bytes(16))) else {
      preconditionFailure("16 bytes are 22 characters of base64url")
    }
    return id
  }
}

extension WorkerPool {
  fileprivate func runBlob<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws
    -> T
  {
    do {
      return try await run(body)
    } catch is WorkerPoolFull {
      throw BlobError.busy
    }
  }
}
