import Foundation
import Store
import Synchronization

/// Keeps a second process, or a second store of this one, from opening a database for writing: the
/// WAL of this SQLite may be reset wrongly when two connections write. Dies with the process.
final class FileLock: Sendable {
  private let descriptor: Mutex<Int32>
  private let folder: String

  init(forDatabase path: String) throws(StoreError) {
    let file = URL(fileURLWithPath: path)
    folder = file.deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw .unavailable("cannot create the directory of \(file.lastPathComponent): \(error)")
    }
    // The database gets its mode from here: SQLite gives its log and index the same.
    for name in [path, path + ".lock"] {
      let created = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
      guard created >= 0 else {
        throw .unavailable("cannot open \(name): \(String(cString: strerror(errno)))")
      }
      guard name != path else {
        close(created)
        continue
      }
      guard flock(created, LOCK_EX | LOCK_NB) == 0 else {
        close(created)
        throw .unavailable("\(file.lastPathComponent) is in use by another process")
      }
      descriptor = Mutex(created)
      return
    }
    throw .unavailable("no lock")
  }

  /// Makes the names of the database and its log durable.
  func syncFolder() throws(StoreError) {
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw .unavailable("cannot open the folder of the database") }
    defer { close(opened) }
    guard fsync(opened) == 0 else {
      throw .unavailable(
        "cannot sync the folder of the database: \(String(cString: strerror(errno)))")
    }
  }

  func release() {
    descriptor.withLock { descriptor in
      // Unlocked, not just closed: a child that another thread is starting at this moment holds a copy.
      if descriptor >= 0 {
        flock(descriptor, LOCK_UN)
        close(descriptor)
      }
      descriptor = -1
    }
  }

  deinit { release() }
}
