import HTTP2
import NIOCore
import Synchronization

/// The open connections of a server, from the accept to the close, handshakes included.
final class ConnectionSet: Sendable {
  private struct Entry {
    let channel: any NIOCore.Channel
    var connection: HTTP2Connection?
  }

  private struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var isDraining = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.entries.count } }

  /// Takes a new connection in; false when there are `limit` already or the server is ending.
  func admit(_ channel: any NIOCore.Channel, limit: Int) -> Bool {
    let isAdmitted = state.withLock { state in
      guard !state.isDraining, state.entries.count < limit else { return false }
      state.entries[ObjectIdentifier(channel)] = Entry(channel: channel)
      return true
    }
    if isAdmitted {
      channel.closeFuture.whenComplete { _ in self.remove(ObjectIdentifier(channel)) }
    }
    return isAdmitted
  }

  /// The handshake is done: this connection can be ended gracefully.
  func insert(_ connection: HTTP2Connection, on channel: any NIOCore.Channel) {
    let isDraining = state.withLock { state in
      state.entries[ObjectIdentifier(channel)]?.connection = connection
      return state.isDraining
    }
    if isDraining { channel.close(promise: nil) }
  }

  private func remove(_ id: ObjectIdentifier) {
    let waiters = state.withLock { state in
      state.entries[id] = nil
      guard state.entries.isEmpty else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Tells every connection to go away and ends those without a call to lose.
  func drain() {
    let all = state.withLock { state in
      state.isDraining = true
      return Array(state.entries.values)
    }
    for entry in all {
      guard let connection = entry.connection else {
        entry.channel.close(promise: nil)
        continue
      }
      connection.eventLoop.execute { connection.shutDown() }
    }
  }

  func closeAll() {
    for entry in state.withLock({ Array($0.entries.values) }) {
      guard let connection = entry.connection else {
        entry.channel.close(promise: nil)
        continue
      }
      connection.eventLoop.execute { connection.close(.cancel) }
    }
  }

  func untilEmpty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.entries.isEmpty { state.waiters.append(continuation) }
        return state.entries.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}
