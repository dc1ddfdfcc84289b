import Foundation
import Synchronization

/// Where a process reads the time. Every service gets its clock by injection (N-07), so that a
/// contract's year or a ticket's deadline can be played through in a test or by `portico seed`.
public protocol WallClock: Sendable {
  var now: Instant { get }
}

public struct SystemClock: WallClock {
  public init() {}

  public var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}

/// A clock that stands where it was put.
public final class ManualClock: WallClock {
  private let current: Mutex<Instant>

  public init(_ start: Instant) { current = Mutex(start) }

  public var now: Instant { current.withLock { $0 } }
  public func set(_ instant: Instant) { current.withLock { $0 = instant } }
  public func advance(by duration: Duration) { current.withLock { $0 = $0 + duration } }
}
