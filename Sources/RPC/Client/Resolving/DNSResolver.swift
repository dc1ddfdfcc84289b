import Glibc
import NIOCore
import Threads

/// The system's name resolution: `/etc/hosts`, DNS, whatever nsswitch says. `getaddrinfo` blocks, so it runs on threads
/// of its own and never on an event loop.
public struct DNSResolver: Resolver {
  typealias LookUp = @Sendable (_ host: String, _ port: Int) throws -> [Endpoint.Address]

  private let lookUp: LookUp
  private static let pool = WorkerPool(name: "dns", threads: 4, queueLimit: 1024)

  public init() { lookUp = Self.system }

  init(lookUp: @escaping LookUp) { self.lookUp = lookUp }

  public func resolve(_ target: Target, _ resolution: Resolution) async {
    guard let name = HostAndPort(target.name[...]) else {
      return resolution.report(TargetError.malformed(target.name))
    }
    repeat {
      do {
        let addresses = try await Self.pool.run { [lookUp] in try lookUp(name.host, name.port) }
        resolution.report(ResolvedTarget(addresses.map { Endpoint([$0]) }))
      } catch {
        resolution.report(error)
      }
    } while await resolution.nextRequest()
  }

  /// `EAI_ADDRFAMILY`, which glibc declares for GNU sources only.
  private static let noAddressOfFamily: Int32 = -9

  /// In the order of RFC 6724, which the C library applies.
  static func system(host: String, port: Int) throws -> [Endpoint.Address] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    var code = getaddrinfo(host, String(port), &hints, &list)
    if code == EAI_NONAME || code == noAddressOfFamily {
      // A host without a configured network still has its loopback names.
      hints.ai_flags = 0
      code = getaddrinfo(host, String(port), &hints, &list)
    }
    guard code == 0 else { throw DNSError(host: host, code: code) }
    defer { freeaddrinfo(list) }
    var found: [Endpoint.Address] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = address(of: entry), !found.contains(address) else { continue }
      found.append(address)
    }
    return found
  }

  private static func address(of entry: addrinfo) -> Endpoint.Address? {
    guard let raw = entry.ai_addr else { return nil }
    switch entry.ai_family {
    case AF_INET:
      return raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        Endpoint.Address(SocketAddress($0.pointee))
      }
    case AF_INET6:
      return raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        Endpoint.Address(SocketAddress($0.pointee))
      }
    default: return nil
    }
  }
}

struct DNSError: Error, CustomStringConvertible {
  let host: String
  let code: Int32
  var description: String { "\(host): \(String(cString: gai_strerror(code)))" }
}
