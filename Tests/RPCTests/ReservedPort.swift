import Glibc

@testable import RPC

/// A loopback port that nobody else gets while this lives: one server of a test after the other may listen on it, and
/// without any it refuses. The kernel gives no port away that has a bound socket, and lets a listener with
/// `SO_REUSEADDR` share it with one that does not listen.
final class ReservedPort: Sendable {
  let number: Int
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Status(.internal, "socket: \(errno)") }
    var on: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 ? getsockname(socket, $0, &size) : -1
      }
    }
    number = Int(UInt16(bigEndian: address.sin_port))
    guard code == 0 else { throw Status(.internal, "bind: \(errno)") }
  }

  deinit { close(descriptor) }

  var endpoint: Endpoint { Endpoint([.ip("127.0.0.1", port: number)]) }
}
