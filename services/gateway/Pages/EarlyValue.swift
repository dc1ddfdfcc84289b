import Synchronization

/// What one task asks for while another does something else, which takes it at the end.
final class EarlyValue<Value: Sendable>: Sendable {
  private enum State {
    case missing
    case awaited(UnsafeContinuation<Value, Never>)
    case arrived(Value)
  }

  private let state = Mutex(State.missing)

  /// Called exactly once.
  func arrived(_ value: Value) {
    let waiter = state.withLock { state -> UnsafeContinuation<Value, Never>? in
      defer { state = .arrived(value) }
      return if case .awaited(let waiter) = state { waiter } else { nil }
    }
    waiter?.resume(returning: value)
  }

  /// For one task; waits until the value is there.
  func value() async -> Value {
    await withUnsafeContinuation { continuation in
      let value = state.withLock { state -> Value? in
        if case .arrived(let value) = state { return value }
        state = .awaited(continuation)
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
