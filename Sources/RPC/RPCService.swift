/// An implementation of one service. The generated protocols refine it and give `name` and `handlers`.
public protocol RPCService: Sendable {
  /// Full service name, `portico.ticketing.v1.Tickets`.
  static var name: String { get }
  /// One handler for each method.
  var handlers: [MethodHandler] { get }
}
