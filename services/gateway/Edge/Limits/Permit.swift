import Synchronization
import Values

/// The right to run. Ends with `end`, or with its last reference.
final class Permit: Sendable {
  private struct State {
    var isEnded = false
    var isPaused = false
    var began = ContinuousClock.now
    var ran = Duration.zero
  }

  private let admission: Admission
  private let tenant: TenantID
  private let route: String
  private let start: Admission.Start
  private let state = Mutex(State())

  /// Nothing else ran when it was given.
  var isAlone: Bool { start.isAlone }

  init(
    _ admission: Admission, _ tenant: TenantID, _ route: String, _ start: Admission.Start
  ) {
    self.admission = admission
    self.tenant = tenant
    self.route = route
    self.start = start
  }

  deinit { end(isTypical: false) }

  /// - Parameter isTypical: the time that it took is what the route takes; errors are often faster.
  func end(isTypical: Bool) {
    let (took, wasRunning) = state.withLock { state -> (Duration?, Bool) in
      guard !state.isEnded else { return (nil, false) }
      state.isEnded = true
      guard !state.isPaused else { return (nil, false) }
      return (state.ran + (ContinuousClock.now - state.began), true)
    }
    if wasRunning { admission.ended(tenant, route, start, took: isTypical ? took : nil) }
  }

  /// While the peer is waited for others may run: slow senders must not fill the house.
  func pause() {
    let wasRunning = state.withLock { state in
      guard !state.isEnded, !state.isPaused else { return false }
      state.isPaused = true
      state.ran += ContinuousClock.now - state.began
      return true
    }
    if wasRunning { admission.paused(tenant) }
  }

  func resume() {
    let wasPaused = state.withLock { state in
      guard !state.isEnded, state.isPaused else { return false }
      state.isPaused = false
      state.began = .now
      return true
    }
    if wasPaused { admission.resumed(tenant) }
  }
}
