import COpenSSL
import Foundation

/// The PEM text that `write` puts into a buffer.
func writePEM(_ write: (OpaquePointer) -> Int32) throws(KeyError) -> String {
  guard let memory = BIO_new(BIO_s_mem()) else { throw .malformed("out of memory") }
  defer { BIO_free(memory) }
  guard write(memory) == 1 else {
    ERR_clear_error()
    throw .malformed("OpenSSL could not write PEM")
  }
  var text = [UInt8](repeating: 0, count: 16 * 1024)
  let count = BIO_read(memory, &text, Int32(text.count))
  guard count > 0 else { throw .malformed("OpenSSL wrote no PEM") }
  return String(decoding: text[..<Int(count)], as: UTF8.self)
}

/// What `read` finds in a PEM text.
func readPEM(
  _ text: String, _ read: (OpaquePointer) -> OpaquePointer?
) throws(KeyError) -> OpaquePointer {
  let bytes = Array(text.utf8)
  guard bytes.count <= 65536 else { throw .malformed("too large for PEM") }
  // The buffer reads these bytes themselves and must not outlive them.
  let found = bytes.withUnsafeBytes { bytes -> OpaquePointer? in
    guard let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
    defer { BIO_free(memory) }
    return read(memory)
  }
  guard let found else {
    ERR_clear_error()
    throw .malformed("no PEM of the kind asked for")
  }
  return found
}

func readFile(_ path: String) throws(KeyError) -> String {
  do {
    return try String(contentsOfFile: path, encoding: .utf8)
  } catch {
    throw .file(path: path, reason: error.localizedDescription)
  }
}

/// Creates the file with its final mode: it is never readable by others, not even for a moment.
func writeFile(_ text: String, to path: String, mode: mode_t) throws(KeyError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
  guard descriptor >= 0 else { throw .file(path: path, reason: systemError()) }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes {
      Foundation.write(descriptor, $0.baseAddress, $0.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .file(path: path, reason: systemError()) }
    written += count
  }
  guard fsync(descriptor) == 0 else { throw .file(path: path, reason: systemError()) }
}

func systemError() -> String { String(cString: strerror(errno)) }

/// Puts a PEM text where a file is or is not: others see the old one or the whole new one, and it survives a power cut.
/// It has its final mode from the first byte on.
public enum PEMFile {
  public static func replace(_ text: String, at path: String, mode: UInt32) throws(KeyError) {
    let draft = path + ".new"
    // What an earlier run was killed over.
    guard unlink(draft) == 0 || errno == ENOENT else {
      throw .file(path: draft, reason: systemError())
    }
    try writeFile(text, to: draft, mode: mode_t(mode))
    guard rename(draft, path) == 0 else { throw .file(path: path, reason: systemError()) }
    let folder = open(
      (path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .file(path: path, reason: systemError()) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .file(path: path, reason: systemError()) }
  }

  /// The text of a file; nil when there is none. A private key that others may read is refused.
  public static func text(at path: String, isPrivate: Bool = false) throws(KeyError) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .file(path: path, reason: systemError())
    }
    guard !isPrivate || status.st_mode & 0o077 == 0 else {
      throw .exposed(path: path, mode: UInt32(status.st_mode & 0o777))
    }
    return try readFile(path)
  }
}
