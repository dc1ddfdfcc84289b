import Foundation
import Values

/// Finds the handler of a request by its path, byte for byte.
struct Router: Sendable {
  private let routes: [Route]
  private let services: Set<String>
  /// Open addressing over the bytes of the paths, half full at most: a look-up makes no string. The table is fixed
  /// at start, so what clients ask for cannot make it slow beyond the hash of one header value.
  private let slots: [Entry?]

  private struct Entry {
    let path: [UInt8]
    let route: Route
  }

  /// - Precondition: one handler for a method, one rule for a scope, and no rule for what is not served.
  init(_ services: [any RPCService], peerRules: [PeerRule] = []) {
    var routes: [String: Route] = [:]
    for handler in services.flatMap({ $0.handlers }) {
      precondition(routes[handler.method.path] == nil, "two handlers for \(handler.method.path)")
      routes[handler.method.path] = Route(
        handler.method, handler.body, index: routes.count,
        requiredNames: PeerRule.names(for: handler.method, in: peerRules))
    }
    let methods = routes.values.map(\.method)
    precondition(peerRules.allSatisfy { $0.isFor(methods) }, "a peer rule for nothing here")
    precondition(Set(peerRules.map(\.scope)).count == peerRules.count, "two peer rules for one")
    self.routes = Array(routes.values)
    slots = Self.table(self.routes)
    self.services = Set(routes.values.map(\.method.service))
  }

  private static func table(_ routes: [Route]) -> [Entry?] {
    var count = 8
    while count < 2 * routes.count { count *= 2 }
    var slots = [Entry?](repeating: nil, count: count)
    for route in routes {
      let path = Array(route.method.path.utf8)
      var slot = path.withUnsafeBytes(hash) & (count - 1)
      while slots[slot] != nil { slot = (slot + 1) & (count - 1) }
      slots[slot] = Entry(path: path, route: route)
    }
    return slots
  }

  /// FNV-1a.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & .max
  }

  var methods: [Method] { routes.map(\.method) }

  func route(_ path: String) -> Route? {
    path.withBytes { route(UnsafeRawBufferPointer($0)) }
  }

  /// The route of a path as it came over the wire.
  func route(_ path: UnsafeRawBufferPointer) -> Route? {
    var slot = Self.hash(path) & (slots.count - 1)
    while let entry = slots[slot] {
      let isSame = entry.path.withUnsafeBytes { known in
        guard known.count == path.count, let a = known.baseAddress, let b = path.baseAddress
        else { return false }
        return memcmp(a, b, known.count) == 0
      }
      if isSame { return entry.route }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// UNIMPLEMENTED, saying whether the service or the method is missing.
  func missing(_ path: String) -> Status {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 3, services.contains(String(parts[1])) {
      return Status(.unimplemented, "the service has no such method")
    }
    return Status(.unimplemented, "no such service")
  }
}

/// A method and its handler by reference: a `Method` has many fields, and copying them for each call would cost more
/// than routing it.
final class Route: Sendable {
  let method: Method
  /// Nil for a call made by hand, as tests do.
  let body: MethodHandler.Body?
  /// Counts the routes of a server.
  let index: Int
  /// The names of which a client's certificate must have one.
  let requiredNames: Set<String>?

  init(
    _ method: Method, _ body: MethodHandler.Body? = nil, index: Int = 0,
    requiredNames: Set<String>? = nil
  ) {
    self.method = method
    self.body = body
    self.index = index
    self.requiredNames = requiredNames
  }
}
