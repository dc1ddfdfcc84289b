import Foundation
import NIOPosix

/// The bytes of one upload on their way through: in memory while small, then in a temporary file that has no name
/// any more, so that it is gone with the last reference, however the process ends.
final class SpooledFile: Sendable {
  /// Bytes kept in memory before a file is made.
  static let memoryBytes = 128 * 1024

  private let bytes: [UInt8]
  private let descriptor: CInt?

  fileprivate init(bytes: [UInt8], descriptor: CInt?) {
    self.bytes = bytes
    self.descriptor = descriptor
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    guard let descriptor else {
      let start = min(max(0, offset), bytes.count)
      return Array(bytes[start..<min(bytes.count, start + max(0, count))])
    }
    return try await NIOThreadPool.singleton.runIfActive {
      var read = 0
      var failure: CInt = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
        while read < buffer.count {
          let got = pread(
            descriptor, buffer.baseAddress.map { $0 + read }, buffer.count - read,
            off_t(offset + read))
          if got < 0, errno == EINTR { continue }
          if got < 0 { failure = errno }
          if got <= 0 { break }
          read += got
        }
        filled = read
      }
      // The descriptor belongs to this object, which must live until the read is over.
      withExtendedLifetime(self) {}
      guard failure == 0 else { throw POSIXFailure(code: failure) }
      return bytes
    }
  }
}

struct POSIXFailure: Error, Hashable {
  let code: CInt
}

/// Collects the bytes of one upload.
struct FileSpool {
  private var bytes: [UInt8] = []
  private var descriptor: CInt?
  private(set) var size = 0

  mutating func append(_ chunk: some Collection<UInt8> & Sendable) async throws {
    size += chunk.count
    bytes.append(contentsOf: chunk)
    if bytes.count > SpooledFile.memoryBytes { try await flush() }
  }

  mutating func finish() async throws -> SpooledFile {
    if descriptor != nil, !bytes.isEmpty { try await flush() }
    let file = SpooledFile(bytes: bytes, descriptor: descriptor)
    descriptor = nil
    bytes = []
    return file
  }

  /// Lets go of a file that will not be finished.
  mutating func discard() {
    if let descriptor { close(descriptor) }
    descriptor = nil
  }

  private mutating func flush() async throws {
    let pending = bytes
    let existing = descriptor
    descriptor = try await NIOThreadPool.singleton.runIfActive {
      let file = try existing ?? Self.unnamedFile()
      var written = 0
      while written < pending.count {
        let count = pending[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let failure = POSIXFailure(code: errno)
          if existing == nil { close(file) }
          throw failure
        }
        written += count
      }
      return file
    }
    bytes.removeAll(keepingCapacity: true)
  }

  private static func unnamedFile() throws -> CInt {
    var template = Array((NSTemporaryDirectory() + "/portico-upload-XXXXXX").utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw POSIXFailure(code: errno) }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return file
  }
}
