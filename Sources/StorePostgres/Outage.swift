import Foundation
import Store
import Synchronization

/// What the pool knows of a server that cannot be reached. Only one connection attempt in a while is made then; whoever
/// comes in between is told at once, instead of waiting for a time limit each.
final class Outage: Sendable {
  private struct State {
    var reason: String
    var until: ContinuousClock.Instant
    var pause: Duration
  }

  private static let longestPause = Duration.milliseconds(500)

  private let state = Mutex<State?>(nil)

  /// Throws when an attempt failed a moment ago.
  func check() throws(StoreError) {
    let reason = state.withLock { state -> String? in
      guard let known = state, known.until > .now else { return nil }
      return known.reason
    }
    if let reason { throw .unavailable(reason) }
  }

  func begin(_ reason: String) {
    state.withLock { state in
      let pause = min((state?.pause ?? .milliseconds(10)) * 2, Self.longestPause)
      // Not the same moment for every process that has lost the server.
      let jittered = pause * Double.random(in: 0.5...1)
      state = State(reason: reason, until: .now + jittered, pause: pause)
    }
  }

  func end() { state.withLock { $0 = nil } }
}
