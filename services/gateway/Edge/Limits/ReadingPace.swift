import NIOCore
import NIOHTTP1

/// How a connection of HTTP/2 is read while its requests are refused: in steps, so that what comes meanwhile shares one
/// read, one TLS record and one write. Refusing costs less then, and what others have running is disturbed less.
///
/// Of one connection, on its event loop. Its other streams are the same browser's or program's.
final class ReadingPace {
  /// When the last request was refused.
  private var refused: NIODeadline?

  /// While requests are refused, and so long after.
  static let memory = TimeAmount.milliseconds(100)
  /// Some requests come together, and the last word on one of them is still said within 100 ms (V-16).
  static let pause = TimeAmount.milliseconds(20)

  /// An answer is on its way; one that tells to come back later sets the pace.
  func noteAnswer(_ status: HTTPResponseStatus, at now: NIODeadline) {
    if status == .tooManyRequests || status == .serviceUnavailable { noteRefusal(at: now) }
  }

  func noteRefusal(at now: NIODeadline) { refused = now }

  /// How long to wait before more is read; nil to read at once.
  func pause(at now: NIODeadline) -> TimeAmount? {
    guard let refused, now - refused < Self.memory else { return nil }
    return Self.pause
  }
}
