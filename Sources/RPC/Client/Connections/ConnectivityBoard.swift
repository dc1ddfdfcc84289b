import Synchronization

/// A channel's connectivity state as other threads see it; written on the channel's loop, and only when it changes.
final class ConnectivityBoard: Sendable {
  private struct Board {
    var state = ConnectivityState.idle
    var watchers: [Int: AsyncStream<ConnectivityState>.Continuation] = [:]
    var next = 0
  }

  private let board = Mutex(Board())

  var state: ConnectivityState { board.withLock { $0.state } }

  func publish(_ state: ConnectivityState) {
    let watchers = board.withLock { board -> [AsyncStream<ConnectivityState>.Continuation] in
      guard board.state != state else { return [] }
      board.state = state
      return Array(board.watchers.values)
    }
    for watcher in watchers {
      watcher.yield(state)
      if state == .shutDown { watcher.finish() }
    }
  }

  /// The present state and each later one; who reads slowly misses the older ones, never the last. Ends with the channel.
  func changes() -> AsyncStream<ConnectivityState> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: ConnectivityState.self, bufferingPolicy: .bufferingNewest(64))
    let id = board.withLock { board -> Int in
      board.next += 1
      board.watchers[board.next] = continuation
      continuation.yield(board.state)
      if board.state == .shutDown { continuation.finish() }
      return board.next
    }
    continuation.onTermination = { _ in
      self.board.withLock { $0.watchers[id] = nil }
    }
    return stream
  }
}
