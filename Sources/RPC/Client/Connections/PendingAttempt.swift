import HTTP2

/// One attempt of a call that looks for a connection. Like all of a channel's state it belongs to the channel's
/// event loop.
protocol PendingAttempt: AnyObject {
  /// Whether it queues while no backend can be reached, instead of failing at once.
  var waitsForReady: Bool { get }
  var hasEnded: Bool { get }
  /// Where it waits; set by `Connections`, nil while it does not wait. An attempt that ends while it waits calls
  /// `place?.leave()`.
  var place: AttemptQueue.Place? { get set }
  /// The attempt's turn: it opens its stream on this connection, at once, and ends the lease when it ends itself.
  func open(on connection: HTTP2Connection, lease: CallLease)
  /// There will be no connection for this attempt. Nothing was sent and there is no lease.
  func couldNotStart(_ status: Status)
}

/// What an attempt holds of the backend that serves it. `end` is called exactly once.
struct CallLease {
  private let load: BackendLoad

  init(_ load: BackendLoad) {
    self.load = load
    load.outstanding += 1
  }

  /// - Parameter code: how the attempt ended as far as the backend is concerned; nil when it says nothing about the
  ///   backend (it never saw the call, or this side gave up).
  func end(_ code: Status.Code?) {
    load.outstanding -= 1
    guard let code else { return }
    if Self.faults.contains(code) { load.failed += 1 } else { load.succeeded += 1 }
  }

  /// What a server in order does not answer. A caller who asks for what is absent or forbidden must not be able to have
  /// good servers ejected; gRFC A50 leaves that to whoever maps the codes.
  private static let faults: Set<Status.Code> = [
    .unknown, .deadlineExceeded, .internal, .unavailable, .dataLoss,
  ]
}

/// What the attempts on one backend add up to.
final class BackendLoad {
  /// Attempts that run now.
  @exclusivity(unchecked) var outstanding = 0
  /// Attempts that ended since the last look of the outlier detection.
  @exclusivity(unchecked) var succeeded = 0
  @exclusivity(unchecked) var failed = 0
}
