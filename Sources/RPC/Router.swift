/// Finds the handler of a request by its path, byte for byte.
struct Router: Sendable {
  private let handlers: [String: MethodHandler]
  private let services: Set<String>

  init(_ services: [any RPCService]) {
    var handlers: [String: MethodHandler] = [:]
    for handler in services.flatMap({ $0.handlers }) { handlers[handler.method.path] = handler }
    self.handlers = handlers
    self.services = Set(handlers.values.map(\.method.service))
  }

  var methods: [Method] { handlers.values.map(\.method) }

  func handler(_ path: String) -> MethodHandler? { handlers[path] }

  /// UNIMPLEMENTED, saying whether the service or the method is missing.
  func missing(_ path: String) -> Status {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 3, services.contains(String(parts[1])) {
      return Status(.unimplemented, "the service has no such method")
    }
    return Status(.unimplemented, "no such service")
  }
}
