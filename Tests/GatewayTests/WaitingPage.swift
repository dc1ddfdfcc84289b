@testable import Gateway

/// A page at `/wait` that tells that it has started, and ends when the test lets it.
struct WaitingPage {
  let table: PageTable
  let started: AsyncStream<Void>
  let releasing: AsyncStream<Void>.Continuation

  init() {
    let (released, releasing) = AsyncStream<Void>.makeStream()
    let (started, starting) = AsyncStream<Void>.makeStream()
    table = PageTable(
      routes: [
        PageRoute(.GET, "/wait", access: .anyone) { _ in
          starting.yield()
          for await _ in released { break }
          return .html("<p>done</p>")
        }
      ], stepUp: { _, _ in "" }, failure: { problem, _, _ in "<p>\(problem.status.code)</p>" })
    (self.started, self.releasing) = (started, releasing)
  }
}

extension EdgeLimits {
  /// One request runs, and whoever comes beside it is sent away.
  static var roomForOne: EdgeLimits {
    var limits = testing
    (limits.runningAtLeast, limits.runningAtMost, limits.waiting) = (1, 1, 0)
    return limits
  }
}
