import Crypto
import Foundation
import Values

/// A file of a backup that is being written: hashed on its way, on the disk when it is finished.
struct DurableFile: ~Copyable {
  private let handle: FileHandle
  private let hasher = SHA256()
  private(set) var bytes = 0

  /// A new file that only its owner may read.
  init(creating url: URL) throws {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  mutating func write(_ content: [UInt8]) throws {
    try handle.write(contentsOf: Data(content))
    hasher.update(content)
    bytes += content.count
  }

  /// Syncs and closes it; the SHA-256 of its content in hexadecimal.
  consuming func finish() throws -> String {
    try handle.synchronize()
    try handle.close()
    return hasher.finish().hexadecimal
  }

  /// Bytes and SHA-256 of a file as it stands.
  static func digest(of url: URL) throws -> (bytes: Int, sha256: String) {
    let handle = try FileHandle(forReadingFrom: url)
    let hasher = SHA256()
    var bytes = 0
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      hasher.update([UInt8](chunk))
      bytes += chunk.count
    }
    try handle.close()
    return (bytes, hasher.finish().hexadecimal)
  }

  /// Makes the names in a folder durable.
  static func sync(folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }
}
