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
