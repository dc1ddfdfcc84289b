import Foundation
import Synchronization

// Foundation closes in a child what was open when it looked. A socket or a pipe that another thread made between that look and the
// start stays open in the child, and who waits for its end waits as long as that child lives: for a server, as long as the tests.

private let launching = Mutex(())

extension Process {
  /// `run()`, one at a time in this process.
  public func start() throws {
    try launching.withLock { _ in try run() }
  }
}

extension Pipe {
  /// A pipe that no child has but the one it is given to.
  public static func ofOneChild() -> Pipe {
    launching.withLock { _ in Pipe() }
  }
}

/// Keeps what this process has open from children that start later. SwiftNIO does not mark its sockets: a server's address would
/// stay taken for as long as a child that another thread happened to start lives.
public func keepOpenFilesFromChildren() throws {
  try launching.withLock { _ in
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      guard let descriptor = Int32(name), descriptor > 2 else { continue }
      // The folder's own descriptor is closed by now; that one, and what others close meanwhile, is no loss.
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
  }
}
