/// Finds the handler of a request by its path, byte for byte.
struct Router: Sendable {
  private let routes: [String: Route]
  private let services: Set<String>

  init(_ services: [any RPCService]) {
    var routes: [String: Route] = [:]
    for handler in services.flatMap({ $0.handlers }) {
      precondition(routes[handler.method.path] == nil, "two handlers for \(handler.method.path)")
      routes[handler.method.path] = Route(handler.method, handler.body)
    }
    self.routes = routes
    self.services = Set(routes.values.map(\.method.service))
  }

  var methods: [Method] { routes.values.map(\.method) }

  func route(_ path: String) -> Route? { routes[path] }

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

  init(_ method: Method, _ body: MethodHandler.Body? = nil) {
    self.method = method
    self.body = body
  }
}
