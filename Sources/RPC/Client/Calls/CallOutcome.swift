/// How a call ended, as its interceptors and its caller may want to know it.
public struct CallOutcome: Sendable {
  /// OK for a call that succeeded.
  public let status: Status
  public let initialMetadata: Metadata
  public let trailingMetadata: Metadata
  /// Attempts that failed before the one with this status; those that no server saw are not counted.
  public let previousAttempts: Int
}

/// Who wants to hear of one call.
struct CallObservers: Sendable, CallKey {
  typealias Value = CallObservers
  var headers: [@Sendable (Metadata) -> Void] = []
  var ends: [@Sendable (CallOutcome) -> Void] = []

  func received(_ metadata: Metadata) { for body in headers { body(metadata) } }
  func ended(_ outcome: CallOutcome) { for body in ends { body(outcome) } }
}

extension CallOptions {
  var observers: CallObservers? { self[CallObservers.self] }

  /// Runs `body` when the headers of the answer are there. On the channel's event loop: it must not block.
  public mutating func onHeaders(_ body: @escaping @Sendable (Metadata) -> Void) {
    var observers = self.observers ?? CallObservers()
    observers.headers.append(body)
    self[CallObservers.self] = observers
  }

  /// Runs `body` once, when the call has ended, with its status and metadata; so an interceptor sees how a stream
  /// ended whatever its reader makes of it. On the channel's event loop: it must not block. It runs before the caller
  /// hears of the end, also for a call that fails before it begins (an expired deadline, too much metadata, credentials
  /// that cannot be had).
  public mutating func onEnd(_ body: @escaping @Sendable (CallOutcome) -> Void) {
    var observers = self.observers ?? CallObservers()
    observers.ends.append(body)
    self[CallObservers.self] = observers
  }
}
