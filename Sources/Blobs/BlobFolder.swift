import Crypto
import Foundation
import Values

/// The files of a `DirectoryBlobStore` from outside of it, for backups: listed, copied out, and put back under their ids.
/// Runs on the caller's thread.
public struct BlobFolder: Sendable {
  /// One file, by the two names that lead to it.
  public struct Entry: Sendable, Hashable {
    public var tenant: TenantID
    public var id: BlobID

    public init(tenant: TenantID, id: BlobID) {
      self.tenant = tenant
      self.id = id
    }
  }

  private let root: URL

  /// - Parameter root: the folder of a `DirectoryBlobStore`; it need not be there.
  public init(_ root: URL) { self.root = root }

  /// What is there now, of one tenant or of all. Uploads under way are not.
  public func entries(of tenant: TenantID? = nil) throws(BlobError) -> [Entry] {
    var entries: [Entry] = []
    for name in try names(in: root) where tenant.map({ $0.rawValue == name }) ?? true {
      let home = root.appendingPathComponent(name)
      for prefix in try names(in: home) where prefix.utf8.count == 2 {
        for id in try names(in: home.appendingPathComponent(prefix)) {
          guard let id = BlobID(rawValue: id) else { continue }
          entries.append(Entry(tenant: TenantID(name), id: id))
        }
      }
    }
    return entries.sorted {
      ($0.tenant.rawValue, $0.id.rawValue) < ($1.tenant.rawValue, $1.id.rawValue)
    }
  }

  /// Copies a blob to a new file, durably, and returns its size and SHA-256. Nil when it is gone.
  public func copy(_ entry: Entry, to target: URL) throws(BlobError) -> (
    size: Int, sha256: [UInt8]
  )? {
    let source: OpenFile
    do { source = try OpenFile(path(of: entry)) } catch BlobError.absent { return nil }
    return try Self.copy(source, to: target)
  }

  /// Puts a file back as the blob it was; one of the same id that is there already is replaced.
  public func restore(_ entry: Entry, from source: URL) throws(BlobError) {
    guard DirectoryBlobStore.isFolderName(entry.tenant.rawValue) else { throw .invalidTenant }
    let place = path(of: entry)
    let temporary = root.appendingPathComponent(entry.tenant.rawValue)
      .appendingPathComponent("tmp")
    try makeFolder(temporary)
    let part = temporary.appendingPathComponent(entry.id.rawValue)
    _ = try Self.copy(try OpenFile(source), to: part)
    let folder = place.deletingLastPathComponent()
    try makeFolder(folder)
    guard rename(part.path, place.path) == 0 else { throw storageError() }
    try sync(folder: folder)
  }

  private func path(of entry: Entry) -> URL {
    DirectoryBlobStore.path(
      of: entry.id, in: root.appendingPathComponent(entry.tenant.rawValue))
  }

  private static func copy(
    _ source: OpenFile, to target: URL
  ) throws(BlobError) -> (size: Int, sha256: [UInt8]) {
    let descriptor = open(target.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw storageError() }
    defer { close(descriptor) }
    let hasher = SHA256()
    var offset = 0
    while offset < source.size {
      let chunk = try source.read(
        min(DirectoryBlobStore.chunkSize, source.size - offset), at: offset)
      hasher.update(chunk)
      try write(chunk, to: descriptor)
      offset += chunk.count
    }
    guard fsync(descriptor) == 0 else { throw storageError() }
    return (offset, hasher.finish())
  }

  /// Nothing where there is no folder.
  private func names(in folder: URL) throws(BlobError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { return [] }
    do { return try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch {
      throw .storage("\(error)")
    }
  }
}
