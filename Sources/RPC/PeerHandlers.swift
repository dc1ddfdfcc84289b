import Glibc
import Synchronization

/// Counts the handlers that run for each client, over all of its connections: a client is the names in its
/// certificate, or its address without the port, and of an IPv6 address the first half, which is what one customer is
/// given. Asked only when the server has such a bound.
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
    let host = address[..<colon]
    guard host.first == "[", host.last == "]" else { return String(host) }
    return Self.network(String(host.dropFirst().dropLast())) ?? String(host)
  }

  /// The /64 of an IPv6 address, the IPv4 address of a mapped one; nil when the text is no address.
  private static func network(_ text: String) -> String? {
    // An address of one link names its interface too.
    let text = String(text.prefix { $0 != "%" })
    var address = in6_addr()
    guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
    return withUnsafeBytes(of: address) { bytes in
      if bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xff, 0xff]) {
        return bytes[12...].map { String($0) }.joined(separator: ".")
      }
      let groups = stride(from: 0, to: 8, by: 2).map { index in
        String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
      }
      return groups.joined(separator: ":") + "::/64"
    }
  }
}
