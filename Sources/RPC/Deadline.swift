import NIOCore

/// The moment after which nobody waits for an answer, on the monotonic clock of this process.
public struct Deadline: Sendable, Hashable, Comparable {
  /// Nanoseconds of the monotonic clock.
  public let uptimeNanoseconds: UInt64

  public init(uptimeNanoseconds: UInt64) { self.uptimeNanoseconds = uptimeNanoseconds }

  /// A deadline this long from now; saturates.
  public static func after(_ duration: Duration) -> Deadline {
    after(duration, from: NIODeadline.now().uptimeNanoseconds)
  }

  static func after(_ duration: Duration, from now: UInt64) -> Deadline {
    after(nanoseconds: Int64(clampedNanoseconds: duration), from: now)
  }

  static func after(nanoseconds delta: Int64, from now: UInt64) -> Deadline {
    guard delta > 0 else {
      return Deadline(uptimeNanoseconds: now - Swift.min(now, delta.magnitude))
    }
    let (sum, overflow) = now.addingReportingOverflow(UInt64(delta))
    return Deadline(
      uptimeNanoseconds: overflow ? UInt64(Int64.max) : Swift.min(sum, UInt64(Int64.max)))
  }

  /// Time left; negative once it has passed.
  public var remaining: Duration {
    let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    return .nanoseconds(
      Int64(clamping: uptimeNanoseconds).subtractingReportingOverflow(now).partialValue)
  }

  /// By the monotonic clock.
  public var hasPassed: Bool { NIODeadline.now().uptimeNanoseconds >= uptimeNanoseconds }

  public static func < (a: Deadline, b: Deadline) -> Bool {
    a.uptimeNanoseconds < b.uptimeNanoseconds
  }

  var nioDeadline: NIODeadline { .uptimeNanoseconds(uptimeNanoseconds) }
}

extension Int64 {
  /// Whole nanoseconds of a duration, saturated; `Int64.min` is left out so that it can be negated.
  init(clampedNanoseconds duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    self =
      overflow || overflow2 ? (seconds < 0 ? -Int64.max : Int64.max) : Swift.max(sum, -Int64.max)
  }
}

extension TimeAmount {
  /// A duration for NIO, saturated.
  init(clamped duration: Duration) { self = .nanoseconds(Int64(clampedNanoseconds: duration)) }
}
