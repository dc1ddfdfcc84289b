import Crypto
import Foundation
import Synchronization

/// A blob that is being written. One writer at a time, whichever thread it is on.
final class Upload: @unchecked Sendable {
  // @unchecked: the caller awaits each step before the next, so that no two threads are ever inside.
  private let id: BlobID
  private let home: URL
  private let temporary: URL
  private let hasher = SHA256()
  private var descriptor: Int32
  /// The first bytes, which is all that sniffing looks at.
  private var head: [UInt8] = []
  private(set) var size = 0

  init(id: BlobID, in home: URL) throws(BlobError) {
    self.id = id
    self.home = home
    let folder = home.appendingPathComponent("tmp")
    try makeFolder(folder)
    temporary = folder.appendingPathComponent(id.rawValue)
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw storageError() }
  }

  deinit { discard() }

  func append(_ chunk: [UInt8]) throws(BlobError) {
    try write(chunk, to: descriptor)
    hasher.update(chunk)
    if head.count < ContentType.sniffedBytes {
      head += chunk.prefix(ContentType.sniffedBytes - head.count)
    }
    size += chunk.count
  }

  func finish() throws(BlobError) -> Blob {
    guard fsync(descriptor) == 0 else { throw storageError() }
    close(descriptor)
    descriptor = -1
    let path = DirectoryBlobStore.path(of: id, in: home)
    let folder = path.deletingLastPathComponent()
    try makeFolder(folder)
    guard rename(temporary.path, path.path) == 0 else {
      let error = storageError()
      unlink(temporary.path)
      throw error
    }
    try sync(folder: folder)
    return Blob(
      id: id, size: size, sha256: hasher.finish(), contentType: try ContentType.sniff(head))
  }

  func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(temporary.path)
  }
}

/// An open blob; closed with the last reader.
final class OpenFile: Sendable {
  let size: Int
  private let descriptor: Int32

  init(_ path: URL) throws(BlobError) {
    descriptor = open(path.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .absent : storageError()
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = storageError()
      close(descriptor)
      throw error
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// 1 to `count` bytes.
  func read(_ count: Int, at offset: Int) throws(BlobError) -> [UInt8] {
    var failure = ""
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var taken = pread(descriptor, buffer.baseAddress, count, off_t(offset))
      while taken < 0, errno == EINTR {
        taken = pread(descriptor, buffer.baseAddress, count, off_t(offset))
      }
      if taken < 0 { failure = lastError() }
      filled = max(0, taken)
    }
    guard !bytes.isEmpty else { throw .storage(failure.isEmpty ? "file is cut" : failure) }
    return bytes
  }
}

/// Writes all of a chunk.
func write(_ chunk: [UInt8], to descriptor: Int32) throws(BlobError) {
  var written = 0
  while written < chunk.count {
    let count = chunk[written...].withUnsafeBytes {
      Foundation.write(descriptor, $0.baseAddress, $0.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw storageError() }
    written += count
  }
}

/// Makes a folder and its parents, each durable before the next, so that no file can be synced into a folder
/// that a power cut takes away.
func makeFolder(_ folder: URL) throws(BlobError) {
  if mkdir(folder.path, 0o700) == 0 {
    return try sync(folder: folder.deletingLastPathComponent())
  }
  switch errno {
  case EEXIST: return
  case ENOENT:
    let parent = folder.deletingLastPathComponent()
    guard parent.path != folder.path else { throw storageError() }
    try makeFolder(parent)
    try makeFolder(folder)
  default: throw storageError()
  }
}

/// Makes names in a folder durable.
func sync(folder: URL) throws(BlobError) {
  let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw storageError() }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else { throw storageError() }
}

/// What the last call of the system failed with.
func storageError() -> BlobError {
  [ENOSPC, EDQUOT].contains(errno) ? .full : .storage(lastError())
}

func lastError() -> String { String(cString: strerror(errno)) }
