import HTTP2
import NIOCore
import Synchronization

/// Decides how fast and how many connections a listener takes.
///
/// Too many for the server are closed at once, so that their clients know. Too many at a time wait in the kernel's queue:
/// after a restart all clients come together, and handshakes that are begun all at once are all late.
final class Admission: Sendable {
  let connections: ConnectionSet
  private let limit: Int
  private let maximumHandshakes: Int
  private let burst: Int
  private let rate: Int
  private let handshakes = Mutex<[Handshake]>([])
  /// A client that is slow may be so while there is room for it.
  private static let patience = TimeAmount.milliseconds(500)

  init(connections: ConnectionSet, limit: Int, _ listener: Listener) {
    self.connections = connections
    self.limit = limit
    maximumHandshakes = listener.maximumHandshakes
    burst = listener.acceptBurst
    rate = listener.acceptRate
  }

  /// For the listening channel.
  func gate() -> AcceptGate {
    AcceptGate(burst: burst, perSecond: rate) { [self] in hasRoom() }
  }

  /// Whether another handshake may begin. When not, the oldest ones that make their clients' slowness everybody's
  /// are ended: silent connections must not keep others out.
  private func hasRoom() -> Bool {
    let (hasRoom, slow) = handshakes.withLock { handshakes -> (Bool, [Handshake]) in
      guard handshakes.count >= maximumHandshakes else { return (true, []) }
      let limit = NIODeadline.now() - Self.patience
      return (false, Array(handshakes.prefix { $0.began < limit }))
    }
    for handshake in slow { handshake.channel.close(promise: nil) }
    return hasRoom
  }

  /// One TLS handshake.
  struct Handshake: Sendable {
    let channel: any NIOCore.Channel
    let began = NIODeadline.now()
    fileprivate let admission: Admission

    /// It succeeded, or its connection has closed.
    func end() {
      admission.handshakes.withLock { handshakes in
        handshakes.removeAll { $0.channel === channel }
      }
    }
  }

  /// Takes a connection in, on its event loop. Throws when there are too many.
  func admit(_ channel: any NIOCore.Channel, isTLS: Bool) throws -> Handshake? {
    guard connections.admit(channel, limit: limit) else {
      throw HTTP2Error.connectionUnavailable
    }
    guard isTLS else { return nil }
    let handshake = Handshake(channel: channel, admission: self)
    handshakes.withLock { $0.append(handshake) }
    channel.closeFuture.whenComplete { _ in handshake.end() }
    return handshake
  }
}
