import Synchronization

/// Ends a call from outside of the task that makes it, with a status that its readers and writers are told: for whoever
/// learns that the call may not go on.
///
/// Belongs to one call; given to it as `CallOptions.canceller`, before or after the cancelling.
public final class CallCanceller: Sendable {
  private struct State {
    var status: Status?
    weak var call: ClientCall?
  }
  private let state = Mutex(State())

  public init() {}

  /// Ends the call; harmless when it has ended, and when it was cancelled before.
  public func cancel(with status: Status) {
    let call = state.withLock { state -> ClientCall? in
      guard state.status == nil else { return nil }
      state.status = status
      return state.call
    }
    call?.cancel(with: status)
  }

  func adopt(_ call: ClientCall) {
    let status = state.withLock { state in
      state.call = call
      return state.status
    }
    if let status { call.cancel(with: status) }
  }
}

private enum CancellerKey: CallKey { typealias Value = CallCanceller }

extension CallOptions {
  /// What may end the call besides its deadline and its task.
  public var canceller: CallCanceller? {
    get { self[CancellerKey.self] }
    set { self[CancellerKey.self] = newValue }
  }
}
