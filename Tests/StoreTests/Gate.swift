import Foundation
import Synchronization

/// Where a transaction stays until it is let go.
final class Gate: Sendable {
  private let reached = Atomic(false)
  private let signal = DispatchSemaphore(value: 0)

  var isReached: Bool { reached.load(ordering: .acquiring) }

  func wait() {
    reached.store(true, ordering: .releasing)
    signal.wait()
  }

  func open() { signal.signal() }
}
