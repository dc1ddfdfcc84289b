/// How fast a queue moves: the time from one start to the next, while there is always somebody to start.
struct QueuePace: Sendable {
  private var last: ContinuousClock.Instant?
  private var seconds = 0.0
  private var starts = 0

  /// Some tens of starts are remembered: a queue moves in jerks, by what one read of a service's answers brings.
  private static let memory = 32

  mutating func started(at now: ContinuousClock.Instant) {
    if let last {
      starts = min(starts + 1, Self.memory)
      seconds += ((now - last) / .seconds(1) - seconds) / Double(starts)
    }
    last = now
  }

  /// Nobody waits: the time until the next start says nothing.
  mutating func rested() { last = nil }

  /// How long it takes until so many have started; zero while nothing is known.
  func time(for count: Int) -> Duration { .seconds(seconds * Double(count)) }
}
