import RPC
import Synchronization
import Telemetry

/// Answers that go on for long are no load that the `Admission` could measure, but each holds memory: their number is
/// bounded, for all and for each who asks.
final class OpenStreams: Sendable {
  private struct State {
    var all = 0
    var of: [RateLimiter.Subject: Int] = [:]
  }
  let refusals = Counter(
    "portico_stream_refusals_total", help: "Streams refused because there were too many.")
  private let most: Int
  private let mostEach: Int
  private let state = Mutex(State())

  init(most: Int, mostEach: Int) {
    self.most = most
    self.mostEach = mostEach
  }

  var count: Int { state.withLock { $0.all } }

  /// A stream that is open until its last reference goes. Throws 503 when there are too many, 429 when `subject` has.
  func open(_ subject: RateLimiter.Subject) throws(Problem) -> OpenStream {
    let refusal: Problem? = state.withLock { state in
      guard state.all < most else {
        return Problem(.serviceUnavailable, .unavailable, "too many streams are open")
      }
      guard state.of[subject, default: 0] < mostEach else {
        var problem = Problem(
          .tooManyRequests, .resourceExhausted, "you have too many streams open")
        problem.retryAfter = 10
        return problem
      }
      state.all += 1
      state.of[subject, default: 0] += 1
      return nil
    }
    if let refusal {
      refusals.add()
      throw refusal
    }
    return OpenStream(self, subject)
  }

  fileprivate func closed(_ subject: RateLimiter.Subject) {
    state.withLock { state in
      state.all -= 1
      let left = state.of[subject, default: 1] - 1
      state.of[subject] = left > 0 ? left : nil
    }
  }
}

final class OpenStream: Sendable {
  private let streams: OpenStreams
  private let subject: RateLimiter.Subject

  fileprivate init(_ streams: OpenStreams, _ subject: RateLimiter.Subject) {
    self.streams = streams
    self.subject = subject
  }

  deinit { streams.closed(subject) }
}
