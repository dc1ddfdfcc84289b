import Synchronization

/// Counts the handlers that run for each client, over all of its connections: a client is the names in its
/// certificate, or its address without the port. Asked only when the server has such a bound.
final class PeerHandlers: Sendable {
  private let limit: Int
  private let running = Mutex<[String: Int]>([:])

  init(limit: Int) { self.limit = limit }

  /// Takes a place for `client`; false when it has none left.
  func begin(_ client: String) -> Bool {
    running.withLock { running in
      let count = running[client, default: 0]
      guard count < limit else { return false }
      running[client] = count + 1
      return true
    }
  }

  func end(_ client: String) {
    running.withLock { running in
      let count = running[client, default: 0]
      // Who has no handlers is forgotten: strangers choose the number of keys.
      running[client] = count > 1 ? count - 1 : nil
    }
  }

  /// Clients for which handlers run.
  var count: Int { running.withLock { $0.count } }
}

extension Peer {
  /// What makes two connections those of one client.
  var client: String {
    guard certificateNames.isEmpty else { return certificateNames.joined(separator: " ") }
    guard !address.hasPrefix("unix:"), let colon = address.lastIndex(of: ":") else {
      return address
    }
    return String(address[..<colon])
  }
}
